import type { Look, Shape } from '@/lib/process/kinds';

/** Outlines of nodes as SVG paths, inset by half the stroke so that they stay inside the node's box. */
export interface Outline {
  readonly body: string;
  /** Lines on top of the body: a folded corner, double borders. */
  readonly extra?: string;
}

const RADIUS = 10;
const CUT = 14;

function roundedRect(x: number, y: number, w: number, h: number, r: number, leftRadius = r): string {
  const l = leftRadius;
  return `M${x + l} ${y}H${x + w - r}Q${x + w} ${y} ${x + w} ${y + r}V${y + h - r}Q${x + w} ${y + h} ${x + w - r} ${y + h}H${x + l}${
    l > r
      ? `A${l} ${h / 2} 0 0 1 ${x} ${y + h / 2}A${l} ${h / 2} 0 0 1 ${x + l} ${y}`
      : `Q${x} ${y + h} ${x} ${y + h - l}V${y + l}Q${x} ${y} ${x + l} ${y}`
  }Z`;
}

function cutRect(x: number, y: number, w: number, h: number): string {
  const r = RADIUS;
  return `M${x + r} ${y}H${x + w - CUT}L${x + w} ${y + CUT}V${y + h - r}Q${x + w} ${y + h} ${x + w - r} ${y + h}H${x + r}Q${x} ${y + h} ${x} ${y + h - r}V${y + r}Q${x} ${y} ${x + r} ${y}Z`;
}

function circle(centre: number, r: number): string {
  return `M${centre - r} ${centre}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
}

/** A square on its corner with slightly rounded corners. */
function diamond(size: number, inset: number): string {
  const m = size / 2;
  const a = inset;
  const b = size - inset;
  const k = 4;
  return `M${m - k} ${a + k}Q${m} ${a} ${m + k} ${a + k}L${b - k} ${m - k}Q${b} ${m} ${b - k} ${m + k}L${m + k} ${b - k}Q${m} ${b} ${m - k} ${b - k}L${a + k} ${m + k}Q${a} ${m} ${a + k} ${m - k}Z`;
}

/** The second line of a transaction, inside the first. */
export function innerLine(width: number, height: number): string {
  return roundedRect(4, 4, width - 8, height - 8, RADIUS - 2);
}

export function outlineOf(shape: Shape, look: Look, width: number, height: number, stroke: number): Outline {
  const i = stroke / 2;
  const w = width - stroke;
  const h = height - stroke;
  switch (shape) {
    case 'pill':
      return { body: roundedRect(i, i, w, h, RADIUS, h / 2) };
    case 'diamond':
      return { body: diamond(width, i) };
    case 'circle':
      return look === 'timer'
        ? { body: circle(width / 2, w / 2), extra: circle(width / 2, w / 2 - 4) }
        : { body: circle(width / 2, w / 2) };
    case 'frame':
      return { body: roundedRect(i, i, w, h, RADIUS + 2) };
    case 'boundary':
      return { body: circle(width / 2, w / 2), extra: circle(width / 2, w / 2 - 3) };
    default:
      break;
  }
  switch (look) {
    case 'notification':
      return { body: cutRect(i, i, w, h) };
    case 'document':
      return { body: cutRect(i, i, w, h), extra: `M${i + w - CUT} ${i}V${i + CUT}H${i + w}` };
    case 'robot':
      return { body: roundedRect(i, i, w, h, RADIUS), extra: `M${i + 4} ${i + 7}V${i + h - 7}` };
    default:
      return { body: roundedRect(i, i, w, h, RADIUS) };
  }
}
