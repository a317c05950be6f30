package undo

import (
	"context"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/store"
)

// pageOfHistory is how many lines of a history are read at once.
const pageOfHistory = 500

// remembered adds what the robot has done in a run and is kept in its history only:
// effects and tasks that were closed so long ago that they went.
func (w *work) remembered(ctx context.Context, r store.Run, effects []store.Effect, tasks []store.Task) ([]store.Effect, []store.Task, error) {
	started := map[core.WaitID]core.Record{}
	var node graph.NodeDefinition
	for from := int64(1); ; from += pageOfHistory {
		lines, err := w.Store.Records(ctx, r.ID, from, pageOfHistory)
		if err != nil {
			return nil, nil, fmt.Errorf("history of run %s: %w", r.ID, err)
		}
		for _, l := range lines {
			if string(l.Node) != w.rule.Robot {
				continue
			}
			switch l.Kind {
			case core.RecordEffectStarted, core.RecordTaskOpened:
				if _, again := started[l.Wait]; !again {
					started[l.Wait] = l
				}
			case core.RecordEffectCompleted:
				begun, is := started[l.Wait]
				if !is || slices.ContainsFunc(effects, func(e store.Effect) bool { return e.Wait == l.Wait }) {
					continue
				}
				if node.ID == "" {
					if node, err = w.nodeOf(ctx, r); err != nil {
						return nil, nil, err
					}
				}
				effects = append(effects, remembered(r, node, begun, l))
			case core.RecordTaskCompleted:
				if !slices.ContainsFunc(tasks, func(t store.Task) bool { return t.ID == string(l.Wait) }) {
					tasks = append(tasks, store.Task{ID: string(l.Wait), RunID: r.ID, Node: l.Node, Status: store.TaskCompleted, OpenedAt: started[l.Wait].At})
				}
			}
		}
		if len(lines) < pageOfHistory {
			return effects, tasks, nil
		}
	}
}

// remembered is an effect as a history tells it: settings are those of the process,
// not yet resolved.
func remembered(r store.Run, node graph.NodeDefinition, begun, ended core.Record) store.Effect {
	e := store.Effect{RunID: r.ID, Wait: ended.Wait, DefinitionKey: r.DefinitionKey, Version: r.Version, Node: ended.Node, NodeName: node.Name, Robot: node.Robot,
		Config: node.Config, CreatedAt: begun.At, Status: store.EffectFinished, Result: &core.EffectBody{}}
	if robot, is := begun.Body["robot"].(string); is {
		e.Robot = robot
	}
	if result, is := ended.Body["result"].(map[string]any); is {
		e.Result.Result = result
	}
	return e
}

// nodeOf is the robot in the version of the process that a run follows.
func (w *work) nodeOf(ctx context.Context, r store.Run) (graph.NodeDefinition, error) {
	process, err := w.Versions.Process(ctx, r.DefinitionKey, r.Version)
	if err != nil {
		return graph.NodeDefinition{}, err
	}
	def, err := graph.Parse(process)
	if err != nil {
		return graph.NodeDefinition{}, fmt.Errorf("read version %d of %s: %w", r.Version, r.DefinitionKey, err)
	}
	at := slices.IndexFunc(def.Nodes, func(n graph.NodeDefinition) bool { return n.ID == w.rule.Robot })
	if at < 0 {
		return graph.NodeDefinition{ID: w.rule.Robot}, nil
	}
	return def.Nodes[at], nil
}
