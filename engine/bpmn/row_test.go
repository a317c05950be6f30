package bpmn

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// file wraps elements of an executable process into a whole file.
func file(elements string, roots ...string) string {
	return `<?xml version="1.0"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
		`xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="urn:t" id="defs">` + strings.Join(roots, "") +
		`<process id="p" name="P" isExecutable="true">` + elements + `</process></definitions>`
}

// way is a chain of flows between nodes.
func way(ids ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(ids); i++ {
		fmt.Fprintf(&b, `<sequenceFlow id="%s-%s" sourceRef="%s" targetRef="%s"/>`, ids[i], ids[i+1], ids[i], ids[i+1])
	}
	return b.String()
}

const (
	message    = `<message id="m" name="ping"/>`
	signal     = `<signal id="s" name="alarm"/>`
	timer      = `<timerEventDefinition><timeDuration>PT1S</timeDuration></timerEventDefinition>`
	start      = `<startEvent id="S"/>`
	hostOf     = `<userTask id="A"/>`
	errorDef   = `<error id="e" name="Bad" errorCode="E1"/>`
	escalation = `<escalation id="esc" name="Up"/>`
)

// TestRefusals imports one file for each rule and expects the refusal to name the
// rule and the element.
func TestRefusals(t *testing.T) {
	for _, c := range []struct{ rule, element, text string }{
		{"duplicate_id", "A", file(hostOf + hostOf)},
		{"dangling_reference", "S-gone", file(start + way("S", "gone"))}, // covers SEQ-18
		{"wrong_reference", "S-m", file(start+way("S", "m"), message)},   // covers SEQ-18
		{"dangling_reference", "c", file(`<intermediateCatchEvent id="c"><messageEventDefinition messageRef="none"/></intermediateCatchEvent>`)},
		{"wrong_reference", "c", file(`<intermediateCatchEvent id="c"><messageEventDefinition messageRef="s"/></intermediateCatchEvent>`, signal)},
		{"flow_into_start", "A-S", file(start + hostOf + way("A", "S"))},
		{"flow_out_of_end", "E-A", file(`<endEvent id="E"/>` + hostOf + way("E", "A"))},
		{"flow_into_boundary", "S-b", file(start + hostOf + way("S", "b") + `<boundaryEvent id="b" attachedToRef="A">` + timer + `</boundaryEvent>`)},
		{"flow_crosses_scope", "S-x", file(start + `<subProcess id="P"><task id="x"/></subProcess>` + way("S", "x"))},                                                      // covers SUB-05
		{"flow_at_handler", "S-h", file(start + `<subProcess id="h" triggeredByEvent="true"><startEvent id="hs">` + timer + `</startEvent></subProcess>` + way("S", "h"))}, // covers EVS-08
		{"bad_default", "A", file(start + `<userTask id="A" default="S-A"/>` + way("S", "A"))},
		{"boundary_host", "b", file(`<exclusiveGateway id="A"/><boundaryEvent id="b" attachedToRef="A">` + timer + `</boundaryEvent>`)},
		{"event_without_definition", "b", file(hostOf + `<boundaryEvent id="b" attachedToRef="A"/>`)}, // covers NONE-02
		{"event_without_definition", "c", file(`<intermediateCatchEvent id="c"/>`)},                   // covers NONE-02
		{"forbidden_event", "b", file(hostOf + `<boundaryEvent id="b" attachedToRef="A"><terminateEventDefinition/></boundaryEvent>`)},
		{"forbidden_event", "c", file(`<intermediateThrowEvent id="c">` + timer + `</intermediateThrowEvent>`)},
		{"forbidden_start", "S", file(`<startEvent id="S"><errorEventDefinition errorRef="e"/></startEvent>`, errorDef)}, // covers ERR-16
		{"conditional_start", "S", file(`<startEvent id="S"><conditionalEventDefinition><condition>x</condition></conditionalEventDefinition></startEvent>`)},
		{"several_start_triggers", "S", file(`<startEvent id="S">`+timer+`<signalEventDefinition signalRef="s"/></startEvent>`, signal)},
		{"typed_start_inside", "x", file(`<subProcess id="P"><startEvent id="x">` + timer + `</startEvent></subProcess>`)}, // covers SUB-06
		{"handler_start", "P", file(`<subProcess id="P" triggeredByEvent="true"><task id="x"/></subProcess>`)},             // covers EVS-08
		{"handler_start", "P", file(`<subProcess id="P" triggeredByEvent="true"><startEvent id="x"/></subProcess>`)},       // covers EVS-08
		{"handler_type", "x", file(`<subProcess id="P" triggeredByEvent="true"><startEvent id="x"><cancelEventDefinition/></startEvent></subProcess>`)},
		{"must_interrupt", "b", file(hostOf+`<boundaryEvent id="b" attachedToRef="A" cancelActivity="false"><errorEventDefinition errorRef="e"/></boundaryEvent>`, errorDef)},                              // covers ERR-14
		{"error_code_missing", "E", file(`<endEvent id="E"><errorEventDefinition/></endEvent>`)},                                                                                                           // covers ERR-16
		{"escalation_code_missing", "E", file(`<endEvent id="E"><escalationEventDefinition escalationRef="esc"/></endEvent>`, escalation)},                                                                 // covers ESC-10
		{"signal_missing", "E", file(`<endEvent id="E"><signalEventDefinition signalRef="s"/></endEvent>`, `<signal id="s"/>`)},                                                                            // covers SIG-10
		{"message_missing", "c", file(`<intermediateCatchEvent id="c"><messageEventDefinition/></intermediateCatchEvent>`)},                                                                                // covers MSG-12
		{"message_missing", "R", file(`<receiveTask id="R"/>`)},                                                                                                                                            // covers MSG-12
		{"compensation_flow", "b", file(hostOf + `<boundaryEvent id="b" attachedToRef="A"><compensateEventDefinition/></boundaryEvent><task id="H"/>` + way("b", "H"))},                                    // covers CMP-17
		{"handler_not_marked", "H", file(hostOf + `<boundaryEvent id="b" attachedToRef="A"><compensateEventDefinition/></boundaryEvent><task id="H"/><association id="as" sourceRef="b" targetRef="H"/>`)}, // covers CMP-17
		{"compensation_twice", "EH", file(`<subProcess id="P"><subProcess id="EH" triggeredByEvent="true"><startEvent id="x"><compensateEventDefinition/></startEvent></subProcess></subProcess>` +
			`<boundaryEvent id="b" attachedToRef="P"><compensateEventDefinition/></boundaryEvent><task id="H" isForCompensation="true"/><association id="as" sourceRef="b" targetRef="H"/>`)}, // covers CMP-10
		{"handler_in_flow", "H", file(start + `<task id="H" isForCompensation="true"/>` + way("S", "H"))},
		{"cancel_outside", "E", file(`<endEvent id="E"><cancelEventDefinition/></endEvent>`)},                                                                                                                                                                                                                    // covers TX-07
		{"cancel_outside", "b", file(hostOf + `<boundaryEvent id="b" attachedToRef="A"><cancelEventDefinition/></boundaryEvent>`)},                                                                                                                                                                               // covers TX-07
		{"cancel_uncaught", "E", file(`<transaction id="T"><endEvent id="E"><cancelEventDefinition/></endEvent></transaction>`)},                                                                                                                                                                                 // covers TX-06
		{"cancel_twice", "c", file(`<transaction id="T"/><boundaryEvent id="b" attachedToRef="T"><cancelEventDefinition/></boundaryEvent><boundaryEvent id="c" attachedToRef="T"><cancelEventDefinition/></boundaryEvent>`)},                                                                                     // covers TX-07
		{"link_without_catch", "t", file(`<intermediateThrowEvent id="t"><linkEventDefinition name="L"/></intermediateThrowEvent>`)},                                                                                                                                                                             // covers LNK-03
		{"link_two_catches", "d", file(`<intermediateThrowEvent id="t"><linkEventDefinition name="L"/></intermediateThrowEvent><intermediateCatchEvent id="c"><linkEventDefinition name="L"/></intermediateCatchEvent><intermediateCatchEvent id="d"><linkEventDefinition name="L"/></intermediateCatchEvent>`)}, // covers LNK-03
		{"link_flows", "t", file(`<intermediateThrowEvent id="t"><linkEventDefinition name="L"/></intermediateThrowEvent><task id="x"/>` + way("t", "x"))},                                                                                                                                                       // covers LNK-03
		{"link_flows", "c", file(start + `<intermediateCatchEvent id="c"><linkEventDefinition name="L"/></intermediateCatchEvent>` + way("S", "c"))},                                                                                                                                                             // covers LNK-03
		{"timer_rules", "c", file(`<intermediateCatchEvent id="c"><timerEventDefinition/></intermediateCatchEvent>`)},                                                                                                                                                                                            // covers TMR-13
		{"timer_rules", "c", file(`<intermediateCatchEvent id="c"><timerEventDefinition><timeDate>2031-01-01</timeDate><timeDuration>PT1S</timeDuration></timerEventDefinition></intermediateCatchEvent>`)},                                                                                                      // covers TMR-13
		{"timer_text", "c", file(`<intermediateCatchEvent id="c"><timerEventDefinition><timeDuration>ten minutes</timeDuration></timerEventDefinition></intermediateCatchEvent>`)},                                                                                                                               // covers TMR-13
		{"timer_cycle_on_catch", "c", file(`<intermediateCatchEvent id="c"><timerEventDefinition><timeCycle>R4/PT1S</timeCycle></timerEventDefinition></intermediateCatchEvent>`)},                                                                                                                               // covers TMR-10
		{"event_gateway_target", "G", file(start + `<eventBasedGateway id="G"/><userTask id="A"/>` + way("S", "G", "A"))},                                                                                                                                                                                        // covers EBG-09
		{"event_gateway_second_flow", "G", file(start + `<eventBasedGateway id="G"/><intermediateCatchEvent id="c">` + timer + `</intermediateCatchEvent><task id="x"/>` + way("S", "G", "c") + way("x", "c"))},                                                                                                  // covers EBG-09
		{"event_gateway_incoming", "G", file(start + `<eventBasedGateway id="G" instantiate="true"/><intermediateCatchEvent id="c">` + timer + `</intermediateCatchEvent>` + way("S", "G", "c"))},                                                                                                                // covers EBG-09
		{"event_gateway_boundary", "G", file(start+`<eventBasedGateway id="G"/><receiveTask id="R" messageRef="m"/><boundaryEvent id="b" attachedToRef="R">`+timer+`</boundaryEvent>`+way("S", "G", "R"), message)},                                                                                              // covers EBG-04
		{"event_gateway_parallel", "G", file(`<eventBasedGateway id="G" instantiate="true" eventGatewayType="Parallel"/>`)},                                                                                                                                                                                      // covers EBG-07
		{"loop_and_multi", "A", file(`<task id="A"><standardLoopCharacteristics loopMaximum="2"/><multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics></task>`)},                                                                                             // covers MI-13
		{"multi_without_number", "A", file(`<task id="A"><multiInstanceLoopCharacteristics/></task>`)},                                                                                                                                                                                                           // covers MI-13
		{"multi_negative", "A", file(`<task id="A"><multiInstanceLoopCharacteristics><loopCardinality>-1</loopCardinality></multiInstanceLoopCharacteristics></task>`)},                                                                                                                                          // covers MI-06
		{"multi_behavior", "A", file(`<task id="A"><multiInstanceLoopCharacteristics behavior="One"><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics></task>`)},                                                                                                                            // covers MI-10
		{"loop_maximum", "A", file(`<task id="A"><standardLoopCharacteristics loopMaximum="-3"/></task>`)},                                                                                                                                                                                                       // covers LOOP-04
		{"quantity", "A", file(`<task id="A" startQuantity="0"/>`)},                                                                                                                                                                                                                                              // covers TOK-05
		{"adhoc_event", "x", file(`<adHocSubProcess id="H"><startEvent id="x"/></adHocSubProcess>`)},                                                                                                                                                                                                             // covers ADH-03
		{"choreography", "x", file(`<choreographyTask id="x"/>`)},                                                                                                                                                                                                                                                // covers ADH-03
		{"callee_without_start", "C", file(`<callActivity id="C" calledElement="q"/>`, `<process id="q" isExecutable="true"><startEvent id="qs">`+timer+`</startEvent></process>`)},                                                                                                                              // covers CALL-07
		{"receive_with_incoming", "R", file(start+`<receiveTask id="R" instantiate="true" messageRef="m"/>`+way("S", "R"), message)},
		{"empty_expression", "c", file(`<intermediateCatchEvent id="c"><conditionalEventDefinition><condition> </condition></conditionalEventDefinition></intermediateCatchEvent>`)},
		{"expression", "c", file(`<intermediateCatchEvent id="c"><conditionalEventDefinition><condition>x > > 3</condition></conditionalEventDefinition></intermediateCatchEvent>`)}, // covers CND-06
		{"script", "A", file(`<scriptTask id="A" scriptFormat="groovy"><script>println "x"</script></scriptTask>`)},                                                                  // covers TASK-04
		{"complex_condition", "G", file(`<task id="x"/><task id="y"/><complexGateway id="G"><activationCondition>a and b</activationCondition></complexGateway>` + way("x", "G") + way("y", "G"))},
		{"data_mapping", "da", file(`<dataObject id="o"/><task id="A"><dataInputAssociation id="da"><sourceRef>o</sourceRef><targetRef>o</targetRef><transformation>x</transformation></dataInputAssociation></task>`)},
		{"foreign_import", "", file(start, `<import importType="http://schemas.xmlsoap.org/wsdl/" location="a.wsdl" namespace="urn:w"/>`)},
		{"message_flow_inside_pool", "mf", file(hostOf+`<task id="B"/>`, `<collaboration id="c"><participant id="pt" processRef="p"/><messageFlow id="mf" sourceRef="A" targetRef="B"/></collaboration>`)}, // covers MSG-11
		{"message_flow_direction", "mf", file(`<intermediateCatchEvent id="c"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>`, message, // covers MSG-11
			`<collaboration id="co"><participant id="pt" processRef="p"/><participant id="other"/><messageFlow id="mf" sourceRef="c" targetRef="other"/></collaboration>`)},
	} {
		t.Run(c.rule, func(t *testing.T) {
			r := Import([]byte(c.text), Options{})
			for _, f := range r.Findings {
				if f.Rule == c.rule && f.Severity == graph.Error && (f.ID == c.element) {
					if f.Message == "" || f.Remedy == "" || f.Line == 0 || f.Element == "" {
						t.Errorf("incomplete finding %+v", f)
					}
					if !r.Refused() {
						t.Error("not refused")
					}
					return
				}
			}
			t.Errorf("no refusal %s of %q in %v", c.rule, c.element, r.Findings)
		})
	}
}

// TestTolerated imports what other tools write loosely: it is taken with a warning.
func TestTolerated(t *testing.T) {
	for _, c := range []struct{ rule, text string }{
		{"not_executable", strings.Replace(file(start), `isExecutable="true"`, "", 1)}, // covers SEQ-17
		{"flow_lists", file(start + `<task id="A"><incoming>gone</incoming></task>` + way("S", "A"))},
		{"gateway_direction", file(start + `<exclusiveGateway id="A" gatewayDirection="Converging"/>` + way("S", "A"))},
		{"gateway_useless", file(start + `<exclusiveGateway id="G"/><task id="A"/>` + way("S", "G", "A"))},
		{"parallel_condition", file(start + `<parallelGateway id="G"/><task id="A"/><sequenceFlow id="f" sourceRef="G" targetRef="A"><conditionExpression>x</conditionExpression></sequenceFlow>` + way("S", "G"))},                                            // covers AND-09
		{"plain_flow", file(start + `<exclusiveGateway id="G"/><task id="A"/><sequenceFlow id="f" sourceRef="G" targetRef="A"><conditionExpression>x</conditionExpression></sequenceFlow><sequenceFlow id="g" sourceRef="G" targetRef="A"/>` + way("S", "G"))}, // covers XOR-08
		{"unconnected", file(start + `<task id="A"/>`)},
		{"link_without_throw", file(start + `<intermediateCatchEvent id="c"><linkEventDefinition name="L"/></intermediateCatchEvent>`)},         // covers LNK-03
		{"compensation_without_handler", file(hostOf + `<boundaryEvent id="b" attachedToRef="A"><compensateEventDefinition/></boundaryEvent>`)}, // covers CMP-17
		{"empty_adhoc", file(`<adHocSubProcess id="A"/>`)},                   // covers SUB-03
		{"several_starts", file(`<startEvent id="S"/><startEvent id="T"/>`)}, // covers SEQ-14
		{"event_gateway_same", file(start+`<eventBasedGateway id="G"/><receiveTask id="R" messageRef="m"/><receiveTask id="Q" messageRef="m"/>`+way("S", "G", "R")+way("G", "Q"), message)}, // covers EBG-05
		{"unknown_service", file(`<serviceTask id="A"/>`)},
	} {
		t.Run(c.rule, func(t *testing.T) {
			r := Import([]byte(c.text), Options{})
			if r.Refused() || !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Rule == c.rule && f.Severity == graph.Warning }) {
				t.Errorf("refused %v: %v", r.Refused(), r.Findings)
			}
		})
	}
}

// one imports a file of one process.
func one(t *testing.T, text string) *graph.Definition {
	t.Helper()
	return read(t, []byte(text))[0]
}

func nodeOf(t *testing.T, nodes []graph.NodeDefinition, id string) *graph.NodeDefinition {
	t.Helper()
	for i := range nodes {
		if nodes[i].ID == id {
			return &nodes[i]
		}
	}
	t.Fatalf("no node %s in %s", id, pretty(t, nodes))
	return nil
}

// covers LNK-01 LNK-02: a link is a way like any other, also for several throws.
func TestLinksBecomeFlows(t *testing.T) {
	def := one(t, file(start+`<intermediateThrowEvent id="t"><linkEventDefinition name="L"/></intermediateThrowEvent>`+
		`<intermediateThrowEvent id="u" name="L"><linkEventDefinition/></intermediateThrowEvent>`+
		`<intermediateCatchEvent id="c"><linkEventDefinition name="L"/></intermediateCatchEvent><task id="A"/>`+way("S", "t")+way("S", "u")+way("c", "A")))
	for _, from := range []string{"t", "u"} {
		if !slices.ContainsFunc(def.Flows, func(f graph.Flow) bool { return f.From == from && f.To == "c" }) {
			t.Errorf("no flow from %s: %s", from, pretty(t, def.Flows))
		}
		if n := nodeOf(t, def.Nodes, from); n.Kind != "throwEvent" || n.Effect != nil {
			t.Errorf("%s is %+v", from, n)
		}
	}
	if n := nodeOf(t, def.Nodes, "c"); n.Kind != "throwEvent" || n.Trigger != nil {
		t.Errorf("the catch is %+v", n)
	}
}

// covers REF-01: a definition at the root is the same as one inside the event.
func TestReferencedDefinitions(t *testing.T) {
	def := one(t, file(`<intermediateCatchEvent id="c"><eventDefinitionRef>rt</eventDefinitionRef></intermediateCatchEvent>`,
		`<timerEventDefinition id="rt"><timeDuration>PT9S</timeDuration></timerEventDefinition>`))
	if tr := nodeOf(t, def.Nodes, "c").Trigger; tr == nil || tr.Timer == nil || string(tr.Timer.After) != `"PT9S"` {
		t.Errorf("trigger %+v", tr)
	}
}

// covers POOL-01 POOL-02 MSG-10: lanes, pools and message flows between pools change nothing and come back.
func TestPoolsAndLanesAreKept(t *testing.T) {
	text := file(`<laneSet id="ls"><lane id="l" name="Sales"><flowNodeRef>S</flowNodeRef></lane></laneSet>`+start+hostOf+way("S", "A"),
		`<collaboration id="c"><participant id="pt" name="Us" processRef="p"/><participant id="them" name="Them"/><messageFlow id="mf" sourceRef="A" targetRef="them"/></collaboration>`)
	def := one(t, text)
	plain := one(t, file(start+hostOf+way("S", "A")))
	if pretty(t, def.Nodes) != pretty(t, plain.Nodes) || pretty(t, def.Flows) != pretty(t, plain.Flows) {
		t.Error("pools or lanes changed the process")
	}
	out, err := Export(def)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<lane id="l" name="Sales">`, `<flowNodeRef>S</flowNodeRef>`, `<participant id="them" name="Them"/>`, `<messageFlow id="mf"`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%s did not come back:\n%s", want, out)
		}
	}
}

