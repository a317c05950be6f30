import { readFileSync } from 'node:fs';
import ELK, { type ElkNode } from 'elkjs/lib/elk.bundled.js';
import { describe, expect, it, vi } from 'vitest';
import { contract, kinds } from '@/lib/process/fixtures';
import { flatten } from '@/lib/process/scopes';
import { layInLines, toElk } from './layout';

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
