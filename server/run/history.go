package run

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Line is one record of a run for people.
type Line struct {
	Seq       int64            `json:"seq"`
	At        docstore.Instant `json:"at"`
	Kind      core.RecordKind  `json:"kind"`
	Node      string           `json:"node,omitempty"`
	NodeName  string           `json:"nodeName,omitempty"`
	Flow      string           `json:"flow,omitempty"`
	Wait      string           `json:"wait,omitempty"`
	Actor     string           `json:"actor,omitempty"`
	ActorName string           `json:"actorName,omitempty"`
	Body      map[string]any   `json:"body,omitempty"`
	Text      string           `json:"text"`
}

// History reads records from a number on, in words of a language.
func (s *Service) History(ctx context.Context, id string, from int64, limit int, language string) ([]Line, error) {
	r, err := s.load(ctx, id)
	if err != nil {
		return nil, err
	}
	records, err := s.Store.Records(ctx, r.ID, from, limit)
	if err != nil {
		return nil, fmt.Errorf("records of run %s: %w", id, err)
	}
	process, err := s.Definitions.Process(ctx, r.DefinitionKey, r.Version)
	if err != nil {
		return nil, err
	}
	return s.Lines(ctx, process, records, language)
}

// Lines puts records into words.
func (s *Service) Lines(ctx context.Context, process json.RawMessage, records []core.Record, language string) ([]Line, error) {
	nodes, err := nodeNames(process)
	if err != nil {
		return nil, err
	}
	actors := make([]string, 0, len(records))
	for _, rec := range records {
		if rec.Actor != "" {
			actors = append(actors, rec.Actor)
		}
	}
	people, err := s.People.Names(ctx, actors)
	if err != nil {
		return nil, err
	}
	out := make([]Line, 0, len(records))
	for _, rec := range records {
		name := nodes[string(rec.Node)]
		out = append(out, Line{Seq: rec.Seq, At: instant(rec.At), Kind: rec.Kind, Node: string(rec.Node), NodeName: name, Flow: string(rec.Flow),
			Wait: string(rec.Wait), Actor: rec.Actor, ActorName: people[rec.Actor], Body: rec.Body, Text: words(rec, name, people[rec.Actor], language)})
	}
	return out, nil
}

// NodeNames maps node ids to what people call them.
func nodeNames(process json.RawMessage) (map[string]string, error) {
	def, err := graph.Parse(process)
	if err != nil {
		return nil, fmt.Errorf("names of nodes: %w", err)
	}
	out := map[string]string{}
	var walk func([]graph.NodeDefinition)
	walk = func(nodes []graph.NodeDefinition) {
		for _, n := range nodes {
			out[n.ID] = n.Name
			if n.Name == "" {
				out[n.ID] = n.ID
			}
			walk(n.Nodes)
		}
	}
	walk(def.Nodes)
	return out, nil
}

