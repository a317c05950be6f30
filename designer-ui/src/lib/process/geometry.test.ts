import { describe, expect, it } from 'vitest';
import { contract, kinds } from './fixtures';
import { boundsOf, geometryOf, outputPort, overlaps, positionsOf, rectOf } from './geometry';
import { distanceTo, labelPoint, midpoint, roundedPath, route } from './route';
import type { Point, ProcessDocument, ProcessNode } from './types';

const find = (document: ProcessDocument, id: string) =>
  document.nodes.find((node) => node.id === id) as ProcessNode;

describe('geometry', () => {
  it('follows from kind and ports', () => {
    const document = contract();
    expect(geometryOf(kinds, find(document, 'draft'))).toMatchObject({
      shape: 'card',
      width: 220,
      height: 64,
    });
    expect(geometryOf(kinds, find(document, 'won'))).toMatchObject({
      shape: 'circle',
      width: 64,
      outputs: [],
    });
    expect(geometryOf(kinds, find(document, 'begin')).input).toBeUndefined();
    const approval = geometryOf(kinds, find(document, 'ok'));
    expect(approval.outputs.map(({ id }) => id)).toEqual(['approve', 'rework', 'reject']);
    expect(approval.height).toBe(64 + 3 * 26 + 6);
    expect(new Set(approval.outputs.map(({ y }) => y)).size).toBe(3);
  });

  it('falls back to the first port for a flow of a removed outcome', () => {
    const geometry = geometryOf(kinds, find(contract(), 'ok'));
    expect(outputPort(geometry, 'gone')?.id).toBe('approve');
  });

  it('puts boundary events on the lower border of their host', () => {
    const places = positionsOf(kinds, contract());
    const [x, y] = places.get('late') as Point;
    expect(y + 18).toBe(64);
    expect(x).toBeGreaterThan(600);
    expect(x + 36).toBeLessThan(820);
  });

  it('arranges a definition without layout in flow order, without overlaps', () => {
    const { layout: _, ...document } = contract();
    const places = positionsOf(kinds, document);
    const x = (id: string) => (places.get(id) as Point)[0];
    expect(x('begin')).toBeLessThan(x('draft'));
    expect(x('draft')).toBeLessThan(x('prepare'));
    expect(x('prepare')).toBeLessThan(x('ok'));
    expect(x('ok')).toBeLessThan(x('won'));
    const rects = document.nodes
      .filter(({ kind }) => kind !== 'boundaryEvent')
      .map((node) => rectOf(kinds, node, places.get(node.id) as Point));
    rects.forEach((a, i) => {
      for (const b of rects.slice(i + 1)) expect(overlaps(a, b)).toBe(false);
    });
  });

  it('arranges a very long chain without recursion', () => {
    const nodes = Array.from({ length: 20_000 }, (_, i) => ({ id: `n${i}`, kind: 'userTask' }));
    const flows = nodes.slice(1).map((node, i) => ({ id: `f${i}`, from: `n${i}`, to: node.id }));
    const places = positionsOf(kinds, { format: 'fluxo/process@1', key: 'k', name: 'n', nodes, flows });
    expect((places.get('n19999') as Point)[0]).toBe(19_999 * 300);
  });

  it('bounds rectangles', () => {
    expect(
      boundsOf([
        { x: 0, y: 5, width: 10, height: 10 },
        { x: -5, y: 0, width: 1, height: 1 },
      ]),
    ).toEqual({ x: -5, y: 0, width: 15, height: 15 });
    expect(boundsOf([])).toEqual({ x: 0, y: 0, width: 0, height: 0 });
  });
});

describe('routes', () => {
  const end = (x: number, y: number, side: 'left' | 'right' | 'bottom') => ({
    rect: { x, y, width: 100, height: 60 },
    port: {
      id: 'p',
      side,
      x: side === 'left' ? 0 : side === 'right' ? 100 : 50,
      y: side === 'bottom' ? 60 : 30,
    },
  });
  const orthogonal = (points: Point[]) =>
    points.every((point, i) => {
      const before = points[i - 1];
      return !before || before[0] === point[0] || before[1] === point[1];
    });

  it.each([
    ['straight', end(0, 0, 'right'), end(300, 0, 'left'), 2],
    ['elbow', end(0, 0, 'right'), end(300, 100, 'left'), 4],
    ['back on the same row', end(300, 0, 'right'), end(0, 0, 'left'), 6],
    ['back and down', end(300, 0, 'right'), end(0, 300, 'left'), 6],
    ['from a boundary event down', end(0, 0, 'bottom'), end(300, 200, 'left'), 3],
    ['from a boundary event to the row above', end(0, 0, 'bottom'), end(400, 0, 'left'), 5],
    ['from a boundary event to the left below', end(300, 0, 'bottom'), end(260, 200, 'left'), 5],
    ['from a boundary event back', end(300, 0, 'bottom'), end(0, 0, 'left'), 5],
  ])('%s keeps right angles', (_, from, to, points) => {
    const way = route(from, to);
    expect(way).toHaveLength(points);
    expect(orthogonal(way)).toBe(true);
  });

  it('keeps clear of both nodes on a way back', () => {
    const way = route(end(300, 0, 'right'), end(0, 0, 'left'));
    expect(Math.max(...way.map(([, y]) => y))).toBeGreaterThan(60);
  });

  it('goes along stored bends', () => {
    expect(
      route(end(0, 0, 'right'), end(300, 100, 'left'), [
        [150, 30],
        [150, 130],
      ]),
    ).toEqual([
      [100, 30],
      [150, 30],
      [150, 130],
      [300, 130],
    ]);
  });

  it('parts flows of one port at once when told so, and labels the stretch that is theirs alone', () => {
    const up = route(end(0, 100, 'right'), end(400, 0, 'left'), [], { early: true });
    const straight = route(end(0, 100, 'right'), end(400, 100, 'left'), [], { early: true });
    expect(up[1]).toEqual([120, 130]);
    expect(labelPoint(up)[1]).toBe(30);
    expect(labelPoint(straight)).toEqual([250, 130]);
  });

  it('does not cross a target below and left of a boundary event', () => {
    const way = route(end(300, 0, 'bottom'), end(260, 200, 'left'));
    const inside = way.slice(0, -1).some(([x, y]) => x > 260 && x < 360 && y > 200 && y < 260);
    expect(inside).toBe(false);
    expect(Math.max(...way.map(([, y]) => y))).toBe(230);
  });

  it('aligns stored bends with their ports and drops those that would be slanted', () => {
    const from = end(0, 0, 'right');
    const to = end(300, 100, 'left');
    const rounded = route(from, to, [
      [150, 31],
      [150, 129],
    ]);
    expect(rounded).toEqual([
      [100, 30],
      [150, 30],
      [150, 130],
      [300, 130],
    ]);
    expect(route(from, to, [[150, 70]])).toEqual(route(from, to));
  });

  it('draws, halves and measures', () => {
    const way: Point[] = [
      [0, 0],
      [100, 0],
      [100, 100],
    ];
    expect(roundedPath(way)).toBe('M0 0L92 0Q100 0 100 8L100 100');
    expect(midpoint(way)).toEqual([100, 0]);
    expect(distanceTo(way, [50, 7])).toBe(7);
  });
});
