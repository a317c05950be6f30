import '@xyflow/react/dist/base.css';
import { useComputedColorScheme } from '@mantine/core';
import {
  type Connection,
  type EdgeChange,
  type NodeChange,
  ReactFlow,
  ReactFlowProvider,
  SelectionMode,
  useReactFlow,
  ViewportPortal,
} from '@xyflow/react';
import { produce } from 'immer';
import {
  type MouseEvent,
  memo,
  type ReactNode,
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useTranslation } from 'react-i18next';
import { indexOf } from '@/lib/process/document';
import { type FlowEnds, refusal, setCollapsed } from '@/lib/process/edits';
import { boundsOf, GRID, positionsOf, type Rect, rectOf } from '@/lib/process/geometry';
import type { KindTable } from '@/lib/process/kinds';
import type { ChangeKind } from '@/lib/process/patches';
import { flatten, hiddenIn } from '@/lib/process/scopes';
import { OUT, type Point, type ProcessDocument, type ProcessNode } from '@/lib/process/types';
import { useSettled } from '@/lib/useSettled';
import { useBends } from './bends';
import classes from './Canvas.module.css';
import { CanvasContext, type CanvasShared, type Overlay, type PickRequest } from './context';
import { Decor, NameField } from './Decor';
import decor from './Decor.module.css';
import { dropDecor, guideStyle, inLine, NO_GUIDES, notesIn, pushed, shifted } from './dragging';
import { useConnectionHandlers, useKindDrop } from './drops';
import { FlowView } from './edges/FlowView';
import { type FlowEdge, type Mark, ModelCache, type StepNode } from './flowModel';
import { nodeAt } from './hitTest';
import { type Size, useActiveDescendant, useColours, useModifier, useSize } from './hooks';
import { useLongPress } from './longPress';
import { MINIMAP_LEAST, MINIMAP_MIN_NODES, MiniMap } from './MiniMap';
import { StepView } from './nodes/StepView';
import { kindName, nodeText } from './nodeText';
import { Overview } from './Overview';
import { type Presence, PresenceMarks } from './PresenceMarks';
import { RoomTool } from './RoomTool';
import type { RunStore } from './runStore';
import type { StepSigns } from './signs';
import {
  fitView,
  loadView,
  MAX_ZOOM,
  MIN_ZOOM,
  motion,
  openingView,
  readsWhole,
  revealView,
  saveView,
  withButtons,
} from './view';
import type { ViewLink } from './viewLink';
import { type Detail, detailFor, type View, ViewportHub } from './viewportHub';
import { ZoomBar } from './ZoomBar';

/**
 * A process drawn on a canvas: editable in the designer, read-only with a run on top of it on the run page.
 *
 * Read-only use: `<Canvas document={process} kinds={kinds} label="…" runStore={store} overlay="run" />`. Fill the
 * `RunStore` from the snapshot and the live events (batched per frame); the canvas follows it by itself.
 *
 * The canvas is one Tab stop. It does not change the document: it reports wishes, and whoever owns the document
 * answers by passing a new one. It needs a parent with a height.
 */
