import { produce } from 'immer';
import { describe, expect, it } from 'vitest';
import { indexOf } from './document';
import {
  addBoundary,
  addNode,
  connect,
  deleteElements,
  insertOnFlow,
  moveInto,
  pasteSteps,
  pickSteps,
  refusal,
  setCollapsed,
} from './edits';
import { kinds } from './fixtures';
import { FRAME, framesOf, positionsOf } from './geometry';
import type { KindDescriptor } from './kinds';
import { applyElementPatches, diffDocuments, equal } from './patches';
import { flatten, hiddenIn, nest } from './scopes';
import type { Point, ProcessDocument } from './types';
import { validate, wayOf } from './validate';

function stored(): ProcessDocument {
  return {
    format: 'fluxo/process@1',
    key: 'scopes',
    name: 'Scopes',
    nodes: [
      { id: 'begin', kind: 'startEvent' },
      {
        id: 'sub',
        kind: 'subProcess',
        nodes: [
          { id: 'in', kind: 'startEvent' },
          { id: 'work', kind: 'userTask', config: { assignee: 'u1' } },
          { id: 'out', kind: 'endEvent' },
          { id: 'deep', kind: 'subProcess', nodes: [{ id: 'core', kind: 'task' }], flows: [] },
        ],
        flows: [
          { id: 'i1', from: 'in', to: 'work' },
          { id: 'i2', from: 'work', to: 'out' },
        ],
      },
      { id: 'finish', kind: 'endEvent' },
    ],
    flows: [
      { id: 'f1', from: 'begin', to: 'sub' },
      { id: 'f2', from: 'sub', to: 'finish' },
    ],
    layout: {
      begin: { at: [0, 0] },
      sub: { at: [300, 0], size: [500, 300] },
      in: { at: [330, 80] },
      work: { at: [440, 80] },
      out: { at: [700, 80] },
      deep: { at: [440, 180], size: [300, 100] },
      core: { at: [470, 236] },
      finish: { at: [1200, 0] },
    },
  };
}

const flat = () => flatten(stored());
const kind = (key: string) => kinds.get(key) as KindDescriptor;
const parentOf = (document: ProcessDocument, id: string) => indexOf(document).nodes.get(id)?.parent;
const at = (document: ProcessDocument, id: string) => positionsOf(kinds, document).get(id) as Point;

describe('the flat form', () => {
  it('is the inverse of the nested one', () => {
    expect(parentOf(flat(), 'core')).toBe('deep');
    expect(indexOf(flat()).flows.has('i1')).toBe(true);
    expect(equal(nest(flat()), stored())).toBe(true);
  });

  it('leaves a process without sub-processes as it is', () => {
    const plain = { ...stored(), nodes: [{ id: 'begin', kind: 'startEvent' }], flows: [] };
    expect(flatten(plain)).toBe(plain);
    expect(nest(plain)).toBe(plain);
  });

  it('sends changes of inner steps one by one, and takes them back', () => {
    const base = flat();
    const next = produce(base, (draft) => {
      const work = draft.nodes.find((node) => node.id === 'work');
      if (work) work.name = 'Work';
    });
    const patches = diffDocuments(base, next);
    expect(patches.map(({ element, path }) => [element, path])).toEqual([['nodes/work', ['name']]]);
    const other = produce(base, (draft) => applyElementPatches(draft, patches));
    expect(indexOf(other).nodes.get('work')?.name).toBe('Work');
    expect(diffDocuments(next, other)).toEqual([]);
  });
});

describe('places', () => {
  it('grow a frame to hold its steps', () => {
    const wide = produce(flat(), (draft) => {
      if (draft.layout?.work) draft.layout.work.at = [900, 80];
    });
    const frame = framesOf(kinds, wide).get('sub');
    expect((frame?.x ?? 0) + (frame?.width ?? 0)).toBe(900 + 220 + FRAME.side);
  });

  it('put steps without a place inside their frame', () => {
    const bare = flatten({ ...stored(), layout: {} });
    const frame = framesOf(kinds, bare).get('sub');
    const [x, y] = at(bare, 'work');
    expect(frame && x > frame.x && y > frame.y && x + 220 < frame.x + frame.width).toBe(true);
    const inner = framesOf(kinds, bare).get('deep');
    const [cx, cy] = at(bare, 'core');
    expect(inner && cx >= inner.x && cy >= inner.y).toBe(true);
  });

  it('hide what is folded away, and close up', () => {
    const folded = produce(flat(), (draft) => setCollapsed(draft, kinds, 'sub', true));
    expect(hiddenIn(folded).get('core')).toBe('sub');
    expect(framesOf(kinds, folded).has('sub')).toBe(false);
    expect(at(folded, 'finish')[0]).toBe(1200 - 280);
    const again = produce(folded, (draft) => setCollapsed(draft, kinds, 'sub', false));
    expect(at(again, 'finish')).toEqual([1200, 0]);
    expect(at(again, 'work')).toEqual([440, 80]);
  });
});

