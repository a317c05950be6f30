import { type PointerEvent, useRef, useState } from 'react';
import { GRID, snap } from '@/lib/process/geometry';
import type { Point } from '@/lib/process/types';
import classes from './Decor.module.css';
import type { ViewportHub } from './viewportHub';

interface RoomToolProps {
  readonly hub: ViewportHub;
  readonly toCanvas: (client: { x: number; y: number }) => Point;
  /** What is beyond the line is shown moved. */
  readonly onPush: (axis: 0 | 1, from: number, by: number) => void;
  readonly onDone: (axis: 0 | 1, from: number, by: number) => void;
}

interface Press {
  readonly client: { x: number; y: number };
  readonly at: Point;
  axis?: 0 | 1;
}

/** The tool that makes room: everything right of the pointer, or below it, goes along with the drag. */
export function RoomTool({ hub, toCanvas, onPush, onDone }: RoomToolProps) {
  const press = useRef<Press | undefined>(undefined);
  const [line, setLine] = useState<{ axis: 0 | 1; at: number }>();
  const by = (event: PointerEvent, from: Press): number => {
    const moved = from.axis === 0 ? event.clientX - from.client.x : event.clientY - from.client.y;
    return snap(moved / hub.current.zoom, GRID);
  };
  return (
    <div
      className={classes.room}
      data-axis={line?.axis}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        const client = { x: event.clientX, y: event.clientY };
        press.current = { client, at: toCanvas(client) };
      }}
      onPointerMove={(event) => {
        const from = press.current;
        if (!from) return;
        const dx = Math.abs(event.clientX - from.client.x);
        const dy = Math.abs(event.clientY - from.client.y);
        if (from.axis === undefined) {
          if (Math.max(dx, dy) < 6) return;
          from.axis = dx >= dy ? 0 : 1;
          const box = event.currentTarget.getBoundingClientRect();
          const at = from.axis === 0 ? from.client.x - box.left : from.client.y - box.top;
          setLine({ axis: from.axis, at });
        }
        onPush(from.axis, from.at[from.axis], by(event, from));
      }}
      onPointerUp={(event) => {
        const from = press.current;
        press.current = undefined;
        setLine(undefined);
        if (from?.axis !== undefined) onDone(from.axis, from.at[from.axis], by(event, from));
      }}
      onPointerCancel={() => {
        const from = press.current;
        press.current = undefined;
        setLine(undefined);
        if (from?.axis !== undefined) onDone(from.axis, from.at[from.axis], 0);
      }}
    >
      {line && (
        <span
          className={classes.roomLine}
          style={
            line.axis === 0
              ? { left: line.at, top: 0, bottom: 0, width: 1 }
              : { top: line.at, left: 0, right: 0, height: 1 }
          }
        />
      )}
    </div>
  );
}
