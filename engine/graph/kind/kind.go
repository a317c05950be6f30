// Package kind is the fixed table of control-node kinds. Each kind is lowered to
// the few primitive steps that package core knows: what happens when a
// token enters, and how the flows by which it leaves are chosen. A new kind is
// one line here and one schema in schemas/node.
package kind

// Enter says what a token does on arrival.
type Enter uint8

// The ways to enter a node.
const (
	Pass     Enter = iota // go on at once
	JoinAll               // park until every incoming flow has a token
	JoinSome              // park by the inclusive rule
	Assign                // compute and set variables, then go on
	Wait                  // open an expectation and rest
	Scope                 // start the inner flows and rest until they end
	Throw                 // apply the node's effects
	JoinNeed              // park until as many incoming flows have a token as the node needs
	Race                  // open what the nodes behind wait for; the first event decides
)

// Exit says which outgoing flows a leaving token takes.
type Exit uint8

// The ways to leave a node.
const (
	// Each takes every plain flow and every flow whose condition holds; the
	// default when no condition holds.
	Each Exit = iota
	// First takes the first flow that holds, in order.
	First
	// Some takes all flows that hold, or the default.
	Some
	// All takes every flow and ignores conditions.
	All
)

// Role groups kinds by where they may stand.
type Role uint8

// The roles.
const (
	Start Role = iota
	Activity
	Gateway
	Event
	Boundary
	End
)

// Opens names the expectation of a waiting node.
type Opens uint8

// The expectations.
const (
	Nothing   Opens = iota
	Task            // a person acts
	Effect          // a performer acts
	Child           // another run
	ByTrigger       // the node's trigger tells: timer or message
)

// Kind describes one kind of control node.
type Kind struct {
	Key   string
	Role  Role
	Enter Enter
	Exit  Exit
	Opens Opens
	// Ported kinds leave by named ports that their config or robot declares.
	Ported bool
	// Runnable kinds have semantics in this version of the core; the others are
	// part of the format and refused when a definition is compiled.
	Runnable bool
}

// Of finds a kind by its key.
func Of(key string) (Kind, bool) {
	switch key {
	case "startEvent":
		return Kind{Key: key, Role: Start, Enter: Pass, Exit: Each, Runnable: true}, true
	case "endEvent":
		return Kind{Key: key, Role: End, Enter: Throw, Exit: Each, Runnable: true}, true
	case "userTask":
		return Kind{Key: key, Role: Activity, Enter: Wait, Exit: Each, Opens: Task, Runnable: true}, true
	case "approval":
		return Kind{Key: key, Role: Activity, Enter: Wait, Exit: Each, Opens: Task, Ported: true, Runnable: true}, true
	case "robot":
		return Kind{Key: key, Role: Activity, Enter: Wait, Exit: Each, Opens: Effect, Ported: true, Runnable: true}, true
	case "setVariables":
		return Kind{Key: key, Role: Activity, Enter: Assign, Exit: Each, Runnable: true}, true
	case "task":
		return Kind{Key: key, Role: Activity, Enter: Pass, Exit: Each, Runnable: true}, true
	case "subProcess":
		return Kind{Key: key, Role: Activity, Enter: Scope, Exit: Each, Runnable: true}, true
	case "exclusiveGateway":
		return Kind{Key: key, Role: Gateway, Enter: Pass, Exit: First, Runnable: true}, true
	case "parallelGateway":
		return Kind{Key: key, Role: Gateway, Enter: JoinAll, Exit: All, Runnable: true}, true
	case "inclusiveGateway":
		return Kind{Key: key, Role: Gateway, Enter: JoinSome, Exit: Some, Runnable: true}, true
	case "receiveTask":
		return Kind{Key: key, Role: Activity, Enter: Wait, Exit: Each, Opens: ByTrigger, Runnable: true}, true
	case "sendTask":
		return Kind{Key: key, Role: Activity, Enter: Throw, Exit: Each, Runnable: true}, true
	case "catchEvent":
		return Kind{Key: key, Role: Event, Enter: Wait, Exit: Each, Opens: ByTrigger, Runnable: true}, true
	case "boundaryEvent":
		return Kind{Key: key, Role: Boundary, Enter: Pass, Exit: Each, Opens: ByTrigger, Runnable: true}, true
	case "throwEvent":
		return Kind{Key: key, Role: Event, Enter: Throw, Exit: Each, Runnable: true}, true
	case "eventGateway":
		return Kind{Key: key, Role: Gateway, Enter: Race, Exit: First, Runnable: true}, true
	case "complexJoin":
		return Kind{Key: key, Role: Gateway, Enter: JoinNeed, Exit: Some, Runnable: true}, true
	case "callActivity":
		return Kind{Key: key, Role: Activity, Enter: Wait, Exit: Each, Opens: Child, Runnable: true}, true
	case "acknowledge", "requestInformation":
		return Kind{Key: key, Role: Activity, Enter: Wait, Exit: Each}, true
	}
	return Kind{}, false
}

// Keys lists all kinds of the format in the order of the palette.
func Keys() []string {
	return []string{
		"startEvent", "endEvent", "userTask", "approval", "acknowledge", "requestInformation", "robot", "setVariables", "task", "receiveTask", "sendTask",
		"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventGateway", "complexJoin",
		"catchEvent", "throwEvent", "boundaryEvent", "subProcess", "callActivity",
	}
}
