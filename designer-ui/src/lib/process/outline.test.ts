import { describe, expect, it } from 'vitest';
import { addNote, groupNodes, setCollapsed } from './edits';
import { contract, kinds, ladder } from './fixtures';
import { outlineOf } from './outline';
import type { ProcessDocument } from './types';

/** The outline as text: two spaces per level, ways in brackets, what is told elsewhere with an arrow. */
function text(document: ProcessDocument): string[] {
  return outlineOf(document).map(({ kind, id, to, level }) => {
    const words =
      kind === 'step' ? id : kind === 'way' ? `[${id}]` : kind === 'goto' ? `(${id})` : `${kind} ${id}`;
    return `${'  '.repeat(level - 1)}${words}${to === undefined ? '' : ` -> ${to}`}`;
  });
}

function draw(lines: string, extra: Partial<ProcessDocument> = {}): ProcessDocument {
  const names = new Set<string>();
  const flows = lines
    .trim()
    .split(/\s*\n\s*/)
    .map((line, i) => {
      const [from = '', to = ''] = line.split(' ');
      names.add(from);
      names.add(to);
      return { id: `f${i}`, from, to };
    });
  const kindOf = (id: string) =>
    id.startsWith('begin') ? 'startEvent' : id.startsWith('end') ? 'endEvent' : 'task';
  return {
    format: 'fluxo/process@1',
    key: 'k',
    name: 'K',
    nodes: [...names].map((id) => ({ id, kind: kindOf(id) })),
    flows,
    ...extra,
  };
}

describe('the outline', () => {
  it('tells a chain flat and branches that meet again indented, the rest after them', () => {
    expect(text(draw('begin a\na b\na c\nb d\nc d\na d\nd end'))).toEqual([
      'begin',
      'a',
      '  [f1]',
      '    b',
      '  [f2]',
      '    c',
      '  [f5] -> d',
      'd',
      'end',
    ]);
  });

  it('goes on with the longest of branches that never meet', () => {
    expect(text(draw('begin a\na end1\na b\nb end2'))).toEqual([
      'begin',
      'a',
      '  [f1]',
      '    end1',
      '  [f2] -> b',
      'b',
      'end2',
    ]);
  });

  it('says where a loop leads back to', () => {
    expect(text(draw('begin a\na b\nb a\nb end'))).toEqual([
      'begin',
      'a',
      'b',
      '  [f2] -> a',
      '  [f3] -> end',
      'end',
    ]);
  });

  it('tells every element once, boundary events below their host, notes beside their step', () => {
    const document = contract();
    addNote(document, [0, 0], 'free');
    addNote(document, [0, 0], 'tied', 'prepare');
    groupNodes(document, ['draft', 'prepare'], 'Drafting');
    const lines = outlineOf(document);
    const steps = lines.filter(({ kind }) => kind === 'step').map(({ id }) => id);
    expect([...steps].sort()).toEqual(document.nodes.map(({ id }) => id).sort());
    const at = (id: string, kind = 'step') => lines.findIndex((line) => line.id === id && line.kind === kind);
    expect(lines[at('late')]?.level).toBe((lines[at('prepare')]?.level ?? 0) + 1);
    expect(at('note2', 'note')).toBe(at('prepare') + 1);
    expect(lines.slice(-2).map(({ kind }) => kind)).toEqual(['note', 'group']);
    const flows = lines.filter(({ kind }) => kind === 'way' || kind === 'goto').map(({ id }) => id);
    expect(new Set(flows).size).toBe(flows.length);
    expect(new Set(lines.map(({ key }) => key)).size).toBe(lines.length);
  });

  it('counts the lines of each list', () => {
    const lines = outlineOf(draw('begin a\na b\na c\nb d\nc d'));
    const of = (id: string) => lines.find((line) => line.id === id);
    expect(of('f2')).toMatchObject({ position: 2, siblings: 2, parent: true });
    expect(of('d')).toMatchObject({ position: 3, siblings: 3, parent: false });
  });

  it('shows steps of a sub-process below it while it is open', () => {
    const document = draw('begin sub\nsub end\ninner after');
    document.nodes = document.nodes.map((node) =>
      node.id === 'sub'
        ? { ...node, kind: 'subProcess' }
        : node.id === 'inner' || node.id === 'after'
          ? { ...node, parent: 'sub' }
          : node,
    );
    expect(text(document)).toEqual(['begin', 'sub', '  inner', '  after', 'end']);
    setCollapsed(document, kinds, 'sub', true);
    expect(text(document)).toEqual(['begin', 'sub', 'end']);
  });

  it('comes to an end in every graph, also one without an end or a start', () => {
    expect(text(draw('a b\nb c\nc a\nx y\ny x'))).toEqual([
      'a',
      'b',
      'c',
      '(f2) -> a',
      'x',
      'y',
      '(f4) -> x',
    ]);
    const large = ladder(2000);
    const before = performance.now();
    const lines = outlineOf(large);
    expect(performance.now() - before).toBeLessThan(2000);
    expect(lines.filter(({ kind }) => kind === 'step')).toHaveLength(large.nodes.length);
  });
});
