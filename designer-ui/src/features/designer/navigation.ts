import { indexOf } from '@/lib/process/document';
import { positionsOf, rectOf } from '@/lib/process/geometry';
import type { KindTable } from '@/lib/process/kinds';
import { hiddenIn } from '@/lib/process/scopes';
import type { ProcessDocument } from '@/lib/process/types';

export type Direction = 'next' | 'previous' | 'above' | 'below';

/**
 * The node that an arrow key goes to: along the flow to the right and left (the upper branch first), to the nearest
 * node above or below otherwise. Undefined at the border.
 */
export function neighbour(
  document: ProcessDocument,
  kinds: KindTable,
  from: string,
  direction: Direction,
): string | undefined {
  const { nodes, incoming, outgoing, attached } = indexOf(document);
  const places = positionsOf(kinds, document);
  const top = (id: string): number => places.get(id)?.[1] ?? 0;
  const here = nodes.get(from);
  if (!here) return undefined;
  if (direction === 'next' || direction === 'previous') {
    const candidates =
      direction === 'next'
        ? (outgoing.get(from) ?? []).map((flow) => flow.to)
        : [
            ...(incoming.get(from) ?? []).map((flow) => flow.from),
            ...(here.attachedTo ? [here.attachedTo] : []),
          ];
    return candidates.filter((id) => nodes.has(id) && id !== from).sort((a, b) => top(a) - top(b))[0];
  }
  // Down from an activity comes to its own time limits first.
  const own = attached.get(from)?.[0];
  if (direction === 'below' && own) return own.id;
  const centre = (id: string): [number, number] => {
    const rect = rectOf(kinds, nodes.get(id) as never, places.get(id) ?? [0, 0], document);
    return [rect.x + rect.width / 2, rect.y + rect.height / 2];
  };
  const hidden = hiddenIn(document);
  const [x, y] = centre(from);
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const node of document.nodes) {
    if (node.id === from || hidden.has(node.id)) continue;
    const [cx, cy] = centre(node.id);
    const dy = direction === 'below' ? cy - y : y - cy;
    if (dy < 8) continue;
    const distance = dy + 2 * Math.abs(cx - x);
    if (distance < least) {
      least = distance;
      best = node.id;
    }
  }
  return best;
}

/** Nodes in reading order, for "next" without a place to start from. */
export function firstNode(document: ProcessDocument): string | undefined {
  return (document.nodes.find((node) => node.kind === 'startEvent') ?? document.nodes[0])?.id;
}
