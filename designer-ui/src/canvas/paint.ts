import type { Rect } from '@/lib/process/geometry';
import type { Look } from '@/lib/process/kinds';
import { type Status, statusLooks } from '@/theme/status';
import type { Model } from './flowModel';
import type { RunStore } from './runStore';

/** Drawing of the whole graph with plain rectangles and lines, shared by the overview and the minimap. */

const LOOKS: readonly Look[] = [
  'start',
  'task',
  'approval',
  'notification',
  'document',
  'robot',
  'gateway',
  'timer',
  'subprocess',
  'end',
];

export interface Palette {
  readonly edge: string;
  readonly surface: string;
  readonly brand: string;
  readonly looks: Readonly<Record<string, string>>;
  readonly statuses: Readonly<Record<string, string>>;
}

/** The current colours: a 2-D canvas cannot read CSS variables by itself. */
export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const token = (reference: string): string => {
    const name = /var\((--[\w-]+)\)/.exec(reference)?.[1] ?? reference;
    return style.getPropertyValue(name).trim() || '#888888';
  };
  return {
    edge: token('--fx-edge'),
    surface: token('--fx-bg-surface'),
    brand: token('--fx-brand'),
    looks: Object.fromEntries(LOOKS.map((look) => [look, token(`--fx-kind-${look}`)])),
    statuses: Object.fromEntries(
      Object.entries(statusLooks).map(([status, { color }]) => [status, token(color)]),
    ),
  };
}

export interface PaintInput {
  readonly model: Model;
  readonly looks: ReadonlyMap<string, Look>;
  readonly palette: Palette;
  readonly runStore: RunStore | undefined;
  readonly selection: ReadonlySet<string>;
  readonly edges: boolean;
}

const QUIET: ReadonlySet<Status> = new Set<Status>(['idle', 'canceled', 'skipped']);

export function paintGraph(context: CanvasRenderingContext2D, input: PaintInput, lineWidth: number): void {
  const { model, palette, looks, runStore, selection } = input;
  if (input.edges) {
    context.strokeStyle = palette.edge;
    context.globalAlpha = 0.6;
    context.lineWidth = lineWidth;
    context.beginPath();
    for (const edge of model.edges) {
      const points = edge.data?.points ?? [];
      points.forEach(([x, y], i) => {
        if (i === 0) context.moveTo(x, y);
        else context.lineTo(x, y);
      });
    }
    context.stroke();
  }
  for (const node of model.nodes) {
    const rect = model.rects.get(node.id) as Rect;
    const status = runStore?.node(node.id)?.status;
    const strong = status !== undefined && !QUIET.has(status);
    const colour = strong ? palette.statuses[status] : palette.looks[looks.get(node.id) ?? 'robot'];
    context.globalAlpha = 1;
    context.fillStyle = palette.surface;
    context.fillRect(rect.x, rect.y, rect.width, rect.height);
    context.globalAlpha = strong ? 1 : 0.35;
    context.fillStyle = colour ?? palette.edge;
    context.fillRect(rect.x, rect.y, rect.width, rect.height);
    if (selection.has(node.id)) {
      context.globalAlpha = 1;
      context.strokeStyle = palette.brand;
      context.lineWidth = lineWidth * 3;
      context.strokeRect(rect.x, rect.y, rect.width, rect.height);
    }
  }
  context.globalAlpha = 1;
}

/** Sizes the backing store for the screen's density and clears it. */
export function prepare(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | null {
  const density = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const context = canvas.getContext('2d');
  if (!context) return null;
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
