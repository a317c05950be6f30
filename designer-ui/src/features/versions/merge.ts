import { takenIds } from '@/lib/process/document';
import { flatten } from '@/lib/process/scopes';
import type { ProcessDocument } from '@/lib/process/types';

/** The newer state together with what it no longer has, so that one canvas shows removed steps at their old places. */
export function mergeForComparison(old: ProcessDocument, current: ProcessDocument): ProcessDocument {
  const before = flatten(old);
  const after = flatten(current);
  const kept = takenIds(after);
  const nodes = before.nodes.filter((node) => !kept.has(node.id));
  const removed = new Set(nodes.map((node) => node.id));
  const present = new Set([...kept, ...removed]);
  const flows = before.flows.filter(
    (flow) => !kept.has(flow.id) && present.has(flow.from) && present.has(flow.to),
  );
  const layout = Object.fromEntries(
    [...nodes, ...flows].flatMap(({ id }) => {
      const entry = before.layout?.[id];
      return entry ? [[id, entry] as const] : [];
    }),
  );
  return {
    ...after,
    nodes: [...after.nodes, ...nodes],
    flows: [...after.flows, ...flows],
    layout: { ...after.layout, ...layout },
  };
}