describe('edits across scopes', () => {
  it('refuse a flow across the border', () => {
    expect(refusal(flat(), kinds, 'begin', 'work')).toBe('otherScope');
    expect(refusal(flat(), kinds, 'in', 'out')).toBeUndefined();
  });

  it('add a step where it is dropped', () => {
    let made = '';
    const next = produce(flat(), (draft) => {
      made = addNode(draft, kinds, kind('userTask'), [500, 200]);
    });
    expect(parentOf(next, made)).toBe('deep');
  });

  it('insert into a flow inside', () => {
    let made = '';
    const next = produce(flat(), (draft) => {
      made = addNode(draft, kinds, kind('userTask'), [0, 0], null);
      insertOnFlow(draft, kinds, 'i2', made);
    });
    expect(parentOf(next, made)).toBe('sub');
    const frame = framesOf(kinds, next).get('sub');
    expect((frame?.x ?? 0) + (frame?.width ?? 0)).toBeLessThan(at(next, 'finish')[0]);
    expect(nest(next).flows.map((flow) => flow.id)).toEqual(['f1', 'f2']);
  });

  it('begin a new sub-process with a start and an end', () => {
    let made = '';
    const next = produce(flat(), (draft) => {
      made = addNode(draft, kinds, kind('subProcess'), [0, 600]);
    });
    const inner = nest(next).nodes.find((node) => node.id === made);
    expect(inner?.nodes?.map((node) => node.kind)).toEqual(['startEvent', 'endEvent']);
    expect(inner?.flows).toHaveLength(1);
  });

  it('keep an attached event in the scope of its host', () => {
    let made = '';
    const next = produce(flat(), (draft) => {
      made = addBoundary(draft, kinds, 'work', kind('boundaryTimer'));
    });
    expect(parentOf(next, made)).toBe('sub');
  });

  it('move a sub-process with all that is in it', () => {
    const next = produce(flat(), (draft) => {
      moveInto(draft, kinds, new Map([['sub', [340, 100]]]));
    });
    expect(at(next, 'work')).toEqual([480, 180]);
    expect(at(next, 'core')).toEqual([510, 336]);
  });

  it('move a free step in and out, with what is attached to it', () => {
    const out = produce(flat(), (draft) => {
      addBoundary(draft, kinds, 'core', kind('boundaryTimer'));
      expect(moveInto(draft, kinds, new Map([['core', [0, 800]]]))).toEqual([]);
    });
    expect(parentOf(out, 'core')).toBeUndefined();
    expect(parentOf(out, 'boundary')).toBeUndefined();
    const back = produce(out, (draft) => {
      moveInto(draft, kinds, new Map([['core', [460, 230]]]));
    });
    expect(parentOf(back, 'core')).toBe('deep');
    expect(parentOf(back, 'boundary')).toBe('deep');
  });

  it('hold a step that is connected to others that stay', () => {
    let held: string[] = [];
    const next = produce(flat(), (draft) => {
      held = moveInto(draft, kinds, new Map([['work', [440, 900]]]));
    });
    expect(held).toEqual(['work']);
    expect(parentOf(next, 'work')).toBe('sub');
  });

  it('delete and copy a sub-process with its steps', () => {
    const less = produce(flat(), (draft) => deleteElements(draft, ['sub'], { heal: true }));
    expect(less.nodes.map((node) => node.id)).toEqual(['begin', 'finish']);
    expect(less.flows).toHaveLength(1);
    const steps = pickSteps(flat(), kinds, ['sub']);
    const more = produce(flat(), (draft) => void pasteSteps(draft, kinds, steps, [0, 900]));
    const copy = nest(more).nodes.find((node) => node.kind === 'subProcess' && node.id !== 'sub');
    expect(copy?.nodes).toHaveLength(4);
    expect(copy?.flows).toHaveLength(2);
    expect(new Set(more.nodes.map((node) => node.id)).size).toBe(more.nodes.length);
  });

  it('follow the way to a fault through sub-processes, without flows that are gone', () => {
    const finding = { code: 'never_ends', severity: 'error', data: { flows: ['f1', 'i1', 'gone'] } } as const;
    expect(wayOf(flat(), finding)).toEqual(['f1', 'i1']);
    expect(wayOf(flat(), { code: 'never_ends', severity: 'error' })).toEqual([]);
  });

  it('find nothing to complain about in what is drawn so', () => {
    const next = produce(flat(), (draft) => {
      const [start, end] = ['in2', 'out2'];
      draft.nodes.push({ id: start, kind: 'startEvent', parent: 'deep' });
      draft.nodes.push({ id: end, kind: 'endEvent', parent: 'deep' });
      connect(draft, start, 'core');
      connect(draft, 'core', end);
      draft.nodes = draft.nodes.map((node) => (node.id === 'deep' ? { ...node, event: true } : node));
    });
    expect(validate(next, kinds).map((finding) => finding.code)).toEqual([]);
  });
});
