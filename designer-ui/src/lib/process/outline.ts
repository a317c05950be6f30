import { indexOf } from './document';
import { flatten, isContainer, isOpen, parentsOf } from './scopes';
import { conditionOf, type Flow, type ProcessDocument, type ProcessNode } from './types';

/**
 * One line of the outline. `step`: a node. `way`: one of several ways out of the step above, with its branch below it.
 * `goto`: the flow goes on with a step that is told elsewhere. `note` and `group` as they are.
 */
export interface Line {
  readonly key: string;
  readonly kind: 'step' | 'way' | 'goto' | 'note' | 'group';
  /** The element: a node, a flow, a note or a group; of `goto` the flow that leads there. */
  readonly id: string;
  /** Of `way` and `goto`: the step that follows, when it is not told right below. */
  readonly to?: string;
  readonly level: number;
  /** Place among the lines of one level below one line, from 1. */
  readonly position: number;
  readonly siblings: number;
  /** Lines below it belong to it. */
  readonly parent: boolean;
}

type Draft = Pick<Line, 'kind' | 'id' | 'to' | 'level'>;

/** The process as an indented list in the order of its flow: every element once, in a sub-process its steps below it. */
export function outlineOf(given: ProcessDocument): Line[] {
  const document = flatten(given);
  const teller = new Teller(document);
  teller.scope(undefined, 1);
  for (const note of document.notes ?? []) {
    if (note.node === undefined || !indexOf(document).nodes.has(note.node))
      teller.lines.push({ kind: 'note', id: note.id, level: 1 });
  }
  for (const group of document.groups ?? []) teller.lines.push({ kind: 'group', id: group.id, level: 1 });
  return numbered(teller.lines);
}

function numbered(drafts: readonly Draft[]): Line[] {
  const counts = drafts.map(() => ({ position: 1, first: 0 }));
  const totals = new Map<number, number>();
  /** The first line of the present list, by level. */
  const open: number[] = [];
  drafts.forEach(({ level }, i) => {
    open.length = Math.min(open.length, level + 1);
    const first = open[level] ?? i;
    open[level] = first;
    const total = (totals.get(first) ?? 0) + 1;
    totals.set(first, total);
    counts[i] = { position: total, first };
  });
  const seen = new Map<string, number>();
  return drafts.map((draft, i) => {
    const { position, first } = counts[i] as { position: number; first: number };
    const name = `${draft.kind}:${draft.id}`;
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return {
      ...draft,
      key: times === 1 ? name : `${name}:${times}`,
      position,
      siblings: totals.get(first) ?? 1,
      parent: (drafts[i + 1]?.level ?? 0) > draft.level,
    };
  });
}

/** Branches that are still to be told, besides the one that is being told. */
interface Context {
  /** Where the branches of the split around meet: told after them, without a word. */
  readonly join: string | undefined;
  /** Steps that are told further on: a branch that comes there says so. */
  readonly later: readonly ReadonlySet<string>[];
}

class Teller {
  readonly lines: Draft[] = [];
  private readonly done = new Set<string>();
  private readonly inside = new Map<string | undefined, ProcessNode[]>();
  private readonly joins = new Map<string, string | undefined>();

  constructor(private readonly document: ProcessDocument) {
    const parents = parentsOf(document);
    for (const node of document.nodes) {
      const scope = parents.get(node.id);
      const list = this.inside.get(scope);
      if (list) list.push(node);
      else this.inside.set(scope, [node]);
    }
  }

  /** All steps of one sub-process, or of the process itself. */
  scope(scope: string | undefined, level: number): void {
    const nodes = this.inside.get(scope) ?? [];
    for (const [id, join] of joinsOf(this.document, nodes)) this.joins.set(id, join);
    const { incoming } = indexOf(this.document);
    const own = nodes.filter((node) => !node.attachedTo);
    const seeds = [
      ...own.filter((node) => node.kind === 'startEvent'),
      ...own.filter((node) => !incoming.has(node.id)),
      ...nodes,
    ];
    for (const { id } of seeds) {
      if (!this.done.has(id)) this.walk(id, level, { join: undefined, later: [] });
    }
  }

  private walk(start: string, level: number, context: Context): void {
    for (let at: string | undefined = start; at !== undefined; ) at = this.step(at, level, context);
  }

  /** Tells one step with all that hangs on it; says with which step it goes on at the same level. */
  private step(id: string, level: number, context: Context): string | undefined {
    const { nodes, outgoing, attached } = indexOf(this.document);
    const node = nodes.get(id);
    if (!node) return undefined;
    this.done.add(id);
    this.lines.push({ kind: 'step', id, level });
    for (const note of this.document.notes ?? []) {
      if (note.node === id) this.lines.push({ kind: 'note', id: note.id, level: level + 1 });
    }
    if (isContainer(node) && isOpen(this.document, node)) this.scope(id, level + 1);
    else if (isContainer(node)) this.hide(id);
    const flows = outgoing.get(id) ?? [];
    const events = (attached.get(id) ?? []).filter((event) => !this.done.has(event.id));
    if (events.length > 0) {
      const onward = this.ahead(flows.map((flow) => flow.to));
      for (const event of events) {
        if (!this.done.has(event.id))
          this.walk(event.id, level + 1, { join: undefined, later: [...context.later, onward] });
      }
    }
    const [only] = flows;
    if (!only) return undefined;
    if (flows.length === 1 && only.port === undefined && conditionOf(only) === '')
      return this.follow(only, level, context);
    return this.split(flows, level, context);
  }