export interface CanvasProps {
  readonly document: ProcessDocument;
  /** Descriptors of node kinds; `useNodeKinds()` of the designer feature loads them. */
  readonly kinds: KindTable;
  /** Accessible name, e.g. "Contract preparation, version 3". */
  readonly label: string;
  /** Without it nothing can be moved, connected or inserted; selecting still works. */
  readonly editable?: boolean;
  /** Ids of selected nodes and flows. */
  readonly selection?: ReadonlySet<string>;
  readonly onSelectionChange?: (selection: ReadonlySet<string>) => void;
  /** The node that the keyboard is at: drawn with a ring, spoken as the active descendant. */
  readonly focused?: string;
  /** Findings per element. */
  readonly marks?: ReadonlyMap<string, Mark>;
  /** Colours elements by how they changed, for comparisons. */
  readonly changes?: ReadonlyMap<string, ChangeKind>;
  /** Status per node and taken flows; kept outside the document. */
  readonly runStore?: RunStore;
  /** `run`: status, person, duration, taken flows of one run. `counts`: tokens and incidents of all runs. */
  readonly overlay?: Overlay;
  /** Remembers the viewport under this key, e.g. `definition.contract` or `run.contract`. */
  readonly viewportKey?: string;
  /** Pans and zooms together with the other canvases on it. */
  readonly link?: ViewLink;
  /** Node that the first viewport shows when not everything fits: by default the start. */
  readonly anchor?: string;
  readonly onMove?: (places: ReadonlyMap<string, Point>) => void;
  readonly onConnect?: (from: string, port: string, to: string) => void;
  readonly onReconnect?: (flow: string, ends: FlowEnds) => void;
  /** A connection that may not be made was attempted; `reason` is a key of `refusal.*`. */
  readonly onRefused?: (reason: string) => void;
  /** A step is wanted: by "+", by a connection dropped on the empty canvas, by a double click. */
  readonly onPick?: (request: PickRequest) => void;
  /** A palette entry was dropped, maybe on a flow. */
  readonly onDropKind?: (key: string, at: Point, flow: string | undefined) => void;
  /** A sub-process is to be folded away or opened; without it the canvas does so for itself, as when only reading. */
  readonly onFold?: (id: string, collapsed: boolean) => void;
  /** Groups fold away by `onFold`, too; what is drawn for them then is the owner's business. */
  readonly foldsGroups?: boolean;
  /** Double click on a node, flow, note or group. */
  readonly onOpen?: (id: string) => void;
  /** What dragging does: choose, pan, or make room. */
  readonly tool?: 'select' | 'hand' | 'room';
  /** Breakpoints, test data and where a rehearsal has stopped. */
  readonly signs?: ReadonlyMap<string, StepSigns>;
  /** Only these stay in the foreground, as the matches of a search. */
  readonly highlight?: ReadonlySet<string>;
  /** Where others are who have the same draft open, by element. */
  readonly presence?: ReadonlyMap<string, readonly Presence[]>;
  /** The node, note or group whose name or text is being written in place. */
  readonly renaming?: string;
  /** Writing has ended; without a text it was left. */
  readonly onRenamed?: (id: string, text: string | undefined) => void;
  /** Notes and groups were dragged, and what was selected with them. */
  readonly onMoveBy?: (ids: readonly string[], by: Point) => void;
  readonly onResizeNote?: (id: string, size: Point) => void;
  /** Everything beyond a line is to move. */
  readonly onMakeRoom?: (axis: 0 | 1, from: number, by: number) => void;
  readonly onContextMenu?: (target: { id?: string; at: Point; client: { x: number; y: number } }) => void;
  /** A person has moved the view by hand. */
  readonly onTaken?: () => void;
  /** Panels that float over the canvas. */
  readonly children?: ReactNode;
  readonly ref?: Ref<CanvasHandle>;
}

export interface CanvasHandle {
  /** Shows the given elements, or everything. */
  fit: (ids?: Iterable<string>) => void;
  /** At a size that can be read: from the beginning, or with this step. */
  read: (id?: string) => void;
  zoomTo: (zoom: number) => void;
  zoomBy: (factor: number) => void;
  /** Pans only when the node is not completely visible. */
  reveal: (id: string) => void;
  toCanvas: (client: { x: number; y: number }) => Point;
  /** Where a popover for a node opens, in client coordinates. */
  anchorOf: (id: string) => { x: number; y: number } | undefined;
  /** Middle of the visible part, in canvas coordinates. */
  centre: () => Point;
  focus: () => void;
}

