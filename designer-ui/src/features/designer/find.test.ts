import { describe, expect, it } from 'vitest';
import { addNote, groupNodes } from '@/lib/process/edits';
import { contract } from '@/lib/process/fixtures';
import { findElements, type Knowledge, parseQuery } from './find';

const known: Knowledge = {
  name: (id) => contract().nodes.find((node) => node.id === id)?.name ?? id,
  kind: (node) => ({ userTask: 'Zadanie', approval: 'Akceptacja' })[node.kind] ?? node.kind,
  problem: (id) => id === 'ok',
  modified: (id) => id === 'prepare' || id === 'f2',
};

function find(text: string, change?: (document: ReturnType<typeof contract>) => void) {
  const document = contract();
  change?.(document);
  const query = parseQuery(text);
  return query && findElements(document, query, known);
}

describe('the search in the drawing', () => {
  it('looks into names, kinds, ids, settings and expressions, without accents', () => {
    expect(find('prepare')).toEqual(expect.arrayContaining(['prepare']));
    expect(find('record.responsible')).toEqual(expect.arrayContaining(['prepare']));
    expect(find('a@b.c')).toEqual(expect.arrayContaining(['draft']));
    expect(find('zadánie')).toEqual(expect.arrayContaining(['prepare']));
    expect(find('nothing of the kind')).toEqual([]);
    expect(find('  ')).toBeUndefined();
  });

  it('is narrowed by qualifiers, which may be in quotes', () => {
    expect(find('kind:approval')).toEqual(['ok']);
    expect(find('kind:akcept')).toEqual(['ok']);
    expect(find('is:problem')).toEqual(['ok']);
    expect(find('is:modified')).toEqual(['prepare', 'f2']);
    expect(
      find('is:disabled', (document) => Object.assign(document.nodes[1] as object, { disabled: true })),
    ).toEqual(['draft']);
    expect(find('user:responsible')).toEqual(['prepare', 'ok']);
    expect(find('kind:userTask user:"h@b.c"')).toEqual([]);
    // Half a qualifier is not a word.
    expect(find('kind:')).toBeUndefined();
    expect(find('is:dis')).toBeUndefined();
  });

  it('finds notes and groups', () => {
    const change = (document: ReturnType<typeof contract>): void => {
      addNote(document, [0, 0], 'Ask **legal** first');
      groupNodes(document, ['draft'], 'Legal work');
    };
    expect(find('legal', change)).toEqual(['note', 'group']);
  });
});
