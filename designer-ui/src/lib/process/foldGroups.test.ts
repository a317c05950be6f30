import { describe, expect, it } from 'vitest';
import { contract, kinds } from './fixtures';
import { foldedMembers, withFoldedGroups } from './foldGroups';
import type { ProcessDocument } from './types';

const grouped = (): ProcessDocument => ({
  ...contract(),
  groups: [{ id: 'g', name: 'Preparing', nodes: ['draft', 'prepare'] }],
});

describe('folded groups', () => {
  it('are one box with the connections into and out of them', () => {
    const document = grouped();
    const stands = foldedMembers(document, new Set(['g']));
    expect([...stands.keys()]).toEqual(expect.arrayContaining(['draft', 'prepare', 'late']));
    const drawn = withFoldedGroups(document, kinds, stands);
    const ids = drawn.nodes.map(({ id }) => id);
    expect(ids).toContain('g');
    for (const member of stands.keys()) expect(ids).not.toContain(member);
    const crossing = document.flows.filter(({ from, to }) => stands.has(from) !== stands.has(to));
    const ends = new Set(
      crossing.map(({ from, to }) => `${stands.get(from) ?? from}>${stands.get(to) ?? to}`),
    );
    const shown = drawn.flows.filter(({ from, to }) => from === 'g' || to === 'g');
    expect(new Set(shown.map(({ from, to }) => `${from}>${to}`))).toEqual(ends);
    expect(drawn.groups).toEqual([]);
    expect(document.groups).toHaveLength(1);
  });

  it('change nothing when none is folded', () => {
    const document = grouped();
    expect(withFoldedGroups(document, kinds, foldedMembers(document, new Set(['other'])))).toBe(document);
  });
});
