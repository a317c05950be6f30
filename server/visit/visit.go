// Package visit knows when clients come back to the company's site.
//
// The script of visit.js runs on the site and asks for consent: before it, and
// without it, it stores nothing and sends nothing. With it, it keeps a random
// number in the site's own storage and tells the address of the page. The server
// keeps nothing of strangers: a visitor becomes known when a form that was sent
// names the visitor's number, and only from then on are visits stored.
package visit

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

//go:embed visit.js
var script []byte

// Script is visit.js for sites; ORIGIN in it becomes the address of this server.
func Script(origin string) []byte {
	return []byte(strings.ReplaceAll(string(script), "ORIGIN", origin))
}

// Visitors is the collection of known visitors.
const Visitors = "visitors"

const came = "visitor.came"

// Seen is one page that a visitor opened.
type Seen struct {
	Page string           `json:"page"`
	At   docstore.Instant `json:"at"`
}

// Visitor is a browser of which is known whose it is.
type Visitor struct {
	docstore.Entity
	Contact string           `json:"contact"`
	LastAt  docstore.Instant `json:"lastAt"`
	// Visits counts visits after the one that made the visitor known.
	Visits int    `json:"visits"`
	Pages  []Seen `json:"pages"` // the newest, bounded
}

const (
	pagesKept = 20
	// visitEnds is the pause after which the next page is a new visit.
	visitEnds = 30 * time.Minute
	maxPage   = 1000
)

// Records finds the records of a client.
type Records interface {
	// Of lists the records of a contact that are on no final stage.
	Of(ctx context.Context, contact string) ([]core.RecordRef, error)
}

// Triggers hear of visits.
type Triggers interface {
	Happened(ctx context.Context, o trigger.Occurrence) (moved bool, err error)
}

// Service knows visitors. Safe for concurrent use.
type Service struct {
	visitors docstore.Typed[Visitor]
	records  Records
	triggers Triggers
	clock    clock.Clock
}

// New opens the collection.
func New(ctx context.Context, store docstore.Store, records Records, triggers Triggers, c clock.Clock) (*Service, error) {
	visitors, err := docstore.NewTyped[Visitor](ctx, store, docstore.Spec{Name: Visitors, Indexes: []docstore.Index{{Paths: []string{"contact"}}, {Paths: []string{"lastAt"}}}})
	return &Service{visitors, records, triggers, c}, err
}

var number = regexp.MustCompile(`^[0-9a-f]{32}$`)

// Connect learns whose a visitor is. A later form of another client, on a shared
// computer, makes the visitor that one's.
func (s *Service) Connect(ctx context.Context, visitor, contact string) error {
	if !number.MatchString(visitor) {
		return nil
	}
	v, err := s.visitors.Get(ctx, visitor)
	switch {
	case errors.Is(err, docstore.ErrNotFound):
		v = Visitor{Entity: docstore.Entity{ID: visitor}, Pages: []Seen{}}
	case err != nil:
		return fmt.Errorf("visitor: %w", err)
	case v.Contact == contact:
		return nil
	default:
		v.Pages, v.Visits = []Seen{}, 0
	}
	v.Contact, v.LastAt = contact, docstore.At(s.clock.Now())
	_, err = s.visitors.Save(ctx, v)
	return err
}

// See takes a page that a visitor opened. Of an unknown visitor nothing is kept.
//
// covers G-15
func (s *Service) See(ctx context.Context, visitor, page, referrer string) error {
	page = clean(page)
	if !number.MatchString(visitor) || page == "" {
		return nil
	}
	_, err := s.visitors.Update(ctx, visitor, func(v *Visitor) ([]docstore.Event, error) {
		now := s.clock.Now()
		again := now.Sub(v.LastAt.Time) >= visitEnds
		if !again && v.seen(page, now) {
			return nil, errOld
		}
		if again {
			v.Visits++
		}
		v.LastAt = docstore.At(now)
		if v.Pages = append(v.Pages, Seen{page, docstore.At(now)}); len(v.Pages) > pagesKept {
			v.Pages = v.Pages[len(v.Pages)-pagesKept:]
		}
		event, err := docstore.NewEvent(came, happening{Page: page, Referrer: clean(referrer), Visits: v.Visits})
		return []docstore.Event{event}, err
	})
	if errors.Is(err, docstore.ErrNotFound) || errors.Is(err, errOld) {
		return nil
	}
	return err
}

