package crm

import "context"

// Link is one thing of the chain that led to a change: somebody, a change of a
// record, a trigger, a process. The oldest comes first.
type Link struct {
	Kind   string   `json:"kind"`
	ID     string   `json:"id,omitempty"`
	Key    string   `json:"key,omitempty"`
	Record string   `json:"record,omitempty"`
	Stage  string   `json:"stage,omitempty"`
	Fields []string `json:"fields,omitempty"`
	At     int64    `json:"at,omitempty"` // milliseconds
}

// Led is what is kept beside an entry of a story and not shown with it: what led to
// what it tells of.
type Led struct {
	// Rev is the revision of the record that the entry is about.
	Rev   int64  `json:"rev,omitempty"`
	Cause string `json:"cause,omitempty"`
	// Chain is there when the cause alone does not tell it.
	Chain []Link `json:"chain,omitempty"`
	// Step is what a process changed.
	Step *Step `json:"step,omitempty"`
}

// storedEntry is an entry with what only explanations need.
type storedEntry struct {
	Entry
	Led *Led `json:"led,omitempty"`
}

// LedTo reads an entry of a story and what led to it.
func (s *Service) LedTo(ctx context.Context, id string) (Entry, Led, error) {
	e, err := s.timeline.Get(ctx, id)
	if e.Led == nil {
		e.Led = &Led{}
	}
	return e.Entry, *e.Led, named(err, "entry")
}

// AddLed adds an entry with the chain that led to it; an id that is there already is
// the same entry.
func (s *Service) AddLed(ctx context.Context, e Entry, chain []Link) (Entry, error) {
	return s.addEntry(ctx, storedEntry{Entry: e, Led: &Led{Chain: chain}})
}
