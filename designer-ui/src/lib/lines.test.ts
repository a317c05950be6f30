import { describe, expect, it } from 'vitest';
import { canonicalText, diffLines } from './lines';

const marked = (before: string[], after: string[], around?: number) =>
  diffLines(before.join('\n'), after.join('\n'), around).map(({ kind, text, count }) =>
    kind === 'gap' ? `… ${count}` : `${{ same: ' ', added: '+', removed: '-' }[kind]}${text}`,
  );

describe('diffLines', () => {
  it('finds the shortest way', () => {
    expect(marked(['a', 'b', 'c', 'a', 'b', 'b', 'a'], ['c', 'b', 'a', 'b', 'a', 'c'], 10)).toHaveLength(9);
    expect(marked(['a', 'b', 'c'], ['a', 'x', 'c'])).toEqual([' a', '-b', '+x', ' c']);
    expect(marked(['a'], ['a', 'b'])).toEqual([' a', '+b']);
    expect(marked(['a', 'b'], ['b'])).toEqual(['-a', ' b']);
  });

  it('leaves out what is far from a change, and says how much', () => {
    const many = Array.from({ length: 30 }, (_, i) => `line ${i}`);
    const changed = many.with(15, 'other');
    expect(marked(many, changed, 2)).toEqual([
      '… 13',
      ' line 13',
      ' line 14',
      '-line 15',
      '+other',
      ' line 16',
      ' line 17',
      '… 12',
    ]);
    expect(marked(many, many)).toEqual([]);
  });

  it('rebuilds both texts from what it says', () => {
    let seed = 7;
    const random = (most: number) => {
      seed = (seed * 16807) % 2147483647;
      return seed % most;
    };
    for (let round = 0; round < 200; round++) {
      const before = Array.from({ length: random(12) + 1 }, () => 'abc'[random(3)] as string);
      const after = Array.from({ length: random(12) + 1 }, () => 'abc'[random(3)] as string);
      const lines = diffLines(before.join('\n'), after.join('\n'), 100);
      if (lines.length === 0) {
        expect(after).toEqual(before);
        continue;
      }
      expect(lines.filter(({ kind }) => kind !== 'added').map(({ text }) => text)).toEqual(before);
      expect(lines.filter(({ kind }) => kind !== 'removed').map(({ text }) => text)).toEqual(after);
    }
  });
});

describe('canonicalText', () => {
  it('does not depend on the order of members', () => {
    expect(canonicalText({ b: 1, a: { d: [1], c: 2 } })).toBe(canonicalText({ a: { c: 2, d: [1] }, b: 1 }));
  });
});