// errOld: the page was seen in this visit already.
var errOld = errors.New("seen already")

func (v *Visitor) seen(page string, now time.Time) bool {
	for _, p := range v.Pages {
		if p.Page == page && now.Sub(p.At.Time) < visitEnds {
			return true
		}
	}
	return false
}

// clean is the address of a page without what may name a person: its query and
// fragment.
func clean(text string) string {
	if len(text) > maxPage || problem.Disguised(text) {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.Scheme + "://" + u.Host + u.EscapedPath()
}

type happening struct {
	Page     string `json:"page"`
	Referrer string `json:"referrer,omitempty"`
	Visits   int    `json:"visits"`
}

// Wants tells whether a delivery is a visit.
func (s *Service) Wants(d docstore.Delivery) bool { return d.Event.Kind == came }

// Take is the relay's consumer: it lets the triggers of the client's records
// react. Every known visitor became a client through a form, so that any later
// visit is a return.
//
// covers G-15, G-16
func (s *Service) Take(ctx context.Context, d docstore.Delivery) error {
	var h happening
	if err := json.Unmarshal(d.Event.Body, &h); err != nil {
		return fmt.Errorf("read a visit: %w", err)
	}
	v, err := s.visitors.Get(ctx, d.DocumentID)
	if errors.Is(err, docstore.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	records, err := s.records.Of(ctx, v.Contact)
	if err != nil {
		return err
	}
	for _, r := range records {
		o := trigger.Occurrence{ID: "visit:" + d.DocumentID + ":" + strconv.FormatInt(d.Seq, 10) + ":" + r.ID, Kind: trigger.Visit, Record: r, At: d.At,
			Event: map[string]any{"page": h.Page, "referrer": h.Referrer, "visits": int64(h.Visits)}}
		if _, err := s.triggers.Happened(ctx, o); err != nil {
			return err
		}
		if h.Visits == 0 {
			continue // still the visit in which the form was sent
		}
		o.ID, o.Kind = o.ID+":again", trigger.ReturningVisit
		if _, err := s.triggers.Happened(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// Of lists the visitors of a contact, for those who look at a client.
func (s *Service) Of(ctx context.Context, contact string) ([]Visitor, error) {
	found, _, err := s.visitors.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "contact", Op: docstore.Eq, Value: contact}}, Limit: 50})
	return found, err
}

// Forget removes what is known of the visits of a contact.
func (s *Service) Forget(ctx context.Context, contact string) error {
	all, err := s.Of(ctx, contact)
	if err != nil {
		return err
	}
	for _, v := range all {
		if err := s.visitors.Delete(ctx, v.ID, v.Rev); err != nil && !errors.Is(err, docstore.ErrNotFound) {
			return err
		}
	}
	return nil
}

// visitorsKept is how long a visitor who does not come back stays known.
const visitorsKept = 400 * 24 * time.Hour

// Sweep forgets visitors who have not come for long and reports how many.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	before := docstore.At(s.clock.Now().Add(-visitorsKept))
	old, _, err := s.visitors.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "lastAt", Op: docstore.Lt, Value: before.String()}}, Sort: "lastAt", Limit: docstore.MaxLimit})
	if err != nil {
		return 0, err
	}
	for _, v := range old {
		if err := s.visitors.Delete(ctx, v.ID, v.Rev); err != nil && !errors.Is(err, docstore.ErrConflict) && !errors.Is(err, docstore.ErrNotFound) {
			return 0, err
		}
	}
	return len(old), nil
}
