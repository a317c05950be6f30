// @vitest-environment jsdom
import { beforeEach, describe, expect, test } from 'vitest';
import { ApiError } from '@/api/problem';
import { inLanguage, type ServerTexts } from '@/features/designer/serverTexts';
import findingTexts from '../../../../schemas/finding/findings.json';
import remedies from '../../../../schemas/finding/remedies.json';
import type { Robot, Rules, StageBoard } from './api';
import { changesBetween, same } from './changes';
import { BoardDraft, keeperOf } from './draft';
import { byEntry, findingsIn } from './errors';
import { type Clash, merge } from './merge';
import { chainBefore, copyOf, findEntry, insertEntry, moveEntry, previousOf, removeEntry } from './rules';

const robot = (id: string, rest: Partial<Robot> = {}): Robot => ({
  id,
  robot: 'notification.send',
  config: { text: `text of ${id}` },
  timing: { mode: 'immediate' },
  ...rest,
});

const rules = (...stages: [string, ...Robot[]][]): Rules => ({
  stages: stages.map(([stage, ...robots]) => ({ stage, robots, triggers: [] })),
});

const ids = (value: Rules): Record<string, string[]> =>
  Object.fromEntries(value.stages.map(({ stage, robots }) => [stage, robots.map(({ id }) => id)]));

const edited = (base: Rules, edit: (draft: Rules) => void): Rules => {
  const draft = structuredClone(base);
  edit(draft);
  return draft;
};

const entryOf = (value: Rules, id: string): Robot => findEntry(value, id)?.entry as Robot;

describe('the rules of a board', () => {
  const base = rules(['new', robot('a'), robot('b'), robot('c')], ['won', robot('d')]);

  test('move to a place as it is seen before the move', () => {
    expect(ids(edited(base, (d) => moveEntry(d, 'a', 'new', 2))).new).toEqual(['b', 'a', 'c']);
    expect(ids(edited(base, (d) => moveEntry(d, 'c', 'new', 0))).new).toEqual(['c', 'a', 'b']);
    expect(ids(edited(base, (d) => moveEntry(d, 'b', 'won')))).toEqual({ new: ['a', 'c'], won: ['d', 'b'] });
    expect(ids(edited(base, (d) => moveEntry(d, 'b', 'won', 0))).won).toEqual(['b', 'd']);
    expect(edited(base, (d) => moveEntry(d, 'b', 'new', 2))).toEqual(base);
    expect(edited(base, (d) => moveEntry(d, 'b', 'nowhere'))).toEqual(base);
  });

  test('copies have an id of their own and nothing in common with the original', () => {
    const copy = copyOf(entryOf(base, 'a'));
    expect(copy.id).toMatch(/^r[0-9a-z]{8}$/);
    expect(copy).toEqual({ ...entryOf(base, 'a'), id: copy.id });
    expect(copy.config).not.toBe(entryOf(base, 'a').config);
  });

  test('a robot waits for the one above that is switched on', () => {
    const after = { timing: { mode: 'afterPrevious' as const } };
    const list = [
      robot('a'),
      robot('b', { disabled: true }),
      robot('c', after),
      robot('d', after),
      robot('e'),
    ];
    expect(previousOf(list, 'c')?.id).toBe('a');
    expect(chainBefore(list, 'd').map(({ id }) => id)).toEqual(['a', 'c']);
    expect(previousOf(list, 'e')).toBeUndefined();
    expect(previousOf([robot('x', after)], 'x')).toBeUndefined();
  });
});

describe('what has changed', () => {
  const base = rules(['new', robot('a'), robot('b'), robot('c')], ['won', robot('d')]);

  test('is told by stage: added, removed, changed by field, moved', () => {
    const next = edited(base, (draft) => {
      removeEntry(draft, 'd');
      insertEntry(draft, 'won', robot('e'));
      entryOf(draft, 'a').config.text = 'other';
      entryOf(draft, 'a').name = 'Named';
      moveEntry(draft, 'c', 'won');
    });
    expect(
      changesBetween(base, next).map(({ kind, id, stage, from, fields }) => [kind, id, stage, from, fields]),
    ).toEqual([
      ['changed', 'a', 'new', undefined, ['config.text', 'name']],
      ['added', 'e', 'won', undefined, []],
      ['moved', 'c', 'won', 'new', []],
      ['removed', 'd', 'won', undefined, []],
    ]);
  });

  test('one that goes past others is moved, the others are not', () => {
    const next = edited(base, (draft) => moveEntry(draft, 'a', 'new', 3));
    expect(changesBetween(base, next).map(({ kind, id }) => [kind, id])).toEqual([['moved', 'a']]);
    expect(changesBetween(base, structuredClone(base))).toEqual([]);
  });

  test('is by content: an absent field and an undefined one are the same', () => {
    expect(same({ a: 1, b: undefined }, { a: 1 })).toBe(true);
    expect(same([1, 2], [2, 1])).toBe(false);
    expect(same({ a: null }, {})).toBe(false);
  });
});

