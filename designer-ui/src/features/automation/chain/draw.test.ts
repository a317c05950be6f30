import { describe, expect, it } from 'vitest';
import type { ChainLink } from './api';
import { drawingOf } from './draw';

const link = (rule: string, repeats = false): ChainLink => ({
  kind: rule.startsWith('run') ? 'run' : 'change',
  rule,
  repeats,
});

describe('the picture of a chain', () => {
  // covers 5.8
  it('draws each rule once and the way back as an arrow', () => {
    const { nodes, edges } = drawingOf([
      { ...link('user:marta'), kind: 'user' },
      link('change:a', true),
      link('run:a', true),
      link('change:b', true),
      link('run:b', true),
      link('change:a', true),
      link('run:a', true),
    ]);
    expect(nodes.map(({ rule, times, loop }) => [rule, times, loop])).toEqual([
      ['user:marta', 1, false],
      ['change:a', 2, true],
      ['run:a', 2, true],
      ['change:b', 1, true],
      ['run:b', 1, true],
    ]);
    expect(edges.map(({ from, to, times, back }) => [from, to, times, back])).toEqual([
      [0, 1, 1, false],
      [1, 2, 2, false],
      [2, 3, 1, false],
      [3, 4, 1, false],
      [4, 1, 1, true],
    ]);
  });

  it('draws what leads to itself', () => {
    expect(drawingOf([link('run:a', true), link('run:a', true)]).edges).toEqual([
      { from: 0, to: 0, times: 1, back: true },
    ]);
    expect(drawingOf([])).toEqual({ nodes: [], edges: [] });
  });
});
