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
}

// Of finds a kind by its key.
func Of(key string) (Kind, bool) {
	switch key {
	case "startEvent":
		return Kind{Key: key, Role: Start, Enter: Pass, Exit: Each}, true
	case "endEvent":
		return Kind{Key: key, Role: End, Enter: Throw, Exit: Each}, true
	case "userTask":
		return Kind{Key: key, Role: Activity, Enter: Wait, Exit: Each, Opens: Task}, true
	case "approval":
		return Kind{Key: key, Role: Activity, Enter: Wait, Exit: Each, Opens: Task, Ported: true}, true
	case "acknowledge":
		return Kind{Key: key, Role: Activity, Enter: Wait, Exit: Each, Opens: Task}, true
	case "requestInformation":
		return Kind{Key: key, Role: Activity, Enter: Wait, Exit: Each, Opens: Task, Ported: true}, true
	case "robot":
		return Kind{Key: key, Role: Activity, Enter: Wait, Exit: Each, Opens: Effect, Ported: true}, true
	case "setVariables":
		return Kind{Key: key, Role: Activity, Enter: Assign, Exit: Each}, true
	case "task":
		return Kind{Key: key, Role: Activity, Enter: Pass, Exit: Each}, true
	case "subProcess":
		return Kind{Key: key, Role: Activity, Enter: Scope, Exit: Each}, true
	case "exclusiveGateway":
		return Kind{Key: key, Role: Gateway, Enter: Pass, Exit: First}, true
	case "parallelGateway":
		return Kind{Key: key, Role: Gateway, Enter: JoinAll, Exit: All}, true
	case "inclusiveGateway":
		return Kind{Key: key, Role: Gateway, Enter: JoinSome, Exit: Some}, true
	case "receiveTask":
		return Kind{Key: key, Role: Activity, Enter: Wait, Exit: Each, Opens: ByTrigger}, true
	case "sendTask":
		return Kind{Key: key, Role: Activity, Enter: Throw, Exit: Each}, true
	case "catchEvent":
		return Kind{Key: key, Role: Event, Enter: Wait, Exit: Each, Opens: ByTrigger}, true
	case "boundaryEvent":
		return Kind{Key: key, Role: Boundary, Enter: Pass, Exit: Each, Opens: ByTrigger}, true
	case "throwEvent":
		return Kind{Key: key, Role: Event, Enter: Throw, Exit: Each}, true
	case "eventGateway":
		return Kind{Key: key, Role: Gateway, Enter: Race, Exit: First}, true
	case "complexJoin":
		return Kind{Key: key, Role: Gateway, Enter: JoinNeed, Exit: Some}, true
	case "callActivity":
		return Kind{Key: key, Role: Activity, Enter: Wait, Exit: Each, Opens: Child}, true
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
