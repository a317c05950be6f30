import { indexOf, isGateway, outgoingOf } from '@/lib/process/document';
import { freePort } from '@/lib/process/edits';
import type { KindTable } from '@/lib/process/kinds';
import { type ProcessDocument, type ProcessNode, portOf } from '@/lib/process/types';

/** Ids of everything that can be selected. */
export function elementsOf(document: ProcessDocument): { has: (id: string) => boolean } {
  const { nodes, flows } = indexOf(document);
  const others = new Set([...(document.notes ?? []), ...(document.groups ?? [])].map(({ id }) => id));
  return { has: (id) => nodes.has(id) || flows.has(id) || others.has(id) };
}

/** Nodes and notes among the ids, with the nodes of groups. */
export function withMembers(
  document: ProcessDocument,
  ids: Iterable<string>,
): { readonly nodes: string[]; readonly notes: string[] } {
  const chosen = new Set(ids);
  for (const group of document.groups ?? []) {
    if (chosen.has(group.id)) for (const id of group.nodes ?? []) chosen.add(id);
  }
  const { nodes } = indexOf(document);
  const notes = (document.notes ?? []).map(({ id }) => id).filter((id) => chosen.has(id));
  return { nodes: [...chosen].filter((id) => nodes.has(id)), notes };
}

/**
 * Where the step after `node` goes: behind a free output, else into the one flow that leaves it, because a second flow
 * from the same output would start parallel branches unasked. Gateways are for branching and always get a new way out.
 */
export function placeAfter(document: ProcessDocument, kinds: KindTable, node: ProcessNode) {
  const outgoing = outgoingOf(document, node.id);
  const from = { node: node.id, port: freePort(document, kinds, node) };
  const used = outgoing.filter((flow) => portOf(flow) === from.port);
  const [only] = used;
  return { from, flow: !isGateway(node.kind) && used.length === 1 && only ? only.id : undefined };
}

/** The only thing that is selected, if it is a node. */
export function focusedNodeOf(document: ProcessDocument, selection: ReadonlySet<string>): string | undefined {
  const [only] = selection;
  return selection.size === 1 && only !== undefined && indexOf(document).nodes.has(only) ? only : undefined;
}