// Sentences per record kind in en, pl, pt-BR, ru; {node}, {actor} and members of
// the record's body by name.
var sentences = map[core.RecordKind][4]string{
	core.RecordRunStarted:       {"The run started", "Przebieg się rozpoczął", "A execução começou", "Процесс начался"},
	core.RecordNodeEntered:      {"{node}: entered", "{node}: wejście", "{node}: entrada", "{node}: вход"},
	core.RecordNodeLeft:         {"{node}: done", "{node}: zakończono", "{node}: concluído", "{node}: выполнено"},
	core.RecordNodeCanceled:     {"{node}: canceled", "{node}: anulowano", "{node}: cancelado", "{node}: отменено"},
	core.RecordTokenParked:      {"{node}: waits for the other branches", "{node}: czeka na pozostałe gałęzie", "{node}: aguarda os outros ramos", "{node}: ждёт остальные ветви"},
	core.RecordTokenConsumed:    {"{node}: branch joined", "{node}: gałąź dołączyła", "{node}: ramo unido", "{node}: ветвь присоединилась"},
	core.RecordTaskOpened:       {"{node}: task opened", "{node}: otwarto zadanie", "{node}: tarefa aberta", "{node}: открыта задача"},
	core.RecordTaskCompleted:    {"{node}: completed by {actor} {outcome}", "{node}: wykonane przez {actor} {outcome}", "{node}: concluída por {actor} {outcome}", "{node}: выполнено, {actor} {outcome}"},
	core.RecordTimerScheduled:   {"{node}: timer set", "{node}: ustawiono licznik czasu", "{node}: temporizador definido", "{node}: таймер запущен"},
	core.RecordTimerFired:       {"{node}: time is up", "{node}: czas minął", "{node}: o tempo acabou", "{node}: время вышло"},
	core.RecordMessageAwaited:   {"{node}: waits for a message", "{node}: czeka na komunikat", "{node}: aguarda uma mensagem", "{node}: ждёт сообщения"},
	core.RecordMessageArrived:   {"{node}: message arrived", "{node}: nadszedł komunikat", "{node}: a mensagem chegou", "{node}: сообщение пришло"},
	core.RecordEffectStarted:    {"{node}: started", "{node}: rozpoczęto", "{node}: iniciado", "{node}: запущено"},
	core.RecordEffectCompleted:  {"{node}: finished", "{node}: ukończono", "{node}: terminado", "{node}: завершено"},
	core.RecordEffectLate:       {"{node}: a late result was ignored", "{node}: spóźniony wynik pominięto", "{node}: um resultado tardio foi ignorado", "{node}: поздний результат пропущен"},
	core.RecordChildStarted:     {"{node}: another process was called", "{node}: wywołano inny proces", "{node}: outro processo foi chamado", "{node}: вызван другой процесс"},
	core.RecordChildCompleted:   {"{node}: the called process has ended. {code}", "{node}: wywołany proces się zakończył. {code}", "{node}: o processo chamado terminou. {code}", "{node}: вызванный процесс завершился. {code}"},
	core.RecordVariablesChanged: {"Variables changed {actor}", "Zmieniono zmienne {actor}", "Variáveis alteradas {actor}", "Переменные изменены {actor}"},
	core.RecordConditionChosen:  {"{node}: way chosen", "{node}: wybrano drogę", "{node}: caminho escolhido", "{node}: выбран путь"},
	core.RecordIncidentRaised:   {"{node}: incident. {message}", "{node}: incydent. {message}", "{node}: incidente. {message}", "{node}: сбой. {message}"},
	core.RecordIncidentResolved: {"{node}: incident resolved {actor}", "{node}: incydent rozwiązany {actor}", "{node}: incidente resolvido {actor}", "{node}: сбой устранён {actor}"},
	core.RecordEventIgnored:     {"{node}: an event came too late and was ignored", "{node}: zdarzenie przyszło za późno i zostało pominięte", "{node}: um evento chegou tarde e foi ignorado", "{node}: событие опоздало и пропущено"},
	core.RecordScopeStarted:     {"{node}: begun {pass}", "{node}: rozpoczęto {pass}", "{node}: iniciado {pass}", "{node}: начато {pass}"},
	core.RecordScopeCompleted:   {"{node}: completed", "{node}: ukończono", "{node}: completo", "{node}: завершено"},
	core.RecordScopeCanceled:    {"{node}: branch canceled", "{node}: gałąź anulowana", "{node}: ramo cancelado", "{node}: ветвь отменена"},
	core.RecordTokenMoved:       {"{node}: moved by {actor}", "{node}: przeniesione przez {actor}", "{node}: movido por {actor}", "{node}: перемещено, {actor}"},
	core.RecordJoinForced:       {"{node}: let on by {actor}", "{node}: puszczone dalej przez {actor}", "{node}: liberado por {actor}", "{node}: пропущено дальше, {actor}"},
	core.RecordRunSuspended:     {"Suspended by {actor}", "Wstrzymane przez {actor}", "Suspensa por {actor}", "Приостановлено, {actor}"},
	core.RecordRunResumed:       {"Resumed by {actor}", "Wznowione przez {actor}", "Retomada por {actor}", "Возобновлено, {actor}"},
	core.RecordRunMigrated:      {"Moved to another version by {actor}", "Przeniesione do innej wersji przez {actor}", "Movida para outra versão por {actor}", "Перенесено на другую версию, {actor}"},
	core.RecordRunCompleted:     {"The run completed", "Przebieg zakończony", "A execução foi concluída", "Процесс завершён"},
	core.RecordRunCanceled:      {"The run was canceled {actor}", "Przebieg anulowano {actor}", "A execução foi cancelada {actor}", "Процесс отменён {actor}"},
	core.RecordRunFailed:        {"The run failed. {message}", "Przebieg nie powiódł się. {message}", "A execução falhou. {message}", "Процесс завершился ошибкой. {message}"},
}

func words(r core.Record, node, actor, language string) string {
	texts, ok := sentences[r.Kind]
	if !ok {
		return string(r.Kind)
	}
	text := texts[0]
	switch language {
	case "pl":
		text = texts[1]
	case "pt-BR":
		text = texts[2]
	case "ru":
		text = texts[3]
	}
	member := func(name string) string {
		v, _ := r.Body[name].(string)
		return v
	}
	outcome := member("outcome")
	if outcome != "" {
		outcome = "(" + outcome + ")"
	}
	pass := ""
	if number, ok := r.Body["loopCounter"]; ok {
		pass = fmt.Sprintf("(%v)", number)
	}
	text = strings.NewReplacer("{pass}", pass, "{code}", member("code"), "{node}", node, "{actor}", actor, "{outcome}", outcome, "{message}", member("message")).Replace(text)
	return strings.TrimSpace(text)
}