describe('two people on one board', () => {
  const base = rules(['new', robot('a'), robot('b'), robot('c')], ['won', robot('d')]);

  test('both get what they did when it does not touch', () => {
    const mine = edited(base, (draft) => {
      entryOf(draft, 'a').config.text = 'mine';
      insertEntry(draft, 'new', robot('m'), 1);
      moveEntry(draft, 'c', 'won', 0);
    });
    const theirs = edited(base, (draft) => {
      entryOf(draft, 'a').name = 'theirs';
      removeEntry(draft, 'b');
      insertEntry(draft, 'won', robot('t'));
    });
    const { rules: both, clashes } = merge(base, mine, theirs);
    expect(clashes).toEqual([]);
    expect(ids(both)).toEqual({ new: ['a', 'm'], won: ['c', 'd', 't'] });
    expect(entryOf(both, 'a')).toMatchObject({ name: 'theirs', config: { text: 'mine' } });
  });

  test('the same field changed differently is a clash, the same value is none', () => {
    const mine = edited(base, (draft) => {
      entryOf(draft, 'a').timing = { mode: 'delay', amount: 2, unit: 'day' };
      entryOf(draft, 'b').name = 'Both';
    });
    const theirs = edited(base, (draft) => {
      entryOf(draft, 'a').timing = { mode: 'afterPrevious' };
      entryOf(draft, 'b').name = 'Both';
    });
    const found: Clash[] = [];
    const kept = merge(base, mine, theirs, (clash) => {
      found.push(clash);
      return 'theirs';
    });
    expect(found.map(({ id, field }) => [id, field])).toEqual([['a', 'timing']]);
    expect(entryOf(kept.rules, 'a').timing).toEqual({ mode: 'afterPrevious' });
    expect(entryOf(merge(base, mine, theirs).rules, 'a').timing.mode).toBe('delay');
  });

  test('deleted here and changed there is decided, either way', () => {
    const mine = edited(base, (draft) => void removeEntry(draft, 'a'));
    const theirs = edited(base, (draft) => {
      entryOf(draft, 'a').name = 'theirs';
    });
    expect(merge(base, mine, theirs).clashes).toMatchObject([
      { id: 'a', field: undefined, mine: false, theirs: true },
    ]);
    expect(ids(merge(base, mine, theirs).rules).new).toEqual(['b', 'c']);
    expect(ids(merge(base, mine, theirs, () => 'theirs').rules).new).toEqual(['a', 'b', 'c']);
    expect(ids(merge(base, theirs, mine).rules).new).toContain('a');
    expect(ids(merge(base, theirs, mine, () => 'theirs').rules).new).toEqual(['b', 'c']);
  });

  test('moved to two stages: one of them wins', () => {
    const more = rules(['new', robot('a')], ['won'], ['lost']);
    const mine = edited(more, (draft) => moveEntry(draft, 'a', 'won'));
    const theirs = edited(more, (draft) => moveEntry(draft, 'a', 'lost'));
    expect(merge(more, mine, theirs).clashes).toMatchObject([
      { field: 'stage', mine: 'won', theirs: 'lost' },
    ]);
    expect(ids(merge(more, mine, theirs).rules)).toEqual({ new: [], won: ['a'], lost: [] });
    expect(ids(merge(more, mine, theirs, () => 'theirs').rules)).toEqual({ new: [], won: [], lost: ['a'] });
  });
});

