package core

// A loop through robots or timers rests at each of them, so that no budget of a
// step ever ends it: it would fill the disk as long as the server lives.
const (
	// WaitBlock is how many waits of one run count together. A run that opens two
	// blocks of them within BlockTime is a runaway; one block is always possible.
	WaitBlock = 25_000
	// BlockTime is in milliseconds, as instants are.
	BlockTime = 60 * 60 * 1000
)

// restless tells that a step must not wait: the run opens waits faster than a
// process that does something useful. Retrying the incident gives it another
// block.
func (m *machine) restless() *FailureBody {
	s := m.s
	block := s.nextWait / WaitBlock
	if block <= s.block {
		return nil
	}
	soon := s.block > 0 && s.at-s.blockAt < BlockTime
	s.block, s.blockAt = block, s.at
	if !soon {
		return nil
	}
	return &FailureBody{
		Code:    "runaway",
		Message: "the run opened more than " + itoa(WaitBlock) + " waits within an hour",
		Remedy:  "cancel the run, or change a variable so that its loop ends, and retry",
		Detail:  Values{"waits": number(int(s.nextWait))},
	}
}