const nodeTypes = { step: StepView };
const edgeTypes = { flow: FlowView };
const snapGrid: [number, number] = [GRID, GRID];
const multiSelectKeys = ['Shift', 'Control', 'Meta'];
const panButtons = [1];
const handButtons = [0, 1];
/** The library calls its inner frame an application too; there is one, and it is ours. */
const plainFrame = (frame: HTMLDivElement | null): void => frame?.setAttribute('role', 'presentation');
const NO_NODES: StepNode[] = [];
const NO_EDGES: FlowEdge[] = [];
const NOTHING: ReadonlySet<string> = new Set();
const STILL: ReadonlyMap<string, Point> = new Map();
const UNMOVED: Point = [0, 0];
/** Pixels on the screen within which a dragged step jumps into line. */
const ALIGN_REACH = 6;
// Around a run its page is drawn again with every event; the drawing then has nothing new to say.
export const Canvas = memo(function Canvas(given: CanvasProps) {
  const props = useFolding(given);
  const [attach, size, element] = useSize();
  const { label, focused } = props;
  useActiveDescendant(element, focused);
  return (
    <div
      ref={attach}
      className={classes.canvas}
      role="application"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: one Tab stop for the whole graph.
      tabIndex={0}
      data-command-scope="canvas"
    >
      {size && element && (
        <ReactFlowProvider>
          <Flow {...props} size={size} container={element} />
        </ReactFlowProvider>
      )}
    </div>
  );
});

/** The flat document, and folding for readers: what they fold is kept here, not in the document. */
function useFolding(props: CanvasProps): CanvasProps & Required<Pick<CanvasProps, 'onFold'>> {
  const { kinds, onFold } = props;
  const flat = flatten(props.document);
  const [folded, setFolded] = useState<readonly { id: string; collapsed: boolean }[]>([]);
  const document = useMemo(
    () =>
      onFold || folded.length === 0
        ? flat
        : produce(flat, (draft) => {
            for (const { id, collapsed } of folded) setCollapsed(draft, kinds, id, collapsed);
          }),
    [flat, folded, kinds, onFold],
  );
  const foldHere = useCallback(
    (id: string, collapsed: boolean) =>
      setFolded((old) => [...old.filter((entry) => entry.id !== id), { id, collapsed }]),
    [],
  );
  return { ...props, document, onFold: onFold ?? foldHere };
}

interface FlowProps extends CanvasProps {
  readonly size: Size;
  readonly container: HTMLDivElement;
}