describe('an unsaved board', () => {
  const order = ['new', 'won'];
  const stored = (rev: number, value: Rules): StageBoard => ({ id: 'sales', type: 'deal', rev, ...value });
  const base = rules(['new', robot('a'), robot('b')], ['won']);

  beforeEach(() => localStorage.clear());

  test('comes back when the tab was closed, over what was saved meanwhile', () => {
    const first = new BoardDraft(stored(1, base), order, keeperOf('ana', 'sales'));
    expect(first.dirty).toBe(false);
    first.run({ key: 'history.remove' }, (draft) => void removeEntry(draft, 'b'));
    expect(first.dirty).toBe(true);

    const theirs = edited(base, (draft) => insertEntry(draft, 'won', robot('t')));
    const again = new BoardDraft(stored(2, theirs), order, keeperOf('ana', 'sales'));
    expect(again.restored).toBe(true);
    expect(ids(again.rules)).toEqual({ new: ['a'], won: ['t'] });
    expect(changesBetween(again.base, again.rules).map(({ kind, id }) => [kind, id])).toEqual([
      ['removed', 'b'],
    ]);

    // Other people have drafts of their own.
    expect(new BoardDraft(stored(2, theirs), order, keeperOf('ben', 'sales')).restored).toBe(false);
    again.undo();
    expect(again.dirty).toBe(false);
    expect(new BoardDraft(stored(2, theirs), order, keeperOf('ana', 'sales')).restored).toBe(false);
  });

  test('a save keeps what was edited while it was on its way, and undo goes on behind it', () => {
    const draft = new BoardDraft(stored(1, base), order, keeperOf('ana', 'sales'));
    draft.run({ key: 'history.change' }, (value) => {
      entryOf(value, 'a').name = 'One';
    });
    const sent = draft.rules;
    draft.run({ key: 'history.change' }, (value) => {
      entryOf(value, 'b').name = 'Two';
    });
    draft.saved(stored(2, sent), sent, order);
    expect(draft.rev).toBe(2);
    expect(changesBetween(draft.base, draft.rules).map(({ id }) => id)).toEqual(['b']);
    draft.undo();
    expect(draft.dirty).toBe(false);
    draft.undo();
    expect(changesBetween(draft.base, draft.rules).map(({ id, fields }) => [id, fields])).toEqual([
      ['a', ['name']],
    ]);
    draft.redo();
    expect(draft.dirty).toBe(false);
  });

  test('discarding is one step that can be undone', () => {
    const draft = new BoardDraft(stored(1, base), order, keeperOf('ana', 'sales'));
    draft.run({ key: 'history.remove' }, (value) => void removeEntry(value, 'a'));
    draft.discard();
    expect(draft.dirty).toBe(false);
    draft.undo();
    expect(ids(draft.rules).new).toEqual(['b']);
  });
});

test('what a refused save names is found by the robots it names', () => {
  const sent = rules(['new', robot('a')], ['won', robot('b'), robot('c')]);
  const error = new ApiError(422, {
    errors: [
      { path: '/stages/1/robots/1/config/text', message: 'Too long' },
      { path: '/stages/1/robots/1/when', message: 'Unknown name' },
      { path: '/name', message: 'Elsewhere' },
    ],
  });
  expect([...byEntry(sent, findingsIn(error), ({ message }) => `${message}!`)]).toEqual([
    [
      'c',
      [
        { path: '/config/text', message: 'Too long!', severity: 'error' },
        { path: '/when', message: 'Unknown name!', severity: 'error' },
      ],
    ],
  ]);
  expect(findingsIn(new Error('offline'))).toEqual([]);
});

test('warnings of a stored board stand at their entries, in the language of the reader', () => {
  const kept: Rules = {
    stages: [
      { stage: 'new', robots: [robot('a')], triggers: [] },
      {
        stage: 'won',
        robots: [robot('b')],
        triggers: [{ id: 'hears', type: 'fieldsChanged', config: {} }],
      },
    ],
  };
  const never = (path: string) => ({
    code: 'never_true',
    severity: 'warning' as const,
    message: 'this condition is never true',
    path,
    data: { parts: 'record.amount > 10 and record.amount < 5' },
  });
  const board: StageBoard = {
    id: 'sales',
    type: 'deal',
    rev: 1,
    stages: kept.stages.map((stage, at) => ({
      ...stage,
      findings: at === 1 ? [never('/robots/0/when'), never('/triggers/0/when')] : [],
    })),
  };
  const texts: ServerTexts = { findings: findingTexts, remedies };
  const shown = byEntry(
    kept,
    findingsIn(board),
    (finding) => inLanguage(finding as Parameters<typeof inLanguage>[0], texts, 'pl').message,
  );
  const message =
    'Ten warunek nigdy nie jest spełniony, przeczy sam sobie: record.amount > 10 and record.amount < 5.';
  expect([...shown]).toEqual([
    ['b', [{ path: '/when', message, severity: 'warning' }]],
    ['hears', [{ path: '/when', message, severity: 'warning' }]],
  ]);
});
