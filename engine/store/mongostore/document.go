package mongostore

import (
	"cmp"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// runDoc is the run document. Absent fields are zero.
type runDoc struct {
	ID            core.RunID             `bson:"_id"`
	DefinitionKey string                 `bson:"definitionKey"`
	Version       int                    `bson:"version"`
	GraphHash     string                 `bson:"graphHash"`
	Name          string                 `bson:"name"`
	RecordType    string                 `bson:"recordType,omitempty"`
	RecordID      string                 `bson:"recordId,omitempty"`
	RecordTitle   string                 `bson:"recordTitle,omitempty"`
	TitleFold     string                 `bson:"titleFold,omitempty"`
	StartedBy     string                 `bson:"startedBy,omitempty"`
	Cause         []byte                 `bson:"cause,omitempty"`
	CausedBy      core.RunID             `bson:"causedBy,omitempty"`
	Parent        string                 `bson:"parent,omitempty"`
	StartedAt     core.Instant           `bson:"startedAt"`
	Status        core.Status            `bson:"status"`
	Suspended     bool                   `bson:"suspended"`
	Incidents     int                    `bson:"incidents"`
	Nodes         []core.NodeID          `bson:"nodes"`
	Marks         []string               `bson:"marks,omitempty"`
	UpdatedAt     core.Instant           `bson:"updatedAt"`
	EndedAt       core.Instant           `bson:"endedAt"`
	Seq           int64                  `bson:"seq"`
	Attempts      int                    `bson:"attempts"`
	Problem       string                 `bson:"problem"`
	Rev           int64                  `bson:"rev"`
	Batch         string                 `bson:"batch"` // names the commit that wrote rev
	ReadyAt       core.Instant           `bson:"readyAt,omitempty"`
	Unrelayed     bool                   `bson:"unrelayed,omitempty"` // the outbox is not empty
	InboxBytes    int                    `bson:"inboxBytes"`
	Inbox         []eventDoc             `bson:"inbox"`
	Recent        []string               `bson:"recent"`
	Outbox        map[string]outboxEntry `bson:"outbox"` // by seq: entries go one by one
	State         []byte                 `bson:"state"`
	ChangedAt     bson.DateTime          `bson:"changedAt"` // by the server's clock
	LeaseOwner    string                 `bson:"leaseOwner,omitempty"`
	LeaseUntil    core.Instant           `bson:"leaseUntil,omitempty"`
}

// eventDoc must encode what it has decoded to the same bytes, because an event
// is taken from the inbox by its exact value.
type eventDoc struct {
	ID    string         `bson:"id"`
	Kind  core.EventKind `bson:"kind,omitempty"`
	Wait  core.WaitID    `bson:"wait,omitempty"`
	At    core.Instant   `bson:"at"`
	Actor string         `bson:"actor,omitempty"`
	Body  []byte         `bson:"body,omitempty"`
}

type outboxEntry struct {
	Kind   store.OutboxKind `bson:"kind"`
	ID     string           `bson:"id"`
	Body   []byte           `bson:"body,omitempty"`
	Reason string           `bson:"reason,omitempty"`
	At     core.Instant     `bson:"at,omitempty"`
}

func eventDocs(events []core.Event) []eventDoc {
	docs := make([]eventDoc, len(events))
	for i, e := range events {
		docs[i] = eventDoc(e)
	}
	return docs
}

func toRun(d runDoc) (store.Run, error) {
	r := store.Run{
		ID: d.ID, DefinitionKey: d.DefinitionKey, Version: d.Version, GraphHash: d.GraphHash, Name: d.Name,
		RecordType: d.RecordType, RecordID: d.RecordID, RecordTitle: d.RecordTitle, StartedBy: d.StartedBy, Cause: d.Cause, CausedBy: d.CausedBy, Parent: d.Parent,
		StartedAt: d.StartedAt, Status: d.Status, Suspended: d.Suspended, Incidents: d.Incidents, Nodes: d.Nodes, Marks: d.Marks,
		UpdatedAt: d.UpdatedAt, EndedAt: d.EndedAt, Seq: d.Seq, State: d.State, Recent: d.Recent, Attempts: d.Attempts, Problem: d.Problem,
		Rev: d.Rev, InboxBytes: d.InboxBytes, ReadyAt: d.ReadyAt, Lease: store.RunLease{Owner: d.LeaseOwner, Until: d.LeaseUntil},
	}
	for _, e := range d.Inbox {
		r.Inbox = append(r.Inbox, core.Event(e))
	}
	for key, o := range d.Outbox {
		seq, err := strconv.ParseInt(key, 10, 64)
		if err != nil {
			return store.Run{}, err
		}
		r.Outbox = append(r.Outbox, store.Outbox{Seq: seq, Kind: o.Kind, ID: o.ID, Body: o.Body, Reason: o.Reason, At: o.At})
	}
	slices.SortFunc(r.Outbox, func(a, b store.Outbox) int { return cmp.Compare(a.Seq, b.Seq) })
	return r, nil
}

func fromRun(r store.Run, batch string) runDoc {
	d := runDoc{
		ID: r.ID, DefinitionKey: r.DefinitionKey, Version: r.Version, GraphHash: r.GraphHash, Name: r.Name,
		RecordType: r.RecordType, RecordID: r.RecordID, RecordTitle: r.RecordTitle, TitleFold: store.Fold(r.RecordTitle),
		StartedBy: r.StartedBy, Cause: r.Cause, CausedBy: r.CausedBy, Parent: r.Parent,
		StartedAt: r.StartedAt, Status: r.Status, Suspended: r.Suspended, Incidents: r.Incidents, Nodes: list(r.Nodes), Marks: r.Marks,
		UpdatedAt: r.UpdatedAt, EndedAt: r.EndedAt, Seq: r.Seq, State: bytes(r.State), Recent: list(r.Recent), Attempts: r.Attempts, Problem: r.Problem,
		Rev: r.Rev, Batch: batch, ReadyAt: r.ReadyAt, Unrelayed: len(r.Outbox) > 0, Inbox: eventDocs(r.Inbox), Outbox: map[string]outboxEntry{},
	}
	for _, e := range r.Inbox {
		d.InboxBytes += store.EventSize(e)
	}
	for _, o := range r.Outbox {
		d.Outbox[key(o.Seq)] = entry(o)
	}
	return d
}

func key(seq int64) string { return strconv.FormatInt(seq, 10) }

func entry(o store.Outbox) outboxEntry {
	return outboxEntry{Kind: o.Kind, ID: o.ID, Body: o.Body, Reason: o.Reason, At: o.At}
}

// list and bytes store nothing as an empty value, because null is neither a list
// to push to nor one to compare with.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

func bytes(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// changes is the $set of a commit.
func changes(r store.Run, rev int64, batch string, added []store.Outbox) bson.D {
	d := set("version", r.Version, "graphHash", r.GraphHash, "name", r.Name, "status", r.Status, "suspended", r.Suspended, "incidents", r.Incidents, "nodes", list(r.Nodes), "marks", list(r.Marks),
		"updatedAt", r.UpdatedAt, "endedAt", r.EndedAt, "seq", r.Seq, "state", bytes(r.State), "recent", list(r.Recent),
		"attempts", r.Attempts, "problem", r.Problem, "rev", rev, "batch", batch)
	for _, o := range added {
		d = append(d, bson.E{Key: "outbox." + key(o.Seq), Value: entry(o)})
	}
	if len(added) > 0 {
		d = append(d, bson.E{Key: "unrelayed", Value: true})
	}
	return d
}