// covers EBG-06: an event gateway that begins the process is one start event for each of its events.
func TestStartingGateway(t *testing.T) {
	text := file(`<eventBasedGateway id="G" instantiate="true"/><intermediateCatchEvent id="c"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>`+
		`<intermediateCatchEvent id="d"><signalEventDefinition signalRef="s"/></intermediateCatchEvent><task id="A"/>`+way("G", "c", "A")+way("G", "d", "A"), message, signal)
	def := one(t, text)
	for _, id := range []string{"c", "d"} {
		if n := nodeOf(t, def.Nodes, id); n.Kind != "startEvent" || n.Trigger == nil {
			t.Errorf("%s is %+v", id, n)
		}
	}
	if len(def.Nodes) != 3 {
		t.Errorf("nodes %s", pretty(t, def.Nodes))
	}
	out, err := Export(def)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), `<eventBasedGateway id="G" instantiate="true"`) {
		t.Errorf("the gateway did not come back:\n%s", out)
	}
}

// covers XOR-02: the gateway's outgoing list orders its conditions.
func TestOutgoingOrder(t *testing.T) {
	def := one(t, file(start+`<exclusiveGateway id="G"><outgoing>f2</outgoing><outgoing>f1</outgoing></exclusiveGateway><task id="A"/>`+way("S", "G")+
		`<sequenceFlow id="f1" sourceRef="G" targetRef="A"><conditionExpression>x</conditionExpression></sequenceFlow>`+
		`<sequenceFlow id="f2" sourceRef="G" targetRef="A"><conditionExpression>y</conditionExpression></sequenceFlow>`))
	for _, f := range def.Flows {
		if f.ID == "f1" && f.Order != 2 || f.ID == "f2" && f.Order != 1 {
			t.Errorf("flow %+v", f)
		}
	}
}

