import type { NodeState, NodeStatus, RunSummary } from '@/api/types';
import type { NodeRunState, RunSnapshot } from '@/canvas/lazy';
import { visitTimes } from '@/lib/visitTimes';
import type { Status } from '@/theme/status';
import type { Counts, Incident, RunPicture } from './queries';

const looks: Record<NodeStatus, Status> = {
  idle: 'idle',
  running: 'running',
  waiting: 'waitingPerson',
  timer: 'waitingTimer',
  done: 'done',
  incident: 'failed',
  canceled: 'canceled',
};

export const nodeLook = (status: NodeStatus): Status => looks[status];

export function runLook(run: Pick<RunSummary, 'status' | 'incidents'>): Status {
  if (run.incidents > 0 || run.status === 'failed' || run.status === 'quarantined') return 'failed';
  if (run.status === 'completed') return 'done';
  if (run.status === 'canceled') return 'canceled';
  return 'running';
}

function overlay(
  state: NodeState,
  incidents: readonly Pick<Incident, 'id' | 'message'>[],
  byHand: string | undefined,
  live: boolean,
): NodeRunState {
  return {
    status: looks[state.status],
    person: state.people?.map((person) => person.name).join(', ') || undefined,
    since: state.since ?? undefined,
    ...visitTimes(state, live),
    tokens: state.tokens || undefined,
    incidents: state.status === 'incident' ? 1 : undefined,
    incident: incidents.find(({ id }) => id === state.incident)?.message,
    byHand,
  };
}

/**
 * The picture of one run as the canvas draws it; why a node stands still is told by the open incidents. Durations grow
 * unless a past moment is looked at.
 */
export function snapshotOf(
  picture: RunPicture,
  incidents: readonly Pick<Incident, 'id' | 'message'>[] = [],
  hands: ReadonlyMap<string, string> = new Map(),
  past = false,
): RunSnapshot {
  const nodes: Record<string, NodeRunState> = {};
  const live = !past && picture.status === 'active';
  for (const [id, state] of Object.entries(picture.nodeStates)) {
    if (state.status !== 'idle') nodes[id] = overlay(state, incidents, hands.get(id), live);
  }
  for (const [id, byHand] of hands) nodes[id] ??= { status: 'idle', byHand };
  return { nodes, flows: picture.flowsTaken };
}

/** All runs of a version as counts per node. */
export function snapshotOfCounts(counts: Counts): RunSnapshot {
  const nodes: Record<string, NodeRunState> = {};
  for (const [id, { active, incidents }] of Object.entries(counts.nodes)) {
    if (active > 0 || incidents > 0) {
      nodes[id] = {
        status: incidents > 0 ? 'failed' : 'running',
        tokens: active || undefined,
        incidents: incidents || undefined,
      };
    }
  }
  return { nodes };
}
