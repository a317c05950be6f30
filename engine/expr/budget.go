package expr

import (
	"fmt"
	"time"

	"github.com/fluxo-app/fluxo/engine/calendar"
)

// Limits of one compilation and evaluation. They are generous for anything a
// person writes and end a hostile expression within a fraction of a second.
const (
	// MaxSourceBytes is the longest expression that is looked at.
	MaxSourceBytes = 4096
	// MaxTemplateBytes is the longest template text.
	MaxTemplateBytes = 256 << 10

	maxNodes       = 2000
	maxFuel        = 1_000_000
	maxElements    = 200_000
	maxStringBytes = 1 << 20
	maxTotalBytes  = 16 << 20
	maxDepth       = 64

	// costOfParts is what looking into a list or an object by reflection costs, and
	// comparing two numbers exactly.
	costOfParts = 10
)

// budget is what one evaluation may still spend, and what its functions need.
type budget struct {
	fuel      int
	bytes     int
	now       time.Time
	location  *time.Location
	directory Directory
	format    Format
	working   func() (*calendar.Calendar, error)
}

func newBudget(env Env) *budget {
	location := env.Location
	if location == nil {
		location = time.UTC
	}
	return &budget{fuel: maxFuel, bytes: maxTotalBytes, now: env.Now.In(location), location: location,
		directory: env.Directory, format: env.Format.withDefaults(), working: env.Working}
}

// spend takes n units of work, about ten nanoseconds each.
func (b *budget) spend(n int) error {
	if n < 0 || b.fuel < n {
		b.fuel = 0
		return ErrBudget
	}
	b.fuel -= n
	return nil
}

// text accounts for a text that is about to be built.
func (b *budget) text(size int) error {
	if size < 0 || size > maxStringBytes {
		return fmt.Errorf("%w: a text may have at most %d KB", ErrBudget, maxStringBytes>>10)
	}
	if b.bytes < size {
		return fmt.Errorf("%w: its texts take more than %d MB", ErrBudget, maxTotalBytes>>20)
	}
	b.bytes -= size
	return b.spend(1 + size/16)
}

// list accounts for a list that is about to be built.
func (b *budget) list(length int) error {
	if length < 0 || length > maxElements {
		return fmt.Errorf("%w: a list may have at most %d elements", ErrBudget, maxElements)
	}
	return b.spend(1 + length)
}