// covers SEQ-17: without isExecutable a process is a drawing.
func TestDrawing(t *testing.T) {
	def := one(t, strings.Replace(file(start), `isExecutable="true"`, "", 1))
	if g, findings := graph.Compile(def, graph.Options{}); g == nil || !g.Drawing {
		t.Errorf("not a drawing: %v", findings)
	}
	r := Import([]byte(strings.Replace(file(start), `isExecutable="true"`, "", 1)), Options{Runnable: true})
	if r.Definitions[0].Executable != nil {
		t.Error("the option does not make it runnable")
	}
}

// TestRobotOption maps services to robots and people.
func TestRobotOption(t *testing.T) {
	text := file(`<serviceTask id="A" camunda:topic="pay"/><serviceTask id="B" camunda:class="org.x.Y"/><scriptTask id="C" scriptFormat="groovy"><script>print 1</script></scriptTask>`)
	r := Import([]byte(text), Options{Robots: map[string]string{"pay": "webhook.call", "*": UserTask}})
	if r.Refused() {
		t.Fatal(r.Findings)
	}
	nodes := r.Definitions[0].Nodes
	if a, b, c := nodeOf(t, nodes, "A"), nodeOf(t, nodes, "B"), nodeOf(t, nodes, "C"); a.Robot != "webhook.call" || b.Kind != "userTask" || c.Kind != "userTask" {
		t.Errorf("nodes %s", pretty(t, nodes))
	}
}

