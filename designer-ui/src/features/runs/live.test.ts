import { describe, expect, it } from 'vitest';
import type { NodeState } from '@/api/types';
import { added, asksForMore, type PictureTold, showsHands } from './live';
import type { Incident, RunRecord } from './queries';
import { joined } from './useRecords';

const node = (entered: number): NodeState => ({
  status: 'running',
  entered,
  left: 0,
  tokens: 1,
  since: '2026-11-20T10:00:00Z',
  durationMs: 0,
  people: [],
});
const told = (seq: number, more: Partial<PictureTold> = {}): PictureTold => ({
  kind: 'picture',
  seq,
  status: 'active',
  suspended: false,
  version: 1,
  updatedAt: '2026-11-20T10:00:00Z',
  endedAt: null,
  problem: '',
  ...more,
});
const record = (seq: number, more: Partial<RunRecord> = {}): RunRecord => ({
  seq,
  at: '2026-11-20T10:00:00Z',
  kind: 'nodeEntered',
  text: `record ${seq}`,
  ...more,
});

describe('what the stream tells', () => {
  const incident = { id: 'i1', node: 'a', code: 'x', message: 'why' } as Incident;
  const first = added(
    undefined,
    told(4, {
      whole: true,
      nodeStates: { a: node(1), b: node(1) },
      flowsTaken: { f1: 1, f2: 1 },
      incidents: [incident],
      waits: [],
      variables: { n: 1 },
    }),
  );

  it('begins with the whole, and with nothing less', () => {
    expect(added(undefined, told(4, { nodeStates: { a: node(1) } }))).toBeUndefined();
    expect(first).toMatchObject({ seq: 4, incidents: 1, openIncidents: [incident], variables: { n: 1 } });
  });

  it('adds what is new, takes away what is gone, and keeps the rest', () => {
    const next = added(
      first,
      told(6, { nodeStates: { b: node(2), a: null }, flowsTaken: { f1: 2 }, incidents: [] }),
    );
    expect(next?.nodeStates).toEqual({ b: node(2) });
    expect(next?.flowsTaken).toEqual({ f1: 2, f2: 1 });
    expect(next).toMatchObject({ seq: 6, incidents: 0, openIncidents: [], variables: { n: 1 } });
    expect(first?.nodeStates.b?.entered).toBe(1);
  });

  it('forgets what was before when the whole is told again', () => {
    const again = added(first, told(9, { whole: true, nodeStates: { c: node(1) }, version: 2 }));
    expect(again?.nodeStates).toEqual({ c: node(1) });
    expect(again?.flowsTaken).toEqual({});
    expect(again).toMatchObject({ incidents: 0, version: 2 });
  });

  it('knows which records bring more than it tells', () => {
    expect(asksForMore([record(1), record(2, { kind: 'childStarted' })])).toBe(true);
    expect(asksForMore([record(1)])).toBe(false);
    expect(showsHands([record(1, { kind: 'tokenMoved', node: 'a', actor: 'olga' })])).toBe(true);
    expect(showsHands([record(1, { kind: 'variablesChanged', actor: 'olga' })])).toBe(false);
  });
});

describe('a history', () => {
  const seqs = (records: readonly RunRecord[] | undefined) => records?.map(({ seq }) => seq);

  it('grows by what follows, once, and not over a gap', () => {
    const known = [record(1), record(2)];
    expect(seqs(joined(known, [record(2), record(3)]))).toEqual([1, 2, 3]);
    expect(joined(known, [record(1), record(2)])).toBe(known);
    expect(joined(known, [record(4)])).toBeUndefined();
    expect(seqs(joined([], [record(7)]))).toEqual([7]);
  });

  it('lets the oldest go when it is too long', () => {
    let known: readonly RunRecord[] = [];
    for (let seq = 1; seq <= 9000; seq += 100)
      known =
        joined(
          known,
          Array.from({ length: 100 }, (_, i) => record(seq + i)),
        ) ?? known;
    expect(known.length).toBeLessThanOrEqual(4000);
    expect(known.at(-1)?.seq).toBe(9000);
  });
});
