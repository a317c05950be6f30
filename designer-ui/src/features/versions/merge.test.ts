import { describe, expect, it } from 'vitest';
import { contract } from '@/lib/process/fixtures';
import { mergeForComparison } from './merge';

describe('mergeForComparison', () => {
  it('keeps removed steps and connections at their old places', () => {
    const before = contract();
    const after = contract();
    after.nodes = after.nodes.filter(({ id }) => id !== 'remind');
    after.flows = after.flows.filter(({ id }) => id !== 'f7' && id !== 'f8');
    const { remind: place, ...rest } = after.layout as Record<string, { at: [number, number] }>;
    after.layout = rest;
    const merged = mergeForComparison(before, after);
    expect(merged.nodes.map(({ id }) => id).sort()).toEqual(before.nodes.map(({ id }) => id).sort());
    expect(merged.flows.map(({ id }) => id)).toEqual(expect.arrayContaining(['f7', 'f8']));
    expect(merged.layout?.remind).toEqual(place);
    expect(after.nodes).toHaveLength(7);
  });

  it('is the newer state when nothing was removed', () => {
    const after = contract();
    after.name = 'Newer';
    expect(mergeForComparison(contract(), after)).toEqual(after);
  });
});