// covers CALL-02: a global task of the file becomes a task of the caller.
func TestGlobalTasks(t *testing.T) {
	def := one(t, file(`<callActivity id="A" calledElement="g"/><callActivity id="B" calledElement="h"/>`,
		`<globalScriptTask id="g" scriptLanguage="feel"><script>n = 1 + 1</script></globalScriptTask><globalUserTask id="h"/>`))
	if a, b := nodeOf(t, def.Nodes, "A"), nodeOf(t, def.Nodes, "B"); a.Kind != "setVariables" || !strings.Contains(string(a.Config), `"1 + 1"`) || b.Kind != "userTask" {
		t.Errorf("nodes %s", pretty(t, def.Nodes))
	}
}

// covers SEQ-16 DATA-02: artifacts and data stores have no effect, a data object is a variable.
func TestArtifacts(t *testing.T) {
	plain := one(t, file(start+hostOf+way("S", "A")))
	def := one(t, file(start+hostOf+way("S", "A")+`<dataStoreReference id="ds"/><dataObject id="o" name="paper"/><group id="g"/>`+
		`<textAnnotation id="n"><text>Look</text></textAnnotation><association id="as" sourceRef="A" targetRef="n"/>`))
	if pretty(t, def.Nodes) != pretty(t, plain.Nodes) || pretty(t, def.Flows) != pretty(t, plain.Flows) {
		t.Error("artifacts changed the process")
	}
	if len(def.Notes) != 1 || def.Notes[0].Node != "A" || len(def.Variables) != 1 || def.Variables[0].Name != "paper" {
		t.Errorf("notes %+v, variables %+v", def.Notes, def.Variables)
	}
}

// What an editor would refuse to save again does not come in, wherever it is written.
func TestIllegibleCharactersAreTakenOut(t *testing.T) {
	def := one(t, file(`<documentation>Twice&#x2066; a&#x85;month</documentation><startEvent id="s"/><userTask id="u" name="A&#x202A;sk&#x9b;me"/><endEvent id="e" name="&#x2069;Done"/>`+way("s", "u", "e")))
	text, err := json.Marshal(def)
	if err != nil {
		t.Fatal(err)
	}
	if found := strings.IndexAny(string(text), "\u2066\u0085\u202a\u009b\u2069"); found >= 0 {
		t.Errorf("still illegible: %q", text[found:])
	}
	if name := nodeOf(t, def.Nodes, "u").Name; name != "Ask me" {
		t.Errorf("the task is called %q", name)
	}
}
