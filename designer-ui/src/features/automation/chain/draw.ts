import type { ChainLink } from './api';

/** A rule, a change or somebody, once, however often it comes in the chain. */
export interface Node {
  readonly rule: string;
  readonly link: ChainLink;
  readonly times: number;
  readonly loop: boolean;
}

export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly times: number;
  /** It leads back to where the chain was before. */
  readonly back: boolean;
}

export interface Drawing {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

/** The chain as a picture: what comes again is drawn once, and the way back to it is an arrow. */
export function drawingOf(links: readonly ChainLink[]): Drawing {
  const nodes: Node[] = [];
  const edges: Edge[] = [];
  let before = -1;
  for (const link of links) {
    let at = nodes.findIndex((node) => node.rule === link.rule);
    const known = nodes[at];
    if (known) nodes[at] = { ...known, times: known.times + 1, loop: known.loop || link.repeats };
    else at = nodes.push({ rule: link.rule, link, times: 1, loop: link.repeats }) - 1;
    if (before >= 0) {
      const from = before;
      const i = edges.findIndex((edge) => edge.from === from && edge.to === at);
      const edge = edges[i];
      if (edge) edges[i] = { ...edge, times: edge.times + 1 };
      else edges.push({ from, to: at, times: 1, back: at <= from });
    }
    before = at;
  }
  return { nodes, edges };
}
