import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setField } from '@/lib/process/edits';
import { contract } from '@/lib/process/fixtures';
import type { ElementPatch } from '@/lib/process/patches';
import { Draft, type SaveResult } from './draft';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setup(answers: SaveResult[] = [], kept?: readonly ElementPatch[]) {
  const sent: { patches: readonly ElementPatch[]; rev: number }[] = [];
  let unsent: readonly ElementPatch[] | undefined = kept;
  const draft = new Draft({
    document: contract(),
    rev: 7,
    findings: [],
    unsent: { load: () => unsent, keep: (patches) => (unsent = patches) },
    send: async (patches, rev) => {
      sent.push({ patches, rev });
      return answers.shift() ?? { kind: 'saved', rev: rev + 1, findings: [] };
    },
  });
  const rename = (name: string, id = 'draft') =>
    draft.run({ key: 'rename' }, (document) => setField(document, id, 'name', name));
  return { draft, sent, rename, kept: () => unsent };
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

    draft.resolve(() => false);
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
    draft.resolve(() => true);
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
});
