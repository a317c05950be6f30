package wsapi

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/engine/stream"
)

// Limits of what a person is seen to have selected.
const (
	maxSelected   = 20
	maxSelectedID = 100
)

// Person is somebody who has a topic open, as the others there see it. It is kept
// nowhere: it goes with the connection.
type Person struct {
	ID       string   `json:"id"` // of the connection: one person may have several windows
	User     string   `json:"user"`
	Name     string   `json:"name"`
	Selected []string `json:"selected"`
}

// presence is the event that tells who is there now; a later one replaces it.
type presence struct {
	Kind   string   `json:"kind"`
	People []Person `json:"people"`
}

// present is the snapshot of a topic where people see each other.
type present struct {
	Self   string   `json:"self"`
	People []Person `json:"people"`
	Data   any      `json:"data"`
}

// here is one connection in one room.
type here struct {
	session *session
	topic   string // on the hub
}

// arrive puts a connection into the room of a topic, and tells the others.
func (s *Server) arrive(c *session, topic, name string) string {
	s.mu.Lock()
	p, ok := s.present[here{c, topic}]
	if !ok {
		p = Person{ID: uuid.NewString(), User: c.user, Name: name, Selected: []string{}}
		s.present[here{c, topic}] = p
	}
	s.mu.Unlock()
	if !ok {
		s.changed(topic, true)
	}
	return p.ID
}

// choose tells the others what somebody has selected.
func (s *Server) choose(c *session, topic string, selected []string) {
	s.mu.Lock()
	p, ok := s.present[here{c, topic}]
	if ok {
		p.Selected = slices.DeleteFunc(slices.Clone(selected[:min(len(selected), maxSelected)]), func(id string) bool { return len(id) > maxSelectedID })
		s.present[here{c, topic}] = p
	}
	s.mu.Unlock()
	if ok {
		s.changed(topic, false)
	}
}

// depart takes a connection out of the room of a topic; "" is all rooms.
func (s *Server) depart(c *session, topic string) {
	s.mu.Lock()
	var left []string
	for h := range s.present {
		if h.session == c && (topic == "" || h.topic == topic) {
			delete(s.present, h)
			left = append(left, h.topic)
		}
	}
	s.mu.Unlock()
	for _, topic := range left {
		s.changed(topic, false)
	}
}

// changed tells the others in a room, here and on other servers.
func (s *Server) changed(topic string, arrived bool) {
	s.tellPresence(topic)
	if s.others != nil {
		s.others.Changed(topic, arrived)
	}
}

// people lists who is in the room of a topic, in the order of their names.
func (s *Server) people(topic string) []Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.hereIn(topic)
	for _, people := range s.elsewhere[topic] {
		all = append(all, people...)
	}
	slices.SortFunc(all, func(a, b Person) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return all
}

func (s *Server) tellPresence(topic string) {
	if !s.hub.Viewed(topic) {
		return
	}
	// One at a time: a list that was taken earlier must not come later.
	s.telling.Lock()
	defer s.telling.Unlock()
	body, err := json.Marshal(presence{Kind: "people", People: s.people(topic)})
	if err != nil {
		s.log.Warn("presence not sent", "topic", topic, "error", err)
		return
	}
	s.hub.Publish(topic, stream.Event{Key: "people", Body: body})
}
