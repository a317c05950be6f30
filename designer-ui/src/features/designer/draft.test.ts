import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setField } from '@/lib/process/edits';
import { contract } from '@/lib/process/fixtures';
import type { ElementPatch } from '@/lib/process/patches';
import type { ProcessDocument } from '@/lib/process/types';
import { Draft, type SaveResult, type Unsent } from './draft';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setup(answers: SaveResult[] = [], kept?: readonly ElementPatch[]) {
  const sent: { patches: readonly ElementPatch[]; rev: number }[] = [];
  let unsent: Unsent | undefined = kept && { rev: 7, patches: kept };
  const draft = new Draft({
    document: contract(),
    rev: 7,
    findings: [],
    unsent: { load: () => unsent, keep: (now) => (unsent = now) },
    send: async (patches, rev) => {
      sent.push({ patches, rev });
      return answers.shift() ?? { kind: 'saved', rev: rev + 1, findings: [] };
    },
  });
  const rename = (name: string, id = 'draft') =>
    draft.run({ key: 'rename' }, (document) => setField(document, id, 'name', name));
  return { draft, sent, rename, kept: () => unsent?.patches };
}

const tick = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('Draft', () => {
  it('saves 1.5 s after the last edit, only what changed', async () => {
    const { draft, sent, rename } = setup();
    rename('A');
    await tick(1000);
    rename('B');
    expect(draft.view.save.kind).toBe('unsaved');
    await tick(1499);
    expect(sent).toHaveLength(0);
    await tick(1);
    expect(sent).toEqual([
      { rev: 7, patches: [{ element: 'nodes/draft', path: ['name'], before: 'Draft', after: 'B' }] },
    ]);
    expect(draft.view).toMatchObject({ rev: 8, save: { kind: 'saved' } });
  });

  it('saves every five seconds who goes on without a pause', async () => {
    const { sent, rename } = setup();
    for (let i = 0; i < 12; i++) {
      rename(`A${i}`);
      await tick(1000);
    }
    expect(sent.map(({ patches }) => patches[0]?.after)).toEqual(['A4', 'A9']);
  });

  it('sends nothing when the edits were undone', async () => {
    const { draft, sent, rename } = setup();
    rename('A');
    draft.undo();
    await tick(2000);
    expect(sent).toHaveLength(0);
    expect(draft.view.save.kind).toBe('saved');
  });

  it('saves edits made while saving in a second go', async () => {
    const { draft, sent, rename } = setup();
    rename('A');
    const saving = draft.flush();
    rename('B');
    await saving;
    expect(draft.view.save.kind).toBe('unsaved');
    await tick(1500);
    expect(sent[1]).toEqual({
      rev: 8,
      patches: [{ element: 'nodes/draft', path: ['name'], before: 'A', after: 'B' }],
    });
  });

  it('keeps edits while offline and sends them when it can', async () => {
    const { draft, sent, rename, kept } = setup([{ kind: 'offline' }, { kind: 'offline' }]);
    rename('A');
    await draft.flush();
    expect(draft.view.save).toEqual({ kind: 'offline', changes: 1 });
    expect(kept()).toHaveLength(1);
    await tick(2000);
    expect(draft.view.save.kind).toBe('offline');
    await tick(5000);
    expect(draft.view.save.kind).toBe('saved');
    expect(sent).toHaveLength(3);
    expect(kept()).toBeUndefined();
  });

  it('replays what an earlier visit could not send', async () => {
    const patch = { element: 'nodes/draft', path: ['name'], before: 'Draft', after: 'Kept' };
    const { draft, sent } = setup([], [patch]);
    expect(draft.document.nodes[1]?.name).toBe('Kept');
    await tick(1500);
    expect(sent[0]?.patches).toEqual([patch]);
  });

  it('takes over what others changed and keeps own unsent edits', async () => {
    const theirs = contract();
    (theirs.nodes[2] as { name: string }).name = 'Theirs';
    (theirs.nodes[1] as { name: string }).name = 'Mine';
    const { draft, rename } = setup([{ kind: 'saved', rev: 12, findings: [], draft: theirs }]);
    rename('Mine');
    const saving = draft.flush();
    rename('Later', 'remind');
    await saving;
    const names = Object.fromEntries(draft.document.nodes.map(({ id, name }) => [id, name]));
    expect(names).toMatchObject({ draft: 'Mine', prepare: 'Theirs', remind: 'Later' });
    expect(draft.view.save.kind).toBe('unsaved');
  });

  it('asks about clashes and goes on with the answers', async () => {
    const theirs = contract();
    (theirs.nodes[1] as { name: string }).name = 'Theirs';
    const clash = { element: 'nodes/draft', path: ['name'], base: 'Draft', mine: 'Mine', theirs: 'Theirs' };
    const { draft, sent, rename } = setup([{ kind: 'clash', rev: 12, draft: theirs, clashes: [clash] }]);
    rename('Mine');
    rename('Other', 'remind');
    await draft.flush();
    expect(draft.view.save).toMatchObject({ kind: 'conflict', clashes: [clash] });
    await tick(60_000);
    expect(sent).toHaveLength(1);

    draft.resolve(() => ({ keep: 'theirs' }));
    await tick(0);
    expect(draft.document.nodes[1]?.name).toBe('Theirs');
    expect(sent[1]).toEqual({
      rev: 12,
      patches: [{ element: 'nodes/remind', path: ['name'], before: null, after: 'Other' }],
    });
    expect(draft.view.save.kind).toBe('saved');
  });

  it('keeps mine against theirs when told so', async () => {
    const theirs = contract();
    (theirs.nodes[1] as { name: string }).name = 'Theirs';
    const clash = { element: 'nodes/draft', path: ['name'], base: 'Draft', mine: 'Mine', theirs: 'Theirs' };
    const { draft, sent, rename } = setup([{ kind: 'clash', rev: 12, draft: theirs, clashes: [clash] }]);
    rename('Mine');
    await draft.flush();
    draft.resolve(() => ({ keep: 'mine' }));
    await tick(0);
    expect(sent[1]).toEqual({
      rev: 12,
      patches: [{ element: 'nodes/draft', path: ['name'], before: 'Theirs', after: 'Mine' }],
    });
  });

  it('shows a refusal and tries again with the next edit', async () => {
    const { draft, rename } = setup([{ kind: 'refused', error: new Error('no') }]);
    rename('A');
    await draft.flush();
    expect(draft.view.save.kind).toBe('refused');
    rename('B');
    await tick(1500);
    expect(draft.view.save.kind).toBe('saved');
  });

  const nameOf = (draft: Draft, id: string) => draft.document.nodes.find((node) => node.id === id)?.name;
  const changed = (edit: (document: ProcessDocument) => void, rev = 9) => {
    const document = structuredClone(contract()) as ProcessDocument;
    edit(document);
    return { document, rev, findings: [] };
  };
  const named = (document: ProcessDocument, id: string, name: string) => {
    const node = document.nodes.find((candidate) => candidate.id === id);
    if (node) node.name = name;
  };

  it('follows what others saved, without losing what is unsent, and undo stays one’s own', async () => {
    const { draft, sent, rename } = setup();
    rename('First');
    rename('Second');
    await draft.follow(9, async () => changed((document) => named(document, 'remind', 'Theirs')));
    expect(nameOf(draft, 'draft')).toBe('Second');
    expect(nameOf(draft, 'remind')).toBe('Theirs');
    expect(draft.view).toMatchObject({ rev: 9, save: { kind: 'unsaved' } });
    draft.undo();
    expect([nameOf(draft, 'draft'), nameOf(draft, 'remind')]).toEqual(['First', 'Theirs']);
    draft.undo();
    expect([nameOf(draft, 'draft'), nameOf(draft, 'remind')]).toEqual(['Draft', 'Theirs']);
    draft.redo();
    draft.redo();
    expect(nameOf(draft, 'draft')).toBe('Second');
    await tick(1500);
    expect(sent).toEqual([
      { rev: 9, patches: [{ element: 'nodes/draft', path: ['name'], before: 'Draft', after: 'Second' }] },
    ]);
  });

  it('undo leaves what somebody else has changed since', async () => {
    const { draft, rename } = setup();
    rename('Mine');
    await draft.flush();
    const theirs = changed((document) => named(document, 'draft', 'Theirs'));
    await draft.follow(9, async () => theirs);
    expect(nameOf(draft, 'draft')).toBe('Theirs');
    draft.undo();
    expect(nameOf(draft, 'draft')).toBe('Theirs');
  });

  it('leaves a clash to the save, and takes a value that was typed', async () => {
    const theirs = contract();
    (theirs.nodes[1] as { name: string }).name = 'Theirs';
    const clash = { element: 'nodes/draft', path: ['name'], base: 'Draft', mine: 'Mine', theirs: 'Theirs' };
    const { draft, sent, rename } = setup([{ kind: 'clash', rev: 9, draft: theirs, clashes: [clash] }]);
    rename('Mine');
    await draft.follow(9, async () => ({ document: theirs, rev: 9, findings: [] }));
    expect(draft.view.save).toMatchObject({ kind: 'conflict', clashes: [clash] });
    expect(nameOf(draft, 'draft')).toBe('Mine');
    draft.resolve(() => ({ value: 'Both' }));
    await tick(0);
    expect(sent[1]).toEqual({
      rev: 9,
      patches: [{ element: 'nodes/draft', path: ['name'], before: 'Theirs', after: 'Both' }],
    });
  });

  it('brings a deleted step back when mine is kept', async () => {
    const without = (document: ProcessDocument) => {
      document.nodes = document.nodes.filter(({ id }) => id !== 'remind');
      document.flows = document.flows.filter(({ from, to }) => from !== 'remind' && to !== 'remind');
    };
    const { document } = changed(without);
    const clash = { element: 'nodes/remind', path: ['name'], base: null, mine: 'Mine', theirs: null };
    const { draft, rename } = setup([{ kind: 'clash', rev: 9, draft: document, clashes: [clash] }]);
    rename('Mine', 'remind');
    await draft.flush();
    expect(nameOf(draft, 'remind')).toBeUndefined();
    draft.resolve(() => ({ keep: 'mine' }));
    expect(nameOf(draft, 'remind')).toBe('Mine');
    const ends = contract().flows.filter(({ from, to }) => from === 'remind' || to === 'remind').length;
    expect(draft.document.flows.filter(({ from, to }) => from === 'remind' || to === 'remind')).toHaveLength(
      ends,
    );
  });

  it('never asks about where a step stands', async () => {
    const clash = { element: 'layout/draft', path: ['at'], base: null, mine: [1, 1], theirs: [2, 2] };
    const theirs = contract();
    const { draft, sent } = setup([{ kind: 'clash', rev: 9, draft: theirs, clashes: [clash] }]);
    draft.run({ key: 'move' }, (edited) => {
      edited.layout = { ...edited.layout, draft: { at: [1, 1] } };
    });
    await draft.flush();
    await tick(0);
    expect(sent).toHaveLength(2);
    expect(draft.view.save.kind).toBe('saved');
  });

  it('asks about unsent changes of an earlier visit that others have changed since', async () => {
    const patch = { element: 'nodes/draft', path: ['name'], before: 'Older', after: 'Kept' };
    const { draft, sent } = setup([], [patch]);
    expect(draft.view.save).toMatchObject({
      kind: 'conflict',
      clashes: [{ base: 'Older', mine: 'Kept', theirs: 'Draft' }],
    });
    await tick(5000);
    expect(sent).toHaveLength(0);
    draft.resolve(() => ({ keep: 'mine' }));
    await tick(0);
    expect(sent[0]?.patches).toEqual([{ ...patch, before: 'Draft' }]);
  });
});
