import { flowToEdit, indexOf, nodeToEdit, snapshot } from '../document';
import { pinsOf, setPin } from '../pins';
import { insideOf } from '../scopes';
import { type ProcessDocument, portOf } from '../types';
import { forgetDecoration } from './notes';
import { dropBends } from './place';

export interface DeleteOptions {
  /** Join the neighbours of a deleted node that had one flow in and one out. */
  readonly heal: boolean;
}

/** Deletes nodes and flows with everything that hangs on them, notes, and the frames of groups. */
export function deleteElements(
  document: ProcessDocument,
  ids: Iterable<string>,
  options: DeleteOptions,
): void {
  const doomed = new Set(ids);
  const before = snapshot(document);
  for (const id of insideOf(before, doomed)) doomed.add(id);
  for (const node of before.nodes) if (node.attachedTo && doomed.has(node.attachedTo)) doomed.add(node.id);
  if (options.heal) heal(document, before, doomed);
  const healed = snapshot(document);
  const defaults = new Map(
    healed.nodes.flatMap((node) => (node.default ? [[node.default, node.id] as const] : [])),
  );
  for (const flow of healed.flows) {
    if (doomed.has(flow.from) || doomed.has(flow.to)) doomed.add(flow.id);
    const owner = doomed.has(flow.id) ? nodeToEdit(document, defaults.get(flow.id)) : undefined;
    if (owner) delete owner.default;
  }
  const after = snapshot(document);
  if (after.nodes.some((node) => doomed.has(node.id)))
    document.nodes = after.nodes.filter((node) => !doomed.has(node.id));
  if (after.flows.some((flow) => doomed.has(flow.id)))
    document.flows = after.flows.filter((flow) => !doomed.has(flow.id));
  forgetDecoration(document, doomed);
  for (const id of doomed) {
    if (after.layout?.[id]) delete document.layout?.[id];
    if (pinsOf(after)[id]) setPin(document, id, undefined);
  }
}

interface Join {
  readonly id: string;
  readonly from: string;
  to: string;
  readonly port: string;
}

/** Joins the neighbours of deleted nodes, across chains of them, with the flow that led into the first. */
function heal(document: ProcessDocument, before: ProcessDocument, doomed: ReadonlySet<string>): void {
  const { attached, flows } = indexOf(before);
  const into = new Map<string, Join[]>();
  const outOf = new Map<string, Join[]>();
  const add = (map: Map<string, Join[]>, key: string, join: Join): void =>
    void map.set(key, [...(map.get(key) ?? []), join]);
  for (const flow of before.flows) {
    if (doomed.has(flow.id)) continue;
    const join = { id: flow.id, from: flow.from, to: flow.to, port: portOf(flow) };
    add(into, join.to, join);
    add(outOf, join.from, join);
  }
  const moved = new Set<Join>();
  for (const { id, attachedTo } of before.nodes) {
    if (!doomed.has(id) || attachedTo || attached.has(id)) continue;
    const [first, ...others] = into.get(id) ?? [];
    const [next, ...more] = outOf.get(id) ?? [];
    if (!first || !next || others.length > 0 || more.length > 0) continue;
    if (first.from === next.to || first.from === id || next.to === id) continue;
    if ((outOf.get(first.from) ?? []).some((join) => join.to === next.to && join.port === first.port))
      continue;
    first.to = next.to;
    into.set(next.to, [...(into.get(next.to) ?? []).filter((join) => join !== next), first]);
    moved.add(first);
  }
  for (const join of moved) {
    const flow = flowToEdit(document, join.id);
    if (!flow || doomed.has(join.from) || doomed.has(join.to) || flows.get(join.id)?.to === join.to) continue;
    flow.to = join.to;
    dropBends(document, [join.id]);
  }
}
