import { describe, expect, it } from 'vitest';
import { contract, kinds } from '@/lib/process/fixtures';
import { firstNode, neighbour } from './navigation';

describe('keyboard navigation', () => {
  it.each([
    ['begin', 'next', 'draft'],
    ['ok', 'next', 'won'],
    ['prepare', 'previous', 'draft'],
    ['late', 'previous', 'prepare'],
    ['prepare', 'below', 'late'],
    ['won', 'below', 'lost'],
    ['lost', 'above', 'won'],
    ['begin', 'above', undefined],
    ['lost', 'next', undefined],
  ] as const)('from %s %s is %s', (from, direction, to) => {
    expect(neighbour(contract(), kinds, from, direction)).toBe(to);
  });

  it('begins at the start', () => {
    expect(firstNode(contract())).toBe('begin');
  });
});
