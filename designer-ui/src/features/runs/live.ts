import type { NodeState } from '@/api/types';
import type { Incident, Run, RunRecord, Wait } from './queries';

/** What the stream of a run's page tells: how the run stands, or what is new in that; and what the history adds. */
export type RunTold =
  | ({
      kind: 'picture';
      /** Nothing of what was shown before stays. */
      whole?: boolean;
      /** The steps that changed; null: gone. */
      nodeStates?: Record<string, NodeState | null>;
      flowsTaken?: Record<string, number | null>;
      waits?: Wait[];
      incidents?: Incident[];
      variables?: Record<string, unknown>;
    } & Pick<Run, 'seq' | 'status' | 'suspended' | 'version' | 'updatedAt' | 'endedAt' | 'problem'>)
  | { kind: 'lines'; items: RunRecord[] };

export type PictureTold = Extract<RunTold, { kind: 'picture' }>;

/** What changes on the page while the run goes on, added up from what was told. */
export type RunLive = Pick<
  Run,
  | 'seq'
  | 'status'
  | 'suspended'
  | 'version'
  | 'updatedAt'
  | 'endedAt'
  | 'problem'
  | 'nodeStates'
  | 'flowsTaken'
  | 'waits'
  | 'incidents'
  | 'openIncidents'
  | 'variables'
>;

function patched<V>(
  old: Readonly<Record<string, V>>,
  changes: Readonly<Record<string, V | null>> | undefined,
): Record<string, V> {
  const next = { ...old };
  for (const [id, value] of Object.entries(changes ?? {})) {
    if (value === null) delete next[id];
    else next[id] = value;
  }
  return next;
}

/** Adds what was told; undefined while the whole of it was never told. */
export function added(old: RunLive | undefined, told: PictureTold): RunLive | undefined {
  const { kind: _kind, whole, nodeStates, flowsTaken, incidents, ...rest } = told;
  const base = whole ? undefined : old;
  if (!base && !whole) return undefined;
  return {
    waits: [],
    variables: {},
    ...base,
    ...rest,
    nodeStates: patched(base?.nodeStates ?? {}, nodeStates),
    flowsTaken: patched(base?.flowsTaken ?? {}, flowsTaken),
    openIncidents: incidents ?? base?.openIncidents ?? [],
    incidents: incidents?.length ?? base?.incidents ?? 0,
  };
}

/** Things that the stream does not tell, and that come with these records: the run is asked for again soon. */
const bringsMore = new Set([
  'runMigrated',
  'runCompleted',
  'runCanceled',
  'runFailed',
  'childStarted',
  'childCompleted',
  'effectCompleted',
]);

/** What an operator does at a step: the badges of the diagram are read anew. */
const handKinds = new Set([
  'tokenMoved',
  'joinForced',
  'nodeCanceled',
  'variablesChanged',
  'incidentResolved',
]);

export const asksForMore = (records: readonly RunRecord[]): boolean =>
  records.some(({ kind }) => bringsMore.has(kind));

export const showsHands = (records: readonly RunRecord[]): boolean =>
  records.some(({ kind, node, actor }) => node && actor && handKinds.has(kind));
