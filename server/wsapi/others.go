package wsapi

import "slices"

// Others are the servers beside this one, on which people may have the same topics
// open. What is told of them is a hint and kept nowhere.
type Others interface {
	// Changed is told of a room of this server in which somebody arrived, left or
	// selected something else.
	Changed(topic string, arrived bool)
}

// Join has other servers told; it is called before the first connection.
func (s *Server) Join(o Others) { s.others = o }

// hereIn lists the people of this server in the room of a topic; mu is held.
func (s *Server) hereIn(topic string) []Person {
	all := []Person{}
	for h, p := range s.present {
		if h.topic == topic {
			all = append(all, p)
		}
	}
	return all
}

// Here lists the people of this server in the room of a topic.
func (s *Server) Here(topic string) []Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hereIn(topic)
}

// Rooms lists the topics that people of this server have open and see each other on.
func (s *Server) Rooms() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[string]bool{}
	var topics []string
	for h := range s.present {
		if !seen[h.topic] {
			seen[h.topic] = true
			topics = append(topics, h.topic)
		}
	}
	return topics
}

// Elsewhere says who of another server is in the room of a topic; nobody takes
// those out who were.
func (s *Server) Elsewhere(server, topic string, people []Person) {
	s.mu.Lock()
	same := slices.EqualFunc(s.elsewhere[topic][server], people, func(a, b Person) bool {
		return a.ID == b.ID && a.Name == b.Name && slices.Equal(a.Selected, b.Selected)
	})
	switch {
	case same:
	case len(people) == 0:
		delete(s.elsewhere[topic], server)
		if len(s.elsewhere[topic]) == 0 {
			delete(s.elsewhere, topic)
		}
	case s.elsewhere[topic] == nil:
		s.elsewhere[topic] = map[string][]Person{server: people}
	default:
		s.elsewhere[topic][server] = people
	}
	s.mu.Unlock()
	if !same {
		s.tellPresence(topic)
	}
}
