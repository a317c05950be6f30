import { produce } from 'immer';
import { framesOf } from './geometry';
import type { KindTable } from './kinds';
import { groupFrames } from './notes';
import { CONTAINER, insideOf, parentsOf } from './scopes';
import type { Flow, ProcessDocument, ProcessNode } from './types';

/** What stands for the members of folded groups. */
export type FoldedGroups = ReadonlyMap<string, string>;

const NONE: FoldedGroups = new Map();

/** The members of folded groups, with what is inside them or attached to them, and the group that stands for each. */
export function foldedMembers(document: ProcessDocument, folded: ReadonlySet<string>): FoldedGroups {
  const groups = (document.groups ?? []).filter(
    ({ id, nodes }) => folded.has(id) && (nodes?.length ?? 0) > 0,
  );
  if (groups.length === 0) return NONE;
  const standsFor = new Map<string, string>();
  for (const { id, nodes = [] } of groups) {
    const members = new Set(nodes);
    for (const inner of insideOf(document, members)) members.add(inner);
    for (const node of document.nodes) {
      if (node.attachedTo !== undefined && members.has(node.attachedTo)) members.add(node.id);
    }
    for (const member of members) if (!standsFor.has(member)) standsFor.set(member, id);
  }
  return standsFor;
}

/**
 * The document as it is drawn while groups are folded away: each is one box with the connections that lead into it and
 * out of it. Only for drawing; the document itself does not know.
 */
export function withFoldedGroups(
  document: ProcessDocument,
  kinds: KindTable,
  standsFor: FoldedGroups,
): ProcessDocument {
  if (standsFor.size === 0) return document;
  const frames = groupFrames(kinds, document);
  const parents = parentsOf(document);
  const boxes = new Set(standsFor.values());
  const groups = (document.groups ?? []).filter(({ id }) => boxes.has(id));
  const sizes = framesOf(kinds, document);
  const drawn: ProcessNode[] = groups.map(({ id, name, nodes = [] }) => {
    const around = new Set(
      nodes.filter((member) => parents.has(member)).map((member) => parents.get(member)),
    );
    const [parent] = around;
    return {
      id,
      kind: CONTAINER,
      ...(name ? { name } : {}),
      ...(around.size === 1 && parent !== undefined ? { parent } : {}),
      folded: [...standsFor.values()].filter((group) => group === id).length,
    };
  });
  const seen = new Set<string>();
  const flows = document.flows.flatMap((flow): Flow[] => {
    const from = standsFor.get(flow.from) ?? flow.from;
    const to = standsFor.get(flow.to) ?? flow.to;
    if (from === flow.from && to === flow.to) return [flow];
    if (from === to) return [];
    // Of several that join the same two, one is drawn.
    const ends = `${from} ${flow.from === from ? (flow.port ?? '') : ''} ${to}`;
    if (seen.has(ends)) return [];
    seen.add(ends);
    const { port, ...rest } = flow;
    return [{ ...rest, from, to, ...(from === flow.from && port !== undefined ? { port } : {}) }];
  });
  return produce(document, (draft) => {
    draft.nodes = [...document.nodes.filter(({ id }) => !standsFor.has(id)), ...drawn];
    draft.flows = flows;
    draft.groups = (document.groups ?? []).filter(({ id }) => !boxes.has(id));
    draft.layout ??= {};
    for (const { id } of groups) {
      const frame = frames.get(id);
      draft.layout[id] = {
        ...draft.layout[id],
        collapsed: true,
        ...(frame ? { at: [frame.x + frame.width / 2 - 110, frame.y + frame.height / 2 - 32] } : {}),
      };
    }
    for (const flow of flows) {
      if (standsFor.size > 0 && draft.layout[flow.id]?.bends && !document.flows.includes(flow)) {
        delete draft.layout[flow.id];
      }
    }
    // Sub-processes keep the size that they have with everything in them.
    for (const [id, { x, y, width, height }] of sizes) {
      if (!standsFor.has(id)) draft.layout[id] = { ...draft.layout[id], at: [x, y], size: [width, height] };
    }
  });
}
