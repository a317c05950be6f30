import { describe, expect, it } from 'vitest';
import { contract, kinds } from '@/lib/process/fixtures';
import type { Rect } from '@/lib/process/geometry';
import type { Point, ProcessDocument, ProcessNode } from '@/lib/process/types';
import { ModelCache, type ModelInput } from './flowModel';
import { edgeAt, nodeAt } from './hitTest';
import { fromElk, toElk } from './layout';
import { fitView, openingView, readsWhole, revealView, withButtons } from './view';
import { detailFor } from './viewportHub';

const describeStep = (node: ProcessNode, incoming: number, outgoing: number) =>
  `${node.id} ${incoming} in ${outgoing} out`;
const describeFlow = (from: ProcessNode, to: ProcessNode) => `${from.id} ${to.id}`;

const input = (document: ProcessDocument, more: Partial<ModelInput> = {}): ModelInput => ({
  document,
  kinds,
  selection: new Set(),
  moving: new Map(),
  marks: undefined,
  changes: undefined,
  editable: true,
  describe: describeStep,
  describeFlow,
  ...more,
});

const still = { selection: new Set<string>() };

describe('ModelCache', () => {
  it('keeps the objects of everything that did not change', () => {
    const cache = new ModelCache();
    const document = contract();
    const first = cache.build(input(document));
    const selected = cache.build(input(document, { selection: new Set(['draft']) }));
    const changed = selected.nodes.filter((node, i) => node !== first.nodes[i]).map(({ id }) => id);
    expect(changed).toEqual(['draft']);
    expect(selected.edges.every((edge, i) => edge === first.edges[i])).toBe(true);
  });

  it('keeps the list of edges while somebody types into a step, and says them anew when its name changes', () => {
    const cache = new ModelCache();
    const document = contract();
    const say = (from: ProcessNode, to: ProcessNode) => `${from.name} ${to.name}`;
    const change = (change: Partial<ProcessNode>): ProcessDocument => ({
      ...document,
      nodes: document.nodes.map((node) => (node.id === 'draft' ? { ...node, ...change } : node)),
    });
    const first = cache.build(input(document, { describeFlow: say }));
    const typed = cache.build(input(change({ config: { to: 'x' } }), { describeFlow: say }));
    expect(typed.nodes).not.toEqual(first.nodes);
    expect(typed.edges).toBe(first.edges);
    const renamed = cache.build(input(change({ name: 'Sketch' }), { describeFlow: say }));
    const names = renamed.edges
      .filter(({ source }) => source === 'draft')
      .map(({ domAttributes }) => (domAttributes as { 'aria-label': string })['aria-label']);
    expect(names.length).toBeGreaterThan(0);
    expect(names.every((name) => name.startsWith('Sketch '))).toBe(true);
  });

  it('makes the accessible name of an element when it is drawn, and anew when its flows change', () => {
    const cache = new ModelCache();
    const document = contract();
    let made = 0;
    const describe = (node: ProcessNode, incoming: number, outgoing: number) => {
      made++;
      return describeStep(node, incoming, outgoing);
    };
    const nameOf = (model: ReturnType<ModelCache['build']>, id: string) =>
      (model.nodes.find((node) => node.id === id)?.domAttributes as { 'aria-label': string } | undefined)?.[
        'aria-label'
      ];
    const first = cache.build(input(document, { describe }));
    expect(made).toBe(0);
    const before = nameOf(first, 'draft');
    const flows = document.flows.filter((flow) => flow.from !== 'draft');
    const second = cache.build(input({ ...document, flows }, { describe }));
    expect(nameOf(second, 'draft')).not.toBe(before);
    expect(nameOf(second, 'draft')).toMatch(/ 0 out$/);
    expect(second.nodes.find(({ id }) => id === 'won')).toBe(first.nodes.find(({ id }) => id === 'won'));
  });

  it('moves attached events and edges along with a drag', () => {
    const cache = new ModelCache();
    const document = contract();
    const first = cache.build(input(document));
    const dragged = cache.build(
      input(document, { moving: new Map<string, Point>([['prepare', [600, 300]]]) }),
    );
    const late = (model: typeof first) => model.nodes.find(({ id }) => id === 'late')?.position.y ?? 0;
    expect(late(dragged) - late(first)).toBe(300);
    const touched = dragged.edges.filter((edge, i) => edge !== first.edges[i]).map(({ id }) => id);
    expect(touched.sort()).toEqual(['f2', 'f3', 'f5', 'f7']);
  });

  it('is the same after a drag step by step as built in one go', () => {
    const document = contract();
    document.nodes.push(
      { id: 'sub', kind: 'subProcess' },
      { id: 'inner', kind: 'userTask', parent: 'sub' },
      { id: 'innerLate', kind: 'boundaryEvent', attachedTo: 'inner', parent: 'sub' },
    );
    document.flows.push({ id: 'in', from: 'prepare', to: 'sub' });
    document.layout = { ...document.layout, sub: { at: [900, 600] }, inner: { at: [940, 660] } };
    const cache = new ModelCache();
    const drags: [string, Point][][] = [
      [],
      [['sub', [940, 640]]],
      [
        ['sub', [960, 660]],
        ['prepare', [600, 300]],
      ],
      [['prepare', [580, 280]]],
      [],
    ];
    const shown = (model: ReturnType<ModelCache['build']>) => ({
      nodes: model.nodes.map(({ id, position, zIndex }) => ({ id, position, zIndex })),
      edges: model.edges.map(({ id, data }) => ({ id, points: data?.points })),
      rects: [...model.rects],
    });
    for (const drag of drags) {
      const moving = new Map(drag);
      const stepwise = cache.build({ ...input(document), ...still, moving });
      expect(shown(stepwise)).toEqual(shown(new ModelCache().build(input(document, { moving }))));
    }
  });

  it('draws an id once and leaves dangling flows out', () => {
    const document = contract();
    document.nodes.push({ id: 'draft', kind: 'userTask' });
    document.flows.push({ id: 'f1', from: 'draft', to: 'ok' }, { id: 'f99', from: 'draft', to: 'gone' });
    const model = new ModelCache().build(input(document));
    expect(model.nodes.filter(({ id }) => id === 'draft')).toHaveLength(1);
    expect(model.edges.map(({ id }) => id)).not.toContain('f99');
    expect(model.edges.filter(({ id }) => id === 'f1')).toHaveLength(1);
  });

  it('finds what lies under a point', () => {
    const { rects, edges } = new ModelCache().build(input(contract()));
    expect(nodeAt(rects, [610, 10])).toBe('prepare');
    expect(nodeAt(rects, [790, 60])).toBe('late');
    expect(nodeAt(rects, [-50, 10])).toBeUndefined();
    expect(edgeAt(edges, [560, 40], 12)).toBe('f2');
    expect(edgeAt(edges, [560, 90], 12)).toBeUndefined();
  });
});

