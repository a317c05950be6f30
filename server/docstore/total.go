package docstore

import (
	"math"
	"math/bits"
)

// Total is a sum of whole numbers that does not wrap: it is exact whatever is added,
// and ends at the nearest whole number there is. The zero value is 0.
type Total struct {
	high int64 // of 128 bits, with the sign
	low  uint64
}

// Add adds a number.
func (t *Total) Add(n int64) {
	low, carry := bits.Add64(t.low, uint64(n), 0) //nolint:gosec // two's complement is meant
	t.low = low
	t.high += n>>63 + int64(carry) //nolint:gosec // carry is 0 or 1
}

// Int64 is the sum, or the nearest number that an int64 can hold.
func (t Total) Int64() int64 {
	switch {
	case t.high > 0 || t.high == 0 && t.low > math.MaxInt64:
		return math.MaxInt64
	case t.high < -1 || t.high == -1 && t.low < 1<<63:
		return math.MinInt64
	}
	return int64(t.low) //nolint:gosec // checked above
}

// Tally counts the documents of one group of an aggregate and sums their numbers,
// for stores that do so themselves.
type Tally struct {
	group  Group
	totals map[string]*Total
}

// NewTally begins a group.
func NewTally(key any) *Tally { return &Tally{Group{Key: key}, map[string]*Total{}} }

// Add counts a document; value gives what it has at a path.
func (t *Tally) Add(paths []string, value func(path string) any) {
	t.group.Count++
	for _, path := range paths {
		if t.totals[path] == nil {
			t.totals[path] = &Total{}
		}
		n, _ := value(path).(int64)
		t.totals[path].Add(n)
	}
}

// Group is the result.
func (t *Tally) Group() Group {
	g := t.group
	g.Sums = make(map[string]int64, len(t.totals))
	for path, sum := range t.totals {
		g.Sums[path] = sum.Int64()
	}
	return g
}
