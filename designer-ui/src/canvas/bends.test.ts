import { expect, test } from 'vitest';
import type { Point } from '@/lib/process/types';
import { Bends, bentOf } from './bends';
import type { FlowEdge } from './flowModel';

const edge = (id: string, to: number, more: Partial<FlowEdge> = {}): FlowEdge =>
  ({
    id,
    source: 'a',
    target: 'b',
    data: {
      flow: { id, from: 'a', to: 'b' },
      points: [
        [0, 0],
        [to, 0],
      ],
      label: 'yes',
      isDefault: false,
    },
    ...more,
  }) as unknown as FlowEdge;

test('only what bends is told apart from the edges that the library has', () => {
  const [one, two] = [edge('one', 10), edge('two', 20)];
  const flow = one.data?.flow;
  const bent = {
    ...one,
    data: {
      ...one.data,
      points: [
        [0, 0],
        [15, 0],
      ],
    },
  } as FlowEdge;
  expect(bentOf([one, two], [bent, two])).toEqual(
    new Map([
      [
        'one',
        [
          [0, 0],
          [15, 0],
        ],
      ],
    ]),
  );
  expect(bent.data?.flow).toBe(flow);
  expect(bentOf([one, two], [one, two])?.size).toBe(0);
  // Anything else is the library's business.
  expect(bentOf([one, two], [one]), 'one is gone').toBeUndefined();
  expect(bentOf([one, two], [two, one]), 'another order').toBeUndefined();
  expect(bentOf([one, two], [{ ...bent, selected: true }, two]), 'selected').toBeUndefined();
  expect(
    bentOf([one, two], [{ ...bent, data: { ...bent.data, label: 'no' } } as FlowEdge, two]),
  ).toBeUndefined();
});

test('an edge hears of its own bend only', () => {
  const bends = new Bends();
  const heard: string[] = [];
  const stop = bends.subscribe('one', () => heard.push('one'));
  bends.subscribe('two', () => heard.push('two'));
  const points: Point[] = [
    [0, 0],
    [15, 0],
  ];
  bends.set(new Map([['one', points]]));
  bends.set(new Map([['one', points]]));
  expect(bends.of('one')).toBe(points);
  bends.set(new Map());
  expect(bends.of('one')).toBeUndefined();
  stop();
  bends.set(new Map([['one', points]]));
  expect(heard).toEqual(['one', 'one']);
});
