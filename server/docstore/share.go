package docstore

import "fmt"

// PlanShared checks what Shared is asked for and gives the end of the values that
// begin with the prefix.
func (c *Compiled) PlanShared(path, prefix string, limit int) (end string, err error) {
	if !c.multi[path] {
		return "", fmt.Errorf("shared values of %q: %w", path, ErrNoIndex)
	}
	if prefix == "" || limit < 1 || limit > MaxLimit {
		return "", fmt.Errorf("shared values need a prefix and a limit: %w", ErrBadQuery)
	}
	return prefix + string(rune(0x10FFFF)), nil
}