  /** Steps of a folded sub-process are told when it is opened. */
  private hide(scope: string): void {
    for (const { id } of this.inside.get(scope) ?? []) {
      this.done.add(id);
      this.hide(id);
    }
  }

  private follow(flow: Flow, level: number, context: Context): string | undefined {
    const { to } = flow;
    if (to === context.join) return undefined;
    if (!this.elsewhere(to, context)) return to;
    this.lines.push({ kind: 'goto', id: flow.id, to, level });
    return undefined;
  }

  private elsewhere(id: string, context: Context): boolean {
    return (
      this.done.has(id) || context.later.some((ids) => ids.has(id)) || !indexOf(this.document).nodes.has(id)
    );
  }

  private split(flows: readonly Flow[], level: number, context: Context): string | undefined {
    const from = (flows[0] as Flow).from;
    const found = this.joins.get(from);
    const join = found !== undefined && !this.elsewhere(found, context) ? found : undefined;
    const told = [...flows].sort((a, b) => (a.order ?? 0) - (b.order ?? 0));
    // Without a common end, the longest branch goes on at the level of the split: indents would have no end.
    const meets = join !== undefined || (found !== undefined && found === context.join);
    const main = meets ? undefined : this.longest(told, context);
    const onward = main ? this.ahead([main.to]) : new Set(join === undefined ? [] : [join]);
    const inner: Context = { join: join ?? context.join, later: [...context.later, onward] };
    for (const flow of told) {
      if (flow === main) continue;
      const straight = flow.to === inner.join || this.elsewhere(flow.to, inner);
      this.lines.push({ kind: 'way', id: flow.id, level: level + 1, ...(straight ? { to: flow.to } : {}) });
      if (!straight) this.walk(flow.to, level + 2, inner);
    }
    if (main) {
      this.lines.push({ kind: 'way', id: main.id, level: level + 1, to: main.to });
      return main.to;
    }
    return join;
  }

  private longest(flows: readonly Flow[], context: Context): Flow | undefined {
    let best: Flow | undefined;
    let most = 0;
    for (const flow of flows) {
      if (flow.to === context.join || this.elsewhere(flow.to, context)) continue;
      const { size } = this.ahead([flow.to]);
      if (size <= most) continue;
      best = flow;
      most = size;
    }
    return best;
  }

  /** Steps that can be reached without passing one that is told already. */
  private ahead(seeds: readonly string[]): Set<string> {
    const { outgoing, attached } = indexOf(this.document);
    const seen = new Set(seeds.filter((id) => !this.done.has(id)));
    const queue = [...seen];
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      const next = [
        ...(outgoing.get(id) ?? []).map((flow) => flow.to),
        ...(attached.get(id) ?? []).map((event) => event.id),
      ];
      for (const to of next) {
        if (seen.has(to) || this.done.has(to)) continue;
        seen.add(to);
        queue.push(to);
      }
    }
    return seen;
  }
}

/**
 * Where the branches of each step with several ways out meet again: its immediate post-dominator, undefined when they
 * never all do. The algorithm is that of Cooper, Harvey and Kennedy on the reversed graph with one end added.
 */
function joinsOf(document: ProcessDocument, nodes: readonly ProcessNode[]): Map<string, string | undefined> {
  const { outgoing } = indexOf(document);
  const own = new Map(nodes.map((node, i) => [node.id, i]));
  const END = nodes.length;
  const next = nodes.map((node) => {
    const to = (outgoing.get(node.id) ?? []).flatMap((flow) => own.get(flow.to) ?? []);
    return to.length > 0 ? to : [END];
  });
  const before: number[][] = Array.from({ length: END + 1 }, () => []);
  next.forEach((targets, i) => {
    for (const to of targets) (before[to] as number[]).push(i);
  });
  // Order of finishing a walk from the end backwards.
  const order: number[] = [];
  const rank = new Array<number>(END + 1).fill(-1);
  const seen = new Set([END]);
  const stack: { at: number; next: number }[] = [{ at: END, next: 0 }];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const to = (before[top.at] as number[])[top.next++];
    if (to === undefined) {
      rank[top.at] = order.length;
      order.push(top.at);
      stack.pop();
    } else if (!seen.has(to)) {
      seen.add(to);
      stack.push({ at: to, next: 0 });
    }
  }
  const ends = new Array<number>(END + 1).fill(-1);
  ends[END] = END;
  const meet = (a: number, b: number): number => {
    let [x, y] = [a, b];
    while (x !== y) {
      while ((rank[x] as number) < (rank[y] as number)) x = ends[x] as number;
      while ((rank[y] as number) < (rank[x] as number)) y = ends[y] as number;
    }
    return x;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const at of [...order].reverse()) {
      if (at === END) continue;
      let found = -1;
      for (const to of next[at] as number[]) {
        if (ends[to] === -1) continue;
        found = found === -1 ? to : meet(found, to);
      }
      if (found === -1 || ends[at] === found) continue;
      ends[at] = found;
      changed = true;
    }
  }
  return new Map(
    nodes.map((node, i) => {
      const end = ends[i] as number;
      return [node.id, end === -1 || end === END ? undefined : nodes[end]?.id];
    }),
  );
}