function Flow(props: FlowProps) {
  const { document, kinds, runStore, overlay, size, container, viewportKey, marks, changes } = props;
  const { t, i18n } = useTranslation('designer');
  const editable = props.editable ?? false;
  const selection = props.selection ?? NOTHING;
  const scheme = useComputedColorScheme('light');
  const flow = useReactFlow<StepNode, FlowEdge>();
  const latest = useRef(props);
  latest.current = props;

  const [moving, setMoving] = useState(STILL);
  const [shift, setShift] = useState(UNMOVED);
  const [guides, setGuides] = useState(NO_GUIDES);
  const free = useModifier('Alt');
  const tool = props.tool ?? 'select';
  /** "Approve invoice, approval, 1 in, 2 out": what a screen reader says about a node. */
  const describe = useCallback(
    (node: ProcessNode, incoming: number, outgoing: number) =>
      t('canvas.nodeLabel', {
        title: nodeText(t, kinds, i18n.language, node).title,
        kind: kindName(t, kinds, node),
        incoming,
        outgoing,
      }),
    [t, kinds, i18n.language],
  );
  const describeFlow = useCallback(
    (from: ProcessNode, to: ProcessNode) =>
      t('canvas.flowLabel', {
        from: nodeText(t, kinds, i18n.language, from).title,
        to: nodeText(t, kinds, i18n.language, to).title,
      }),
    [t, kinds, i18n.language],
  );
  const cache = useMemo(() => new ModelCache(), []);
  const model = useMemo(
    () =>
      cache.build({ document, kinds, selection, moving, marks, changes, editable, describe, describeFlow }),
    [cache, document, kinds, selection, moving, marks, changes, editable, describe, describeFlow],
  );
  const { edges, bends } = useBends(model.edges, moving.size > 0);
  const looks = useMemo(
    () => new Map(document.nodes.map((node) => [node.id, kinds.look(node)])),
    [document, kinds],
  );

  // The first viewport is computed before the first paint: `fitView` would show a jump, and sees nothing in overview.
  const [hub] = useState(() => new ViewportHub(firstView(props, size)));
  const [initialView] = useState<View>(() => hub.current);
  const [detail, setDetail] = useState<Detail>(() =>
    detailFor(initialView.zoom, document.nodes.length, 'full'),
  );
  const nodeCount = document.nodes.length;
  useEffect(() => {
    const follow = (view: View): void => setDetail((current) => detailFor(view.zoom, nodeCount, current));
    follow(hub.current);
    return hub.subscribe(follow);
  }, [hub, nodeCount]);
  useEffect(() => {
    container.dataset.level = detail;
  }, [container, detail]);
  const { link } = props;
  useEffect(() => {
    if (!link) return;
    if (!link.current) link.set(hub.current, hub);
    const stop = hub.subscribe((view) => link.set(view, hub));
    const leave = link.subscribe((view, source) => {
      if (source !== hub) void flow.setViewport(view);
    });
    return () => {
      stop();
      leave();
    };
  }, [link, hub, flow]);
  const overview = detail === 'overview';
  const mapped =
    nodeCount >= MINIMAP_MIN_NODES && size.width >= MINIMAP_LEAST && size.height >= MINIMAP_LEAST;
  const settled = useSettled();

  /** Where a move that is under way will end; what comes meanwhile starts from there, not from half-way. */
  const aimed = useRef<View | undefined>(undefined);
  const goTo = useCallback(
    (view: View | undefined) => {
      if (!view) return;
      aimed.current = view;
      void flow.setViewport(view, { duration: motion() }).then(() => {
        if (aimed.current === view) aimed.current = undefined;
      });
    },
    [flow],
  );
  const sizeRef = useRef(size);
  sizeRef.current = size;
  const modelRef = useRef(model);
  modelRef.current = model;

  const bounds = useMemo(() => boundsOf(model.rects.values()), [model.rects]);
  const whole = readsWhole(bounds, size.width, size.height);
  const readRef = useRef((_id?: string) => {});
  readRef.current = (id) => {
    const rect = model.rects.get(id ?? startOf(document)?.id ?? '');
    goTo(openingView(bounds, rect, size.width, size.height));
  };

  /** Everything: the ways of connections, too, which may go round the outermost steps. */
  const fitAll = (): void => {
    const ways = model.edges.flatMap((edge) => edgeRect(edge) ?? []);
    const all = boundsOf([...model.rects.values(), ...ways]);
    if (model.rects.size > 0) goTo(fitView(all, size.width, size.height));
  };
  const fitRef = useRef(fitAll);
  fitRef.current = fitAll;

  useImperativeHandle(props.ref, (): CanvasHandle => {
    const view = (): View => aimed.current ?? hub.current;
    const zoomTo = (zoom: number): void => {
      const { x, y, zoom: old } = view();
      const next = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, zoom));
      const { width, height } = sizeRef.current;
      const ratio = next / old;
      goTo({ x: width / 2 - (width / 2 - x) * ratio, y: height / 2 - (height / 2 - y) * ratio, zoom: next });
    };
    return {
      fit: (ids) => {
        if (!ids) return fitRef.current();
        const { rects, edges } = modelRef.current;
        const wanted = new Set(ids);
        for (const edge of edges) {
          if (!wanted.has(edge.id)) continue;
          wanted.add(edge.source);
          wanted.add(edge.target);
        }
        const chosen = [...rects].filter(([id]) => wanted.has(id)).map(([, rect]) => rect);
        if (chosen.length > 0) goTo(fitView(boundsOf(chosen), sizeRef.current.width, sizeRef.current.height));
      },
      read: (id) => readRef.current(id),
      zoomTo,
      zoomBy: (factor) => zoomTo(view().zoom * factor),
      reveal: (wanted) => {
        const id = hiddenIn(latest.current.document).get(wanted) ?? wanted;
        const step = modelRef.current.rects.get(id);
        const rect = step
          ? withButtons(step)
          : edgeRect(modelRef.current.edges.find((edge) => edge.id === id));
        if (rect) goTo(revealView(view(), rect, sizeRef.current.width, sizeRef.current.height));
      },
      toCanvas: (client) => {
        const { x, y } = flow.screenToFlowPosition(client, { snapToGrid: false });
        return [x, y];
      },
      anchorOf: (id) => {
        const rect = modelRef.current.rects.get(id);
        return rect && flow.flowToScreenPosition({ x: rect.x + rect.width, y: rect.y });
      },
      centre: () => {
        const { x, y, zoom } = view();
        return [(sizeRef.current.width / 2 - x) / zoom, (sizeRef.current.height / 2 - y) / zoom];
      },
      focus: () => container.focus({ preventScroll: true }),
    };
  }, [flow, hub, goTo, container]);

  const freeRef = useRef(free);
  freeRef.current = free;
  /** Whether the pointer adds to the selection, as of its last press. */
  const adding = useRef(false);
  useEffect(() => {
    const note = (event: PointerEvent): void => {
      adding.current = event.shiftKey || event.ctrlKey || event.metaKey;
    };
    container.addEventListener('pointerdown', note, { capture: true });
    return () => container.removeEventListener('pointerdown', note, { capture: true });
  }, [container]);
  const selectionRef = useRef(selection);
  selectionRef.current = selection;
  const box = useRef<Point | undefined>(undefined);
  const onChanges = useCallback(
    (list: (NodeChange<StepNode> | EdgeChange<FlowEdge>)[]) => {
      let next: Set<string> | undefined;
      let places: Map<string, Point> | undefined;
      for (const change of list) {
        if (change.type === 'select') {
          next ??= new Set(selectionRef.current);
          // The library knows nothing of notes and groups: without a modifier they are left when others are chosen.
          if (change.selected && !adding.current) dropDecor(latest.current.document, next);
          if (change.selected) next.add(change.id);
          else next.delete(change.id);
        } else if (change.type === 'position' && change.position && change.dragging) {
          places ??= new Map();
          places.set(change.id, [change.position.x, change.position.y]);
        }
      }
      if (next) {
        selectionRef.current = next;
        latest.current.onSelectionChange?.(next);
      }
      if (places) {
        const { aligned, lines } = inLine(
          modelRef.current.rects,
          places,
          freeRef.current ? 0 : ALIGN_REACH / hub.current.zoom,
        );
        const [first] = aligned;
        const before = first && positionsOf(latest.current.kinds, latest.current.document).get(first[0]);
        setGuides(lines);
        if (first && before) setShift([first[1][0] - before[0], first[1][1] - before[1]]);
        setMoving((old) => new Map([...old, ...aligned]));
      }
    },
    [hub],
  );

  /** A box takes the nodes that it touches; the library would add every flow at them. */
  const onEdgeChanges = useCallback(
    (list: EdgeChange<FlowEdge>[]) =>
      onChanges(list.filter((change) => !(box.current && change.type === 'select' && change.selected))),
    [onChanges],
  );

  const settle = useCallback(() => {
    setMoving(STILL);
    setShift(UNMOVED);
    setGuides(NO_GUIDES);
  }, []);
  const movingRef = useRef(moving);
  movingRef.current = moving;
  const commitMove = useCallback(() => {
    if (movingRef.current.size === 0) return;
    latest.current.onMove?.(movingRef.current);
    settle();
  }, [settle]);

  const refuses = useCallback(
    (from: string, port: string, to: string) =>
      refusal(latest.current.document, latest.current.kinds, from, to, port),
    [],
  );
  const tryConnect = useCallback(
    (from: string, port: string, to: string) => {
      const reason = refuses(from, port, to);
      if (reason === undefined) latest.current.onConnect?.(from, port, to);
      else latest.current.onRefused?.(reason);
    },
    [refuses],
  );
  const pick = useCallback((request: PickRequest) => latest.current.onPick?.(request), []);

  // Click on a port, then on a node: connecting without dragging (WCAG 2.5.7).
  const clickedPort = useRef<{ node: string; port: string } | undefined>(undefined);
  const connection = useConnectionHandlers({ flow, modelRef, tryConnect, pick, latest });

  const colours = useColours(document);
  const { highlight, signs } = props;
  const fold = useCallback((id: string, collapsed: boolean) => latest.current.onFold?.(id, collapsed), []);
  const shared = useMemo<CanvasShared>(
    () => ({ kinds, editable, runStore, overlay, pick, refuses, fold, colours, highlight, signs, bends }),
    [kinds, editable, runStore, overlay, pick, refuses, fold, colours, highlight, signs, bends],
  );

  const drop = useKindDrop({ flow, modelRef, container, hub, latest });

  const pointOf = useCallback(
    (client: { x: number; y: number }): Point => {
      const { x, y } = flow.screenToFlowPosition(client, { snapToGrid: false });
      return [x, y];
    },
    [flow],
  );
  const choose = (next: ReadonlySet<string>): void => {
    selectionRef.current = next;
    latest.current.onSelectionChange?.(next);
  };
  const onPaneClick = (event: MouseEvent): void => {
    clickedPort.current = undefined;
    container.focus({ preventScroll: true });
    if (selectionRef.current.size > 0) choose(NOTHING);
    const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }, { snapToGrid: false });
    if (!overview) return;
    const id = nodeAt(model.rects, [x, y]);
    const rect = id === undefined ? undefined : model.rects.get(id);
    if (rect)
      void flow.setCenter(rect.x + rect.width / 2, rect.y + rect.height / 2, {
        zoom: 0.8,
        duration: motion(),
      });
  };
  const onDoubleClick = (event: MouseEvent): void => {
    if (!editable || overview || !(event.target as Element).classList.contains('react-flow__pane')) return;
    const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    pick({ anchor: { x: event.clientX, y: event.clientY }, at: [x, y] });
  };
  const menuFor = (id: string | undefined) => (event: MouseEvent | globalThis.MouseEvent) => {
    if (!latest.current.onContextMenu) return;
    event.preventDefault();
    const client = { x: event.clientX, y: event.clientY };
    const { x, y } = flow.screenToFlowPosition(client, { snapToGrid: false });
    latest.current.onContextMenu({ ...(id ? { id } : {}), at: [x, y], client });
  };

  useLongPress(
    container,
    props.onContextMenu &&
      ((id, client) =>
        latest.current.onContextMenu?.({ ...(id ? { id } : {}), at: pointOf(client), client })),
  );

  const renamed = (id: string, text: string | undefined): void => {
    latest.current.onRenamed?.(id, text);
    container.focus({ preventScroll: true });
  };
  const namedNode = props.renaming === undefined ? undefined : indexOf(document).nodes.get(props.renaming);
  const namedRect = namedNode && model.rects.get(namedNode.id);
  const focusedRect = props.focused === undefined ? undefined : model.rects.get(props.focused);
  return (
    <CanvasContext.Provider value={shared}>
      <ReactFlow<StepNode, FlowEdge>
        ref={plainFrame}
        nodes={overview ? NO_NODES : model.nodes}
        edges={overview ? NO_EDGES : edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        defaultViewport={initialView}
        minZoom={MIN_ZOOM}
        maxZoom={MAX_ZOOM}
        colorMode={scheme}
        onlyRenderVisibleElements
        disableKeyboardA11y
        deleteKeyCode={null}
        selectionKeyCode={null}
        multiSelectionKeyCode={multiSelectKeys}
        nodesFocusable={false}
        edgesFocusable={false}
        nodesDraggable={editable && tool === 'select'}
        nodesConnectable={editable}
        elementsSelectable
        selectNodesOnDrag
        selectionOnDrag={!overview && tool === 'select'}
        selectionMode={SelectionMode.Partial}
        panOnDrag={overview ? true : tool === 'hand' ? handButtons : panButtons}
        panOnScroll
        zoomOnDoubleClick={false}
        snapToGrid={!free}
        snapGrid={snapGrid}
        nodeDragThreshold={3}
        connectionDragThreshold={3}
        connectionRadius={24}
        elevateNodesOnSelect={false}
        attributionPosition="bottom-right"
        onMoveStart={(event) => {
          // A person who takes hold of the canvas ends the move.
          if (!event) return;
          aimed.current = undefined;
          latest.current.onTaken?.();
        }}
        onMove={(_, view) => hub.set(view)}
        onMoveEnd={(_, view) => {
          // A single turn of the wheel begins and ends a move without anything between.
          hub.set(view);
          saveView(viewportKey, view);
        }}
        onNodesChange={onChanges}
        onEdgesChange={onEdgeChanges}
        onNodeDragStop={commitMove}
        onSelectionDragStop={commitMove}
        onSelectionStart={(event) => {
          box.current = pointOf({ x: event.clientX, y: event.clientY });
        }}
        onSelectionEnd={(event) => {
          const notes =
            box.current && notesIn(document, box.current, pointOf({ x: event.clientX, y: event.clientY }));
          box.current = undefined;
          if (notes && notes.length > 0) choose(new Set([...selectionRef.current, ...notes]));
        }}
        onConnect={(made: Connection) => tryConnect(made.source, made.sourceHandle ?? OUT, made.target)}
        onConnectEnd={connection.onConnectEnd}
        isValidConnection={(made) =>
          refuses(made.source, made.sourceHandle ?? OUT, made.target) === undefined
        }
        onClickConnectStart={(_, start) => {
          if (start.handleType === 'source' && start.nodeId)
            clickedPort.current = { node: start.nodeId, port: start.handleId ?? OUT };
        }}
        onReconnect={(old, made) =>
          latest.current.onReconnect?.(old.id, {
            from: made.source,
            to: made.target,
            port: made.sourceHandle ?? OUT,
          })
        }
        onNodeClick={(_, node) => {
          const from = clickedPort.current;
          clickedPort.current = undefined;
          if (from && from.node !== node.id) tryConnect(from.node, from.port, node.id);
          // Pressing one of several may begin to drag them all; a click means the one.
          else if (!adding.current && selectionRef.current.size > 1)
            latest.current.onSelectionChange?.(new Set([node.id]));
          container.focus({ preventScroll: true });
        }}
        onEdgeClick={() => container.focus({ preventScroll: true })}
        onNodeDoubleClick={(_, node) => latest.current.onOpen?.(node.id)}
        onEdgeDoubleClick={(_, edge) => latest.current.onOpen?.(edge.id)}
        onNodeContextMenu={(event, node) => menuFor(node.id)(event)}
        onEdgeContextMenu={(event, edge) => menuFor(edge.id)(event)}
        onPaneContextMenu={menuFor(undefined)}
        onPaneClick={onPaneClick}
        onDoubleClick={onDoubleClick}
        onDragOver={drop.onDragOver}
        onDragLeave={drop.onDragLeave}
        onDrop={drop.onDrop}
      >
        <ViewportPortal>
          <Decor
            {...{ document, kinds, hub, selection, moving, shift, editable }}
            rects={model.rects}
            highlight={props.highlight}
            renaming={props.renaming}
            onSelect={(id, toggle) => {
              container.focus({ preventScroll: true });
              const next = new Set(toggle ? selectionRef.current : []);
              if (toggle && selectionRef.current.has(id)) next.delete(id);
              else next.add(id);
              choose(next);
            }}
            onOpen={(id) => latest.current.onOpen?.(id)}
            onRenamed={renamed}
            onDrag={(ids, by, done) => {
              if (done) {
                settle();
                if (by[0] !== 0 || by[1] !== 0) latest.current.onMoveBy?.(ids, by);
                return;
              }
              setShift(by);
              setMoving(shifted(document, positionsOf(kinds, document), ids, by));
            }}
            onResize={(id, wanted) => latest.current.onResizeNote?.(id, wanted)}
            onContextMenu={(id, event) => menuFor(id)(event)}
            onFold={props.foldsGroups ? (id) => fold(id, true) : undefined}
          />
          {guides.map((guide) => (
            <span key={guide.axis} className={decor.guide} style={guideStyle(guide, hub.current.zoom)} />
          ))}
          {namedNode && namedRect && (
            <NameField
              key={namedNode.id}
              value={namedNode.name ?? ''}
              label={t('inspector.name')}
              placeholder={nodeText(t, kinds, i18n.language, { ...namedNode, name: '' }).title}
              style={{
                transform: `translate(${namedRect.x}px, ${namedRect.y + 8}px)`,
                width: Math.max(180, namedRect.width),
              }}
              onDone={(name) => renamed(namedNode.id, name)}
            />
          )}
        </ViewportPortal>
        {props.presence && !overview && (
          <PresenceMarks
            presence={props.presence}
            rects={model.rects}
            edges={model.edges}
            hidden={hiddenIn(document)}
          />
        )}
        {focusedRect && !overview && (
          <ViewportPortal>
            <div
              className={classes.focusRing}
              style={{
                transform: `translate(${focusedRect.x - 5}px, ${focusedRect.y - 5}px)`,
                width: focusedRect.width + 10,
                height: focusedRect.height + 10,
              }}
            />
          </ViewportPortal>
        )}
      </ReactFlow>
      {overview && (
        <Overview
          {...{ hub, model, looks, runStore, selection, scheme }}
          width={size.width}
          height={size.height}
        />
      )}
      {settled && mapped && !whole && (
        <MiniMap
          {...{ hub, model, looks, runStore, selection, scheme }}
          width={size.width}
          height={size.height}
          onCentre={(x, y) => {
            latest.current.onTaken?.();
            void flow.setCenter(x, y, { zoom: hub.current.zoom });
          }}
        />
      )}
      <ZoomBar
        hub={hub}
        flow={flow}
        rects={model.rects}
        width={size.width}
        onFit={fitAll}
        onRead={whole ? undefined : () => readRef.current()}
      />
      {tool === 'room' && editable && (
        <RoomTool
          hub={hub}
          toCanvas={pointOf}
          onPush={(axis, from, by) => setMoving(pushed(positionsOf(kinds, document), axis, from, by))}
          onDone={(axis, from, by) => {
            settle();
            latest.current.onMakeRoom?.(axis, from, by);
          }}
        />
      )}
      {props.children}
    </CanvasContext.Provider>
  );
}

const startOf = (document: ProcessDocument): ProcessNode | undefined =>
  document.nodes.find((node) => node.kind === 'startEvent') ?? document.nodes[0];

function firstView(props: CanvasProps, size: Size): View {
  const stored = props.link?.current ?? loadView(props.viewportKey);
  if (stored) return stored;
  const { document, kinds } = props;
  const places = positionsOf(kinds, document);
  const rectFor = (node: ProcessNode): Rect => rectOf(kinds, node, places.get(node.id) ?? [0, 0], document);
  const hidden = hiddenIn(document);
  const anchor = document.nodes.find((node) => node.id === props.anchor) ?? startOf(document);
  return openingView(
    boundsOf(document.nodes.filter((node) => !hidden.has(node.id)).map(rectFor)),
    anchor && rectFor(anchor),
    size.width,
    size.height,
  );
}

function edgeRect(edge: FlowEdge | undefined): Rect | undefined {
  return edge?.data && boundsOf(edge.data.points.map(([x, y]) => ({ x, y, width: 0, height: 0 })));
}
