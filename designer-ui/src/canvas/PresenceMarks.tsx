import { ViewportPortal } from '@xyflow/react';
import type { CSSProperties } from 'react';
import { boundsOf, type Rect } from '@/lib/process/geometry';
import type { FlowEdge } from './flowModel';
import classes from './PresenceMarks.module.css';

/** Somebody else who is at an element. */
export interface Presence {
  readonly id: string;
  readonly name: string;
  readonly colour: string;
}

/** Where the others are: a frame in the colour of the person round the step, with the name. */
export function PresenceMarks(props: {
  readonly presence: ReadonlyMap<string, readonly Presence[]>;
  readonly rects: ReadonlyMap<string, Rect>;
  readonly edges: readonly FlowEdge[];
  /** What is folded away, and what stands for it. */
  readonly hidden: ReadonlyMap<string, string>;
}) {
  const { presence, rects, edges, hidden } = props;
  const placed = new Map<string, { rect: Rect; people: Map<string, Presence> }>();
  for (const [element, people] of presence) {
    const id = hidden.get(element) ?? element;
    const rect = rects.get(id) ?? middleOf(edges.find((edge) => edge.id === id));
    if (!rect) continue;
    const known = placed.get(id) ?? { rect, people: new Map() };
    for (const person of people) known.people.set(person.id, person);
    placed.set(id, known);
  }
  if (placed.size === 0) return null;
  return (
    <ViewportPortal>
      {[...placed].map(([id, { rect, people }]) => {
        const all = [...people.values()];
        const style = {
          transform: `translate(${rect.x - 4}px, ${rect.y - 4}px)`,
          width: rect.width + 8,
          height: rect.height + 8,
          '--person': all[0]?.colour,
        } as CSSProperties;
        return (
          <div key={id} className={classes.mark} style={style} data-presence={id}>
            <span className={classes.name}>{all.map(({ name }) => name).join(', ')}</span>
          </div>
        );
      })}
    </ViewportPortal>
  );
}

/** On a connection the mark stands in its middle. */
function middleOf(edge: FlowEdge | undefined): Rect | undefined {
  if (!edge?.data) return undefined;
  const box = boundsOf(edge.data.points.map(([x, y]) => ({ x, y, width: 0, height: 0 })));
  return { x: box.x + box.width / 2 - 8, y: box.y + box.height / 2 - 8, width: 16, height: 16 };
}
