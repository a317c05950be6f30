import { readFileSync } from 'node:fs';
import ELK, { type ElkNode } from 'elkjs/lib/elk.bundled.js';
import { describe, expect, it, vi } from 'vitest';
import { applyLayout, setPlaced } from '@/lib/process/edits';
import { contract, kinds } from '@/lib/process/fixtures';
import { overlaps, positionsOf, type Rect, rectOf } from '@/lib/process/geometry';
import { ancestorsOf, flatten } from '@/lib/process/scopes';
import type { ProcessDocument } from '@/lib/process/types';
import { keptOf, layInLines, layoutDocument, toElk } from './layout';

const elk = new ELK();
const lay = (graph: ElkNode) => elk.layout(graph);
const example = (name: string) =>
  flatten(JSON.parse(readFileSync(`../schemas/examples/${name}.json`, 'utf8')));
const endsOf = ({ nodes }: ReturnType<typeof example>) =>
  new Set(nodes.filter(({ kind }) => kind === 'endEvent').map(({ id }) => id));

describe('the layout of a whole process', { timeout: 60_000 }, () => {
  it('breaks what is too long to be read into lines', async () => {
    const process = example('contract-preparation');
    const row = await lay(toElk(process, kinds));
    const lines = await layInLines(toElk(process, kinds), endsOf(process), lay);
    expect(lines.width).toBeLessThan((row.width ?? 0) / 1.5);
    expect(lines.height).toBeGreaterThan(row.height ?? 0);
    expect(lines.children?.map(({ id }) => id)).toEqual(row.children?.map(({ id }) => id));
    // Every connection still has one way from end to end.
    for (const { id, sections } of lines.edges ?? []) expect(sections, id).toHaveLength(1);
  });

  it('breaks what breaks at plain places only', async () => {
    const process = example('gallery/lead-handling');
    const refused: unknown[] = [];
    const graph = toElk(process, kinds);
    const row = await lay(graph);
    const asked = (given: ElkNode) =>
      lay(given).catch((error: unknown) => {
        refused.push(error);
        throw error;
      });
    const narrow = ({ width = 1 }: ElkNode) => 100 / width;
    const lines = await layInLines(graph, endsOf(process), asked, narrow);
    expect(refused).not.toHaveLength(0);
    expect(lines.width).toBeLessThan((row.width ?? 0) / 1.3);
    expect(lines.children).toHaveLength(row.children?.length ?? 0);
    for (const { id, sections } of lines.edges ?? []) expect(sections, id).toHaveLength(1);
  });

  it('leaves what can be read, what is a map and what cannot be broken in one row', async () => {
    const asked = vi.fn(lay);
    const short = contract();
    const kept = { ...short, nodes: short.nodes.slice(0, 3), flows: short.flows.slice(0, 2) };
    await layInLines(toElk(kept, kinds), endsOf(kept), asked);
    expect(asked).toHaveBeenCalledTimes(1);

    const process = example('contract-preparation');
    const many = { ...toElk(process, kinds), edges: [] };
    const [first] = many.children ?? [];
    many.children = Array.from({ length: 151 }, (_, i) => ({ ...first, ports: [], id: `n${i}` }));
    const map = vi.fn(async (graph: ElkNode) => ({ ...graph, width: 50_000, height: 500 }));
    await layInLines(many, new Set(), map);
    expect(map).toHaveBeenCalledTimes(1);

    const row = await lay(toElk(process, kinds));
    const refusing = vi.fn(lay).mockImplementation(async ({ layoutOptions }) => {
      if (layoutOptions?.['elk.layered.wrapping.strategy'])
        throw new Error('java.util.NoSuchElementException');
      return row;
    });
    expect(await layInLines(toElk(process, kinds), endsOf(process), refusing)).toBe(row);
  });

  it('ends when it is cancelled', async () => {
    const canceled = new DOMException('layout canceled', 'AbortError');
    const row = { id: 'root', width: 5000, height: 300, children: [] };
    const stopped = vi.fn().mockResolvedValueOnce(row).mockRejectedValueOnce(canceled);
    await expect(layInLines(row, new Set(), stopped)).rejects.toBe(canceled);
  });
});

