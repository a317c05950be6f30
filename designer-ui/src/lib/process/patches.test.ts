import { describe, expect, it } from 'vitest';
import { History } from '../history';
import { addNode, deleteElements, moveNodes, setField } from './edits';
import { contract, kinds } from './fixtures';
import type { KindDescriptor } from './kinds';
import { applyElementPatches, changesBetween, diffDocuments } from './patches';

function changed() {
  const base = contract();
  const history = new History(base);
  history.run({ key: 't' }, (draft) => {
    setField(draft, 'prepare', 'config.text', 'Hello');
    setField(draft, 'draft', 'name', undefined);
    moveNodes(draft, new Map([['won', [1300, 20]]]));
    addNode(draft, kinds, kinds.get('exclusiveGateway') as KindDescriptor, [0, 500]);
    deleteElements(draft, ['remind'], { heal: false });
    draft.description = 'About contracts';
  });
  return { base, next: history.current };
}

describe('element patches', () => {
  it('names element and field, with before and after', () => {
    const { base, next } = changed();
    expect(diffDocuments(base, next)).toEqual(
      expect.arrayContaining([
        { element: 'nodes/prepare', path: ['config', 'text'], before: null, after: 'Hello' },
        { element: 'nodes/draft', path: ['name'], before: 'Draft', after: null },
        { element: 'layout/won', path: ['at'], before: [1200, 0], after: [1300, 20] },
        { element: 'nodes/remind', path: [], before: base.nodes[4], after: null },
        { element: 'meta', path: ['description'], before: null, after: 'About contracts' },
      ]),
    );
    expect(diffDocuments(next, next)).toEqual([]);
  });

  it('writes into no prototype', () => {
    const document = structuredClone(contract());
    applyElementPatches(document, [
      { element: 'nodes/prepare', path: ['config', '__proto__', 'spoilt'], before: null, after: true },
      { element: 'meta', path: ['__proto__', 'spoilt'], before: null, after: true },
    ]);
    expect('spoilt' in {}).toBe(false);
  });

  it('carries edits onto another document', () => {
    const { base, next } = changed();
    const carried = structuredClone(base);
    applyElementPatches(carried, diffDocuments(base, next));
    expect(diffDocuments(carried, next)).toEqual([]);

    const foreign = contract();
    (foreign.nodes[5] as { name: string }).name = 'Decide';
    applyElementPatches(foreign, diffDocuments(base, next));
    expect(foreign.nodes.find(({ id }) => id === 'ok')?.name).toBe('Decide');
    expect(foreign.nodes.find(({ id }) => id === 'prepare')?.config).toMatchObject({ text: 'Hello' });
  });

  it('tells people what was added, removed, changed and only moved', () => {
    const { base, next } = changed();
    const kindsOfChange = Object.fromEntries(
      changesBetween(base, next).map((change) => [`${change.element}:${change.id}`, change.kind]),
    );
    expect(kindsOfChange).toMatchObject({
      'node:prepare': 'changed',
      'node:won': 'moved',
      'node:exclusiveGateway': 'added',
      'node:remind': 'removed',
      'flow:f7': 'removed',
      'process:': 'changed',
    });
  });
});