describe('views', () => {
  it('never fits larger than life and opens wide graphs at the start', () => {
    expect(fitView({ x: 0, y: 0, width: 100, height: 100 }, 1000, 600).zoom).toBe(1);
    const anchor = { x: 0, y: 0, width: 220, height: 64 };
    const wide = openingView({ x: 0, y: 0, width: 20_000, height: 400 }, anchor, 1000, 600);
    expect(wide).toEqual({ x: 32, y: 180, zoom: 0.6 });
    // Whole as long as it can be read.
    const [fits, small] = [1500, 1700].map((width) => ({ x: 0, y: 0, width, height: 400 }));
    expect(readsWhole(fits as Rect, 1000, 600)).toBe(true);
    expect(openingView(fits as Rect, anchor, 1000, 600)).toEqual(fitView(fits as Rect, 1000, 600));
    expect(readsWhole(small as Rect, 1000, 600)).toBe(false);
    expect(openingView(small as Rect, anchor, 1000, 600).zoom).toBe(0.6);
  });

  it('moves only as far as a hidden node needs', () => {
    const view = { x: 0, y: 0, zoom: 1 };
    expect(revealView(view, { x: 100, y: 100, width: 220, height: 64 }, 1000, 600)).toBeUndefined();
    expect(revealView(view, { x: 900, y: 100, width: 220, height: 64 }, 1000, 600)).toEqual({
      x: -144,
      y: 0,
      zoom: 1,
    });
  });

  it('shows the buttons of a step with it', () => {
    const step = { x: 700, y: 100, width: 220, height: 64 };
    const view = { x: 0, y: 0, zoom: 1 };
    expect(revealView(view, step, 1000, 600)).toBeUndefined();
    expect(revealView(view, withButtons(step), 1000, 600)?.x).toBe(-8);
  });

  it('enters and leaves the overview at different zooms', () => {
    expect(detailFor(0.38, 500, 'compact')).toBe('compact');
    expect(detailFor(0.35, 500, 'compact')).toBe('overview');
    expect(detailFor(0.4, 500, 'overview')).toBe('overview');
    expect(detailFor(0.43, 500, 'overview')).toBe('compact');
    expect(detailFor(0.2, 20, 'compact')).toBe('compact');
    expect(detailFor(0.7, 20, 'compact')).toBe('full');
  });
});

describe('layout', () => {
  it('hands ELK fixed ports and makes boundary events ports of their host', () => {
    const graph = toElk(contract(), kinds);
    const ids = graph.children?.map(({ id }) => id) ?? [];
    expect(ids).not.toContain('late');
    const prepare = graph.children?.find(({ id }) => id === 'prepare');
    expect(prepare?.ports?.map(({ id }) => id)).toContain('late\nout');
    expect(graph.edges?.find(({ id }) => id === 'f7')?.sources).toEqual(['late\nout']);
    expect(graph.edges?.find(({ id }) => id === 'f5')?.sources).toEqual(['ok\nrework']);
  });

  it('lays out a selection with its inner flows only', () => {
    const graph = toElk(contract(), kinds, { only: new Set(['prepare', 'ok']) });
    expect(graph.children?.map(({ id }) => id)).toEqual(['prepare', 'ok']);
    expect(graph.edges?.map(({ id }) => id)).toEqual(['f3', 'f5']);
  });

  it('keeps the top left corner of what was laid out', () => {
    const document = contract();
    const laid = {
      id: 'root',
      children: [
        { id: 'prepare', x: 12, y: 12, width: 220, height: 82 },
        { id: 'ok', x: 312, y: 12, width: 220, height: 148 },
      ],
      edges: [
        {
          id: 'f3',
          sources: [],
          targets: [],
          sections: [
            {
              id: 's',
              startPoint: { x: 0, y: 0 },
              endPoint: { x: 1, y: 1 },
              bendPoints: [{ x: 250, y: 44 }],
            },
          ],
        },
      ],
    };
    const { places, bends } = fromElk(document, kinds, laid);
    expect(places.get('prepare')).toEqual([600, 0]);
    expect(places.get('ok')).toEqual([900, 0]);
    expect(bends.get('f3')).toEqual([[838, 32]]);
  });
});
