import type * as gen from '@/api/schema.gen';
import { indexOf } from '@/lib/process/document';
import type { KindTable } from '@/lib/process/kinds';
import { fingerprintOf, isStale, MOST_BYTES, type Pin, pinsOf } from '@/lib/process/pins';
import type { ProcessDocument } from '@/lib/process/types';
import { positive, type Reply, sampleAnswer, sampleResult, type Values } from './scenario';

/** What a step brought in a real run, with the fingerprint that the step had then. */
export interface Recorded {
  readonly run: string;
  readonly node: string;
  readonly at: string;
  readonly outcome?: string;
  readonly port?: string;
  readonly result?: Values;
  readonly variables?: Values;
  readonly error?: string;
  readonly hidden: readonly string[];
  readonly of: string | undefined;
}

/** Results of real runs, of each step in their order. */
export interface Recording {
  /** Whose they are, for people. */
  readonly title: string;
  readonly answers: ReadonlyMap<string, readonly Recorded[]>;
}

export type Source = 'pin' | 'run' | 'sample';

/** The answers of real runs by step; `versions` are the documents that those runs followed. */
export function recordingOf(
  title: string,
  answers: readonly gen.RunAnswer[],
  versions: ReadonlyMap<number, ProcessDocument>,
): Recording {
  const byNode = new Map<string, Recorded[]>();
  for (const answer of answers) {
    const process = versions.get(answer.version);
    const then = process && indexOf(process).nodes.get(answer.node);
    const { run, node, at, outcome, port, result, variables, error, hidden } = answer;
    const one: Recorded = {
      run,
      node,
      at: at ?? '',
      ...(outcome ? { outcome } : {}),
      ...(port ? { port } : {}),
      ...(result ? { result } : {}),
      ...(variables ? { variables } : {}),
      ...(error ? { error } : {}),
      hidden: hidden ?? [],
      of: then && fingerprintOf(then),
    };
    byNode.set(node, [...(byNode.get(node) ?? []), one]);
  }
  return { title, answers: byNode };
}

/** The reply that a pin or a recorded result stands for. */
export function replyOf(data: Pin | Recorded): Partial<Reply> {
  const { outcome, port, result, variables, error } = data;
  if (error) return { error };
  return {
    ...(outcome ? { outcome } : {}),
    ...(port ? { port } : {}),
    ...(result && Object.keys(result).length > 0 ? { result } : {}),
    ...(variables && Object.keys(variables).length > 0 ? { variables } : {}),
  };
}

/** A reply as test data of its node. */
export function pinOf(document: ProcessDocument, id: string, reply: Partial<Reply>): Pin {
  const node = indexOf(document).nodes.get(id);
  const { outcome, port, result, variables, error } = reply;
  return {
    ...(outcome ? { outcome } : {}),
    ...(port ? { port } : {}),
    ...(result ? { result } : {}),
    ...(variables ? { variables } : {}),
    ...(error ? { error } : {}),
    ...(node ? { of: fingerprintOf(node) } : {}),
  };
}

/**
 * What a step answers by itself: its pinned data, else what was recorded of its nth visit, else something made up by its
 * types.
 */
export function answerOf(
  document: ProcessDocument,
  kinds: KindTable,
  id: string,
  visit: number,
  from: { readonly pins: boolean; readonly recorded?: Recording | undefined },
): { readonly reply: Partial<Reply>; readonly source: Source } {
  const pin = from.pins ? pinsOf(document)[id] : undefined;
  if (pin) return { reply: replyOf(pin), source: 'pin' };
  const list = from.recorded?.answers.get(id);
  const recorded = list?.[Math.min(visit, list.length - 1)];
  if (recorded) return { reply: replyOf(recorded), source: 'run' };
  return { reply: sampleAnswer(document, kinds, id), source: 'sample' };
}

/** Steps whose recorded results were made before they were changed. */
export function staleIn(document: ProcessDocument, recorded: Recording | undefined): Set<string> {
  const stale = new Set<string>();
  const { nodes } = indexOf(document);
  for (const [id, list] of recorded?.answers ?? []) {
    const node = nodes.get(id);
    if (node && list.some(({ of }) => isStale(node, of))) stale.add(id);
  }
  return stale;
}

/** The latest answers of a recording as test data. */
export function pinsIn(document: ProcessDocument, recorded: Recording): Record<string, Pin> {
  const pins: Record<string, Pin> = {};
  const { nodes } = indexOf(document);
  for (const [id, list] of recorded.answers) {
    const last = list.at(-1);
    if (!last || !nodes.has(id)) continue;
    const { node: _, hidden: _hidden, of, ...rest } = last;
    pins[id] = { ...rest, ...(of ? { of } : {}) };
  }
  return pins;
}

/** Test data to begin with, where nothing was played or recorded yet. */
export function samplePin(document: ProcessDocument, kinds: KindTable, id: string): Pin {
  const node = indexOf(document).nodes.get(id);
  if (!node) return {};
  if (node.kind === 'robot') return pinOf(document, id, sampleAnswer(document, kinds, id));
  const outcome = node.kind === 'requestInformation' ? undefined : positive(node);
  const result = sampleResult(node.config ?? {});
  return pinOf(document, id, {
    ...(outcome ? { outcome } : {}),
    ...(Object.keys(result).length > 0 ? { result } : {}),
  });
}

export const tooLarge = (pin: Pin): boolean => JSON.stringify(pin).length > MOST_BYTES;
