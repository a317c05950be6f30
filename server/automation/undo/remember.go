package undo

import (
	"context"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/definition"
)

// pageOfHistory is how many lines of a history are read at once.
const pageOfHistory = 500

// remembered adds what the rule has done in a run and is kept in its history only:
// effects and tasks that were closed so long ago that they went.
func (w *work) remembered(ctx context.Context, r store.Run, effects []store.Effect, tasks []store.Task) ([]store.Effect, []store.Task, error) {
	started := map[core.WaitID]core.Record{}
	var nodes map[string]definition.Placed
	for from := int64(1); ; from += pageOfHistory {
		lines, err := w.Store.Records(ctx, r.ID, from, pageOfHistory)
		if err != nil {
			return nil, nil, fmt.Errorf("history of run %s: %w", r.ID, err)
		}
		for _, l := range lines {
			if !w.rule.whole() && string(l.Node) != w.rule.Robot {
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
				if nodes == nil {
					if nodes, err = w.nodesOf(ctx, r); err != nil {
						return nil, nil, err
					}
				}
				effects = append(effects, remembered(r, nodes[string(l.Node)].NodeDefinition, begun, l))
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

// nodesOf are the steps in the version of the process that a run follows.
func (w *work) nodesOf(ctx context.Context, r store.Run) (map[string]definition.Placed, error) {
	process, err := w.Versions.Process(ctx, r.DefinitionKey, r.Version)
	if err != nil {
		return nil, err
	}
	nodes, err := definition.Nodes(process)
	if err != nil {
		return nil, fmt.Errorf("read version %d of %s: %w", r.Version, r.DefinitionKey, err)
	}
	return nodes, nil
}
