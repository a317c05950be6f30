package status

import (
	"encoding/json"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// Why somebody cannot press a button now.
const (
	becauseNotAllowed = "notAllowed"
	becauseCondition  = "condition"
	becauseUnreadable = "unreadable" // the condition cannot be evaluated
	becauseBusy       = "busy"       // a handler is at work
	becauseIncident   = "incident"   // a step of a handler is stuck
	becauseHeld       = "held"       // an operator holds the process
	becauseGone       = "gone"       // the process has gone on meanwhile
)

// reasons in the languages of the product.
var reasons = map[string]map[string]string{
	"en": {
		becauseNotAllowed: "you are not among those who may give this command", becauseCondition: "its condition does not hold", becauseUnreadable: "its condition cannot be evaluated",
		becauseBusy: "a step is under way; commands wait for its end", becauseIncident: "a step is stuck and needs an operator", becauseHeld: "an operator holds the process",
		becauseGone: "the process has gone on meanwhile",
	},
	"pt-BR": {
		becauseNotAllowed: "você não está entre os que podem dar este comando", becauseCondition: "sua condição não vale", becauseUnreadable: "sua condição não pode ser avaliada",
		becauseBusy: "um passo está em andamento; os comandos esperam o fim dele", becauseIncident: "um passo travou e precisa de um operador", becauseHeld: "um operador suspendeu o processo",
		becauseGone: "o processo já seguiu adiante",
	},
	"pl": {
		becauseNotAllowed: "nie należysz do osób, które mogą wydać to polecenie", becauseCondition: "jego warunek nie zachodzi", becauseUnreadable: "jego warunku nie da się obliczyć",
		becauseBusy: "trwa krok; polecenia czekają na jego koniec", becauseIncident: "krok utknął i wymaga operatora", becauseHeld: "operator wstrzymał proces",
		becauseGone: "proces poszedł już dalej",
	},
	"ru": {
		becauseNotAllowed: "вы не входите в число тех, кто может дать эту команду", becauseCondition: "её условие не выполнено", becauseUnreadable: "её условие нельзя вычислить",
		becauseBusy: "выполняется шаг; команды ждут его окончания", becauseIncident: "шаг застрял, нужен оператор", becauseHeld: "оператор приостановил процесс",
		becauseGone: "процесс уже пошёл дальше",
	},
}

func reasonIn(language, because string) string {
	words, ok := reasons[language]
	if !ok {
		words = reasons["en"]
	}
	return words[because]
}

// named notes the names of all nodes of a process.
func named(process json.RawMessage, names map[string]string) {
	def, err := graph.Parse(process)
	if err != nil {
		return // it is shown with its ids
	}
	var walk func(nodes []graph.NodeDefinition)
	walk = func(nodes []graph.NodeDefinition) {
		for _, n := range nodes {
			names[n.ID] = n.Name
			walk(n.Nodes)
		}
	}
	walk(def.Nodes)
}
