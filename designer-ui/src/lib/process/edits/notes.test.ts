import { describe, expect, it } from 'vitest';
import { readPaste, writeSteps } from '@/lib/clipboard';
import { History } from '@/lib/history';
import { contract, kinds } from '../fixtures';
import { positionsOf, rectOf } from '../geometry';
import { blocksOf, colourOf, groupFrames, noteTitle } from '../notes';
import { diffDocuments } from '../patches';
import type { ProcessDocument } from '../types';
import {
  addNote,
  alignElements,
  deleteElements,
  distributeElements,
  groupNodes,
  moveNotes,
  pasteSteps,
  pickSteps,
  renameGroup,
  resizeNote,
  setColour,
  setNoteText,
  tieNote,
  ungroup,
} from './index';

/** Edits, and checks that undo gives the former document back. */
function edit(recipe: (draft: ProcessDocument) => void, document = contract()): ProcessDocument {
  const history = new History(document);
  history.run({ key: 'test' }, recipe);
  const after = history.current;
  history.undo();
  expect(history.current).toEqual(document);
  return after;
}

describe('notes', () => {
  it('are added, written, moved, resized, tied, coloured and deleted, each as a patch of its own', () => {
    let id = '';
    const one = edit((draft) => {
      id = addNote(draft, [103, 57], 'Ask **legal** first');
      addNote(draft, [0, 0]);
    });
    expect(one.notes?.map((note) => note.id)).toEqual(['note', 'note2']);
    expect(one.notes?.[0]?.at).toEqual([100, 60]);
    const two = edit((draft) => {
      setNoteText(draft, id, 'Ask sales');
      moveNotes(draft, new Map([[id, [40.4, 80]]]));
      resizeNote(draft, id, [10, 300]);
      tieNote(draft, id, 'prepare');
      setColour(draft, [id, 'prepare'], 'violet');
    }, one);
    expect(two.notes?.[0]).toEqual({
      id,
      text: 'Ask sales',
      at: [40, 80],
      size: [100, 300],
      node: 'prepare',
    });
    expect(colourOf(two, id)).toBe('violet');
    expect(diffDocuments(one, two).map(({ element }) => element)).toEqual(
      expect.arrayContaining(['notes/note', 'layout/note', 'layout/prepare']),
    );
    const untied = edit((draft) => deleteElements(draft, ['prepare'], { heal: true }), two);
    expect(untied.notes?.[0]).not.toHaveProperty('node');
    const gone = edit((draft) => deleteElements(draft, ['note', 'note2'], { heal: true }), two);
    expect(gone).not.toHaveProperty('notes');
    expect(gone.layout).not.toHaveProperty('note');
    expect(gone.nodes).toEqual(two.nodes);
  });

  it('know a small Markdown and nothing that could run', () => {
    expect(
      blocksOf('# Title\n- one **b** _i_ `c`\n<b>x</b> [site](https://a.b/c) [bad](javascript:x)'),
    ).toEqual([
      { kind: 'heading', spans: [{ text: 'Title' }] },
      {
        kind: 'item',
        spans: [
          { text: 'one ' },
          { text: 'b', bold: true },
          { text: ' ' },
          { text: 'i', italic: true },
          { text: ' ' },
          { text: 'c', code: true },
        ],
      },
      {
        kind: 'text',
        spans: [
          { text: '<b>x</b> ' },
          { text: 'site', href: 'https://a.b/c' },
          { text: ' [bad](javascript:x)' },
        ],
      },
    ]);
    expect(noteTitle({ id: 'n', text: '\n# **Big** plan\nmore' })).toBe('Big plan');
  });
});

