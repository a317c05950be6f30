package hosttest

import (
	"fmt"
	"strings"
)

// Sequence is a definition with n nodes of one shape between start and end.
// Node is the JSON of a node without its id, for example
// `"kind":"robot","robot":"noop"`.
func Sequence(key string, n int, node string) string {
	var nodes, flows strings.Builder
	last := "begin"
	for i := 1; i <= n; i++ {
		id := fmt.Sprintf("n%d", i)
		fmt.Fprintf(&nodes, `{"id":%q,%s},`, id, node)
		fmt.Fprintf(&flows, `{"id":"f%d","from":%q,"to":%q},`, i, last, id)
		last = id
	}
	return fmt.Sprintf(`{"format":"fluxo/process@1","key":%q,"name":%q,"variables":[{"name":"count","type":"number","default":0}],
		"nodes":[{"id":"begin","kind":"startEvent"},%s{"id":"end","kind":"endEvent"}],
		"flows":[%s{"id":"last","from":%q,"to":"end"}]}`, key, key, nodes.String(), flows.String(), last)
}

// Count is a node of Sequence that adds one to the variable count.
const Count = `"kind":"setVariables","config":{"set":[{"name":"count","value":{"expr":"vars.count + 1"}}]}`

// Noop is a node of Sequence that lets the robot "noop" do something.
const Noop = `"kind":"robot","robot":"noop"`