describe('a layout round what was placed by hand', { timeout: 60_000 }, () => {
  /** Pairs of steps that cover one another, neither being round the other. */
  function covered(document: ProcessDocument): string[] {
    const places = positionsOf(kinds, document);
    const boxes = document.nodes
      .filter(({ attachedTo }) => !attachedTo)
      .map((node): [string, Rect] => [node.id, rectOf(kinds, node, places.get(node.id) ?? [0, 0], document)]);
    const around = (inner: string, outer: string): boolean => ancestorsOf(document, inner).includes(outer);
    return boxes.flatMap(([a, first], i) =>
      boxes
        .slice(i + 1)
        .filter(([b, second]) => !around(a, b) && !around(b, a) && overlaps(first, second))
        .map(([b]) => `${a} ${b}`),
    );
  }

  async function tidied(document: ProcessDocument, only?: ReadonlySet<string>): Promise<ProcessDocument> {
    const options = { keep: true, ...(only ? { only } : {}) };
    const { places, bends, sizes } = await layoutDocument(document, kinds, options, lay);
    const next = structuredClone(document);
    applyLayout(next, places, bends, sizes, keptOf(document, only));
    return next;
  }

  /** The document with every so-manieth step thrown somewhere, as a hand might. */
  function strewn(document: ProcessDocument, every: number): ProcessDocument {
    const next = structuredClone(document);
    next.layout ??= {};
    const free = next.nodes.filter(({ attachedTo, parent }) => !attachedTo && !parent);
    const some = free.filter((_, i) => i % every === 0);
    some.forEach(({ id }, i) => {
      next.layout = { ...next.layout, [id]: { at: [i * 620, (i % 3) * 900] } };
    });
    setPlaced(
      next,
      some.map(({ id }) => id),
      true,
    );
    return next;
  }

  it.each(['contract-preparation', 'gallery/purchase-order', 'gallery/lead-handling'])(
    'leaves them there and covers nothing: %s',
    async (name) => {
      for (const every of [2, 3, 7]) {
        const before = strewn(example(name), every);
        const after = await tidied(before);
        expect(covered(after), `every ${every}`).toEqual([]);
        const kept = keptOf(before);
        expect(kept.size).toBeGreaterThan(0);
        for (const id of kept) expect(after.layout?.[id]?.at, id).toEqual(before.layout?.[id]?.at);
        expect(keptOf(after)).toEqual(kept);
      }
    },
  );

  it('is the whole layout, put where the only placed step is', async () => {
    const before = example('contract-preparation');
    const [, second] = before.nodes;
    const id = second?.id as string;
    const plain = await layoutDocument(before, kinds, {}, lay);
    const placed = { ...before, layout: { ...before.layout, [id]: { at: [3000, -700], placed: true } } };
    const { places } = await layoutDocument(placed as ProcessDocument, kinds, { keep: true }, lay);
    expect(places.get(id)).toEqual([3000, -700]);
    const [x, y] = plain.places.get(id) as [number, number];
    for (const [other, [ox, oy]] of plain.places)
      expect(places.get(other)).toEqual([ox + 3000 - x, oy - 700 - y]);
  });

  it('lays a selection out round what is placed in it and what is not in it', async () => {
    const before = contract();
    const [first, second, third, ...rest] = before.nodes.filter(({ attachedTo }) => !attachedTo);
    const only = new Set([first, second, third].map((node) => node?.id as string));
    // All on one heap, with a step that was not chosen in the midst of it.
    for (const { id } of before.nodes) before.layout = { ...before.layout, [id]: { at: [400, 100] } };
    rest.forEach(({ id }, i) => {
      before.layout = { ...before.layout, [id]: { at: [400 + 300 * i, 100] } };
    });
    setPlaced(before, [second?.id as string], true);
    before.layout = { ...before.layout, [second?.id as string]: { at: [400, 900], placed: true } };
    const after = await tidied(before, only);
    expect(covered(after)).toEqual([]);
    expect(after.layout?.[second?.id as string]?.at).toEqual([400, 900]);
    for (const { id } of rest) expect(after.layout?.[id]?.at, id).toEqual(before.layout?.[id]?.at);
  });

  it('keeps a sub-process round the steps that were placed in it', async () => {
    const before: ProcessDocument = {
      ...contract(),
      nodes: [
        { id: 's', kind: 'startEvent' },
        { id: 'part', kind: 'subProcess', name: 'Part' },
        { id: 'is', kind: 'startEvent', parent: 'part' },
        { id: 'it', kind: 'userTask', parent: 'part' },
        { id: 'ie', kind: 'endEvent', parent: 'part' },
        { id: 'e', kind: 'endEvent' },
      ],
      flows: [
        { id: 'a', from: 's', to: 'part' },
        { id: 'b', from: 'part', to: 'e' },
        { id: 'c', from: 'is', to: 'it' },
        { id: 'd', from: 'it', to: 'ie' },
      ],
      layout: {
        s: { at: [0, 0] },
        part: { at: [900, 600], size: [800, 400] },
        is: { at: [920, 700] },
        it: { at: [1000, 820], placed: true },
        ie: { at: [1500, 700] },
        e: { at: [0, 0] },
      },
    };
    const after = await tidied(before);
    expect(after.layout?.it).toEqual({ at: [1000, 820], placed: true });
    expect(covered(after)).toEqual([]);
    const frame = rectOf(kinds, after.nodes[1] as never, after.layout?.part?.at ?? [0, 0], after);
    const [x = 0, y = 0] = after.layout?.it?.at ?? [];
    expect(x > frame.x && x < frame.x + frame.width && y > frame.y && y < frame.y + frame.height).toBe(true);
  });
});