describe('groups', () => {
  it('frame their nodes, and go with the last of them', () => {
    const grouped = edit((draft) => {
      groupNodes(draft, ['draft', 'prepare', 'late'], 'Drafting');
    });
    expect(grouped.groups).toEqual([{ id: 'group', name: 'Drafting', nodes: ['draft', 'prepare'] }]);
    const frame = groupFrames(kinds, grouped).get('group');
    const places = positionsOf(kinds, grouped);
    for (const id of ['draft', 'prepare']) {
      const node = grouped.nodes.find((candidate) => candidate.id === id) as never;
      const { x, width } = rectOf(kinds, node, places.get(id) ?? [0, 0]);
      expect(frame && frame.x < x && frame.x + frame.width > x + width).toBe(true);
    }
    const named = edit((draft) => renameGroup(draft, 'group', 'Writing'), grouped);
    expect(named.groups?.[0]?.name).toBe('Writing');
    const smaller = edit((draft) => deleteElements(draft, ['draft'], { heal: true }), named);
    expect(smaller.groups?.[0]?.nodes).toEqual(['prepare']);
    expect(edit((draft) => deleteElements(draft, ['prepare'], { heal: true }), smaller)).not.toHaveProperty(
      'groups',
    );
    expect(edit((draft) => ungroup(draft, ['prepare']), named)).not.toHaveProperty('groups');
    // Deleting the frame keeps the steps.
    expect(edit((draft) => deleteElements(draft, ['group'], { heal: true }), named).nodes).toEqual(
      named.nodes,
    );
  });

  it('hold a node once', () => {
    const twice = edit((draft) => {
      groupNodes(draft, ['draft', 'prepare'], 'One');
      groupNodes(draft, ['prepare'], 'Two');
    });
    expect(twice.groups?.map(({ nodes }) => nodes)).toEqual([['draft'], ['prepare']]);
  });
});

describe('the clipboard', () => {
  it('takes notes, groups and colours along under new ids', () => {
    const base = edit((draft) => {
      addNote(draft, [20, 400], 'About this', 'prepare');
      groupNodes(draft, ['draft', 'prepare'], 'Drafting');
      setColour(draft, ['prepare', 'note', 'group'], 'teal');
    });
    const text = writeSteps(pickSteps(base, kinds, ['group', 'note']));
    const pasted = readPaste(text);
    expect(pasted.kind).toBe('steps');
    const after = edit((draft) => {
      if (pasted.kind === 'steps') pasteSteps(draft, kinds, pasted.steps, [1000, 1000]);
    }, base);
    expect(after.groups?.[1]).toEqual({ id: 'group2', name: 'Drafting', nodes: ['draft2', 'prepare2'] });
    expect(after.notes?.[1]).toMatchObject({ id: 'note2', text: 'About this', node: 'prepare2' });
    expect(['prepare2', 'note2', 'group2'].map((id) => colourOf(after, id))).toEqual([
      'teal',
      'teal',
      'teal',
    ]);
    const alone = readPaste(writeSteps(pickSteps(base, kinds, ['note'])));
    expect(alone).toMatchObject({ kind: 'steps', steps: { nodes: [], notes: [{ id: 'note' }] } });
  });
});

describe('aligning', () => {
  const places = (document: ProcessDocument) => {
    const all = positionsOf(kinds, document);
    return ['draft', 'prepare', 'remind', 'note'].map(
      (id) => all.get(id) ?? document.notes?.find((note) => note.id === id)?.at ?? [0, 0],
    );
  };
  const ids = ['draft', 'prepare', 'remind', 'note', 'late'];
  const base = edit((draft) => {
    addNote(draft, [700, 900]);
  });

  it('lines sides and middles up', () => {
    for (const [to, of] of [
      ['left', 0],
      ['top', 1],
    ] as const) {
      const after = edit((draft) => alignElements(draft, kinds, ids, to), base);
      expect(new Set(places(after).map((at) => at[of])).size).toBe(1);
    }
    const middle = edit((draft) => alignElements(draft, kinds, ['draft', 'remind'], 'middle'), base);
    expect(
      new Set(
        places(middle)
          .filter((_, i) => i === 0 || i === 2)
          .map(([, y]) => y),
      ).size,
    ).toBe(1);
  });

  it('makes gaps equal and leaves the ends where they are', () => {
    const after = edit(
      (draft) => distributeElements(draft, kinds, ['begin', 'prepare', 'won'], 'horizontal'),
      base,
    );
    const at = (id: string) => positionsOf(kinds, after).get(id)?.[0] ?? 0;
    const width = (id: string) =>
      rectOf(kinds, after.nodes.find((node) => node.id === id) as never, [0, 0]).width;
    const first = at('prepare') - at('begin') - width('begin');
    const second = at('won') - at('prepare') - width('prepare');
    expect(Math.abs(first - second)).toBeLessThanOrEqual(1);
    expect(at('won')).toBe(positionsOf(kinds, base).get('won')?.[0]);
  });
});
