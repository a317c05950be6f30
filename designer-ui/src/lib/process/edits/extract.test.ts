import { describe, expect, it } from 'vitest';
import { History } from '@/lib/history';
import { kinds } from '../fixtures';
import { flatten, nest } from '../scopes';
import type { ProcessDocument } from '../types';
import { deleteElements, dissolve, dissolveRefusal, extract, extractRefusal } from './index';

/** begin → a → split → (b | c) → join → d → finish, and a limit at b that leads on to d. */
function process(): ProcessDocument {
  const task = (id: string) => ({ id, kind: 'userTask', name: id });
  return {
    format: 'fluxo/process@1',
    key: 'p',
    name: 'P',
    nodes: [
      { id: 'begin', kind: 'startEvent' },
      task('a'),
      { id: 'split', kind: 'exclusiveGateway', default: 'f4' },
      task('b'),
      task('c'),
      { id: 'join', kind: 'exclusiveGateway' },
      task('d'),
      { id: 'finish', kind: 'endEvent' },
      { id: 'late', kind: 'boundaryEvent', attachedTo: 'b', trigger: { timer: { after: 'P1D' } } },
    ],
    flows: [
      { id: 'f1', from: 'begin', to: 'a' },
      { id: 'f2', from: 'a', to: 'split' },
      { id: 'f3', from: 'split', to: 'b', when: 'record.amount > 1' },
      { id: 'f4', from: 'split', to: 'c' },
      { id: 'f5', from: 'b', to: 'join' },
      { id: 'f6', from: 'c', to: 'join' },
      { id: 'f7', from: 'join', to: 'd' },
      { id: 'f8', from: 'd', to: 'finish' },
      { id: 'f9', from: 'late', to: 'd' },
    ],
    layout: {
      begin: { at: [0, 0] },
      a: { at: [160, 0] },
      split: { at: [460, 0] },
      b: { at: [600, -80] },
      c: { at: [600, 80] },
      join: { at: [900, 0] },
      d: { at: [1040, 0] },
      finish: { at: [1340, 0] },
    },
  };
}

function edit(document: ProcessDocument, recipe: (draft: ProcessDocument) => void): ProcessDocument {
  const history = new History(document);
  history.run({ key: 'test' }, recipe);
  const after = history.current;
  history.undo();
  expect(history.current).toEqual(document);
  return after;
}

const joined = (document: ProcessDocument) => new Set(document.flows.map(({ from, to }) => `${from}>${to}`));

