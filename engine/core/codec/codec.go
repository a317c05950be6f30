// Package codec turns a run's state into canonical bytes and back: a version
// byte, then JSON with fixed fields, sorted maps, exact numbers and no white space. Equal
// states have equal bytes, so that a replay can be compared by hash.
package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/fluxo-app/fluxo/engine/core"
)

// Version is the first byte of every encoded state. A newer core reads all
// older versions; an older core refuses newer ones.
const Version = 1

// ErrVersion marks bytes that this core cannot read.
var ErrVersion = errors.New("state of an unknown version")

// Encode gives the canonical bytes of a state.
func Encode(s *core.State) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte(Version)
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s.Snapshot()); err != nil {
		return nil, fmt.Errorf("encode state of %s: %w", s.RunID(), err)
	}
	return b.Bytes()[:b.Len()-1], nil
}

// Decode reads what Encode wrote.
func Decode(text []byte) (*core.State, error) {
	if len(text) == 0 || text[0] != Version {
		return nil, fmt.Errorf("decode state: %w", ErrVersion)
	}
	dec := json.NewDecoder(bytes.NewReader(text[1:]))
	dec.UseNumber()
	var snapshot core.Snapshot
	if err := dec.Decode(&snapshot); err != nil {
		return nil, fmt.Errorf("decode state: %w", err)
	}
	s, err := core.Restore(snapshot)
	if err != nil {
		return nil, fmt.Errorf("decode state: %w", err)
	}
	return s, nil
}
