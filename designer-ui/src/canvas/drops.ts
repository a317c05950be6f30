import type { FinalConnectionState, useReactFlow } from '@xyflow/react';
import { type DragEvent, useCallback, useRef } from 'react';
import type { Rect } from '@/lib/process/geometry';
import { OUT, type Point } from '@/lib/process/types';
import type { CanvasProps } from './Canvas';
import type { PickRequest } from './context';
import type { FlowEdge, StepNode } from './flowModel';
import { edgeAt, nodeAt } from './hitTest';
import type { ViewportHub } from './viewportHub';

/** Media type under which the palette drags a kind's key onto the canvas. */
export const KIND_MEDIA_TYPE = 'application/x-fluxo-kind';
const DROP_REACH = 22;

interface Shared {
  readonly flow: ReturnType<typeof useReactFlow<StepNode, FlowEdge>>;
  readonly modelRef: {
    readonly current: { readonly rects: ReadonlyMap<string, Rect>; readonly edges: readonly FlowEdge[] };
  };
  readonly latest: { readonly current: CanvasProps };
}

/** What a connection that was dropped beside a port means. */
export function useConnectionHandlers(
  input: Shared & {
    tryConnect: (from: string, port: string, to: string) => void;
    pick: (request: PickRequest) => void;
  },
) {
  const { flow, modelRef, tryConnect, pick } = input;
  /** The whole node is a drop area, and the empty canvas asks for a step; a hit port was handled by `onConnect`. */
  const onConnectEnd = useCallback(
    (event: globalThis.MouseEvent | TouchEvent, state: FinalConnectionState) => {
      if (state.isValid || !state.fromNode || state.fromHandle?.type !== 'source') return;
      const point = 'changedTouches' in event ? event.changedTouches[0] : event;
      if (!point) return;
      const client = { x: point.clientX, y: point.clientY };
      const { x, y } = flow.screenToFlowPosition(client, { snapToGrid: false });
      const from = { node: state.fromNode.id, port: state.fromHandle.id ?? OUT };
      const target = nodeAt(modelRef.current.rects, [x, y]);
      if (target === from.node) return;
      if (target !== undefined) tryConnect(from.node, from.port, target);
      else pick({ anchor: client, at: [x, y - 32], from });
    },
    [flow, modelRef, tryConnect, pick],
  );
  return { onConnectEnd };
}

/** Dropping palette entries on the canvas or on a flow. */
export function useKindDrop(input: Shared & { container: HTMLElement; hub: ViewportHub }) {
  const { flow, modelRef, container, hub, latest } = input;
  const marked = useRef<string | undefined>(undefined);
  /** Set on the element itself: hovering must not render the canvas. */
  const mark = (id: string | undefined): void => {
    if (marked.current === id) return;
    container.querySelector('[data-drop]')?.removeAttribute('data-drop');
    if (id !== undefined)
      container.querySelector(`[data-flow="${CSS.escape(id)}"]`)?.setAttribute('data-drop', '');
    marked.current = id;
  };
  const at = (event: DragEvent): Point => {
    const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }, { snapToGrid: false });
    return [x, y];
  };
  return {
    onDragOver: (event: DragEvent) => {
      if (!latest.current.onDropKind || !event.dataTransfer.types.includes(KIND_MEDIA_TYPE)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
      mark(edgeAt(modelRef.current.edges, at(event), DROP_REACH / hub.current.zoom));
    },
    onDragLeave: () => mark(undefined),
    onDrop: (event: DragEvent) => {
      const key = event.dataTransfer.getData(KIND_MEDIA_TYPE);
      mark(undefined);
      if (!key) return;
      event.preventDefault();
      const point = at(event);
      latest.current.onDropKind?.(
        key,
        point,
        edgeAt(modelRef.current.edges, point, DROP_REACH / hub.current.zoom),
      );
    },
  };
}