describe('a sub-process of chosen steps', () => {
  it('takes the steps with what hangs on them, one way in and one way out', () => {
    let scope: string | undefined;
    const after = edit(process(), (draft) => {
      scope = extract(draft, kinds, ['split', 'b', 'c', 'join'], 'Decide');
    });
    expect(scope).toBe('subProcess');
    const made = after.nodes.find(({ id }) => id === scope);
    expect(made).toMatchObject({ kind: 'subProcess', name: 'Decide' });
    expect(
      after.nodes
        .filter(({ parent }) => parent === scope)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['b', 'c', 'end', 'join', 'late', 'split', 'start'].sort());
    expect(joined(after)).toEqual(
      new Set([
        'begin>a',
        'a>subProcess',
        'start>split',
        'split>b',
        'split>c',
        'b>join',
        'c>join',
        'join>end',
        'late>end',
        'subProcess>d',
        'd>finish',
      ]),
    );
    expect(after.flows.find(({ id }) => id === 'f3')?.when).toBe('record.amount > 1');
    expect(after.nodes.find(({ id }) => id === 'split')?.default).toBe('f4');
    expect(after.layout?.subProcess).toMatchObject({ collapsed: true });
    // What is stored is nested, and reads back the same.
    expect(
      flatten(structuredClone(nest(after)))
        .nodes.map(({ id }) => id)
        .sort(),
    ).toEqual(after.nodes.map(({ id }) => id).sort());
  });

  it('is taken apart again to what was there', () => {
    const before = process();
    const folded = edit(before, (draft) => void extract(draft, kinds, ['split', 'b', 'c', 'join'], 'Decide'));
    expect(dissolveRefusal(folded, 'subProcess')).toBeUndefined();
    let freed: string[] = [];
    const after = edit(folded, (draft) => {
      freed = dissolve(draft, kinds, 'subProcess');
    });
    expect(freed.sort()).toEqual(['b', 'c', 'join', 'late', 'split'].sort());
    expect(joined(after)).toEqual(joined(before));
    expect(after.nodes.map(({ id }) => id).sort()).toEqual(before.nodes.map(({ id }) => id).sort());
    expect(after.nodes.every(({ parent }) => parent === undefined)).toBe(true);
    expect(Object.keys(after.layout ?? {}).sort()).toEqual(Object.keys(before.layout ?? {}).sort());
    for (const [id, { at }] of Object.entries(before.layout ?? {}))
      expect(after.layout?.[id]?.at, id).toEqual(at);
  });

  it('is taken apart where it was moved to, and the others make room', () => {
    const folded = edit(process(), (draft) => {
      extract(draft, kinds, ['split', 'b', 'c', 'join'], 'Decide');
      (draft.layout?.subProcess as { at: [number, number] }).at = [560, 216];
      (draft.layout?.d as { at: [number, number] }).at = [860, 200];
    });
    const after = edit(folded, (draft) => void dissolve(draft, kinds, 'subProcess'));
    const at = (id: string) => after.layout?.[id]?.at ?? [0, 0];
    expect(at('split')[0]).toBe(560);
    expect(at('c')[1] - at('b')[1]).toBe(160);
    expect(at('d')[0]).toBeGreaterThan(at('join')[0] + 64);
    expect(at('a')).toEqual([160, 0]);
  });

  it('says why it cannot be made', () => {
    const document = process();
    expect(extractRefusal(document, [])).toBe('none');
    expect(extractRefusal(document, ['begin', 'a'])).toBe('ends');
    expect(extractRefusal(document, ['d', 'finish'])).toBe('ends');
    expect(extractRefusal(document, ['b', 'c'])).toBe('entries');
    expect(extractRefusal(document, ['a', 'split'])).toBe('exits');
    expect(extractRefusal(document, ['late'])).toBe('hosts');
    expect(extractRefusal(document, ['b', 'join'])).toBe('entries');
    const inner = edit(document, (draft) => void extract(draft, kinds, ['a'], 'A'));
    expect(extractRefusal(inner, ['a', 'd'])).toBe('scopes');
    const untouched = edit(document, (draft) => {
      expect(extract(draft, kinds, ['b', 'c'], 'No')).toBeUndefined();
    });
    expect(untouched).toEqual(document);
  });

  it('is not taken apart where that would change what happens', () => {
    const nested = edit(
      process(),
      (draft) => void extract(draft, kinds, ['split', 'b', 'c', 'join'], 'Decide'),
    );
    const edited = (recipe: (draft: ProcessDocument) => void) =>
      dissolveRefusal(edit(nested, recipe), 'subProcess');
    const given = (id: string, fields: object) =>
      edited((draft) => {
        Object.assign(draft.nodes.find((candidate) => candidate.id === id) as object, fields);
      });
    expect(dissolveRefusal(nested, 'a')).toBe('kind');
    expect(given('subProcess', { each: { in: '[]' } })).toBe('kind');
    expect(given('subProcess', { variables: [{ name: 'n', type: 'number' }] })).toBe('own');
    expect(given('end', { effect: { terminate: {} } })).toBe('ends');
    expect(given('split', { kind: 'parallelGateway' })).toBe('parallel');
    expect(
      edited((draft) => {
        draft.nodes.push({ id: 'limit', kind: 'boundaryEvent', attachedTo: 'subProcess' });
      }),
    ).toBe('attached');
    expect(edited((draft) => deleteElements(draft, ['start'], { heal: false }))).toBe('start');
    expect(
      edited((draft) => {
        draft.flows.push({ id: 'x', from: 'subProcess', to: 'finish' });
      }),
    ).toBe('exits');
  });
});
