import { type CSSProperties, type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { boundsOf, type Rect } from '@/lib/process/geometry';
import type { KindTable } from '@/lib/process/kinds';
import { labelPoint, roundedPath } from '@/lib/process/route';
import { flatten } from '@/lib/process/scopes';
import { OUT, type ProcessDocument, type ProcessNode } from '@/lib/process/types';
import { arrowHead, defaultSlash } from './edges/shapes';
import { type FlowEdge, ModelCache, type StepNode } from './flowModel';
import { iconOf } from './icons';
import { portLabel, strokeOf } from './nodes/looks';
import { innerLine, outlineOf } from './nodes/outline';
import { nodeText } from './nodeText';

const MARGIN = 24;
const CAPTION = 34;
const NONE: ReadonlySet<string> = new Set();
const STILL: ReadonlyMap<string, [number, number]> = new Map();
const FONT = "'Inter Variable', Inter, 'Segoe UI', Arial, sans-serif";

/**
 * A process as one plain SVG: for galleries, documents and files. It knows nothing of the canvas library, holds no
 * scripts, styles or foreign elements, and draws the same shapes and ways.
 */
export function Picture({
  document,
  kinds,
  label,
  className,
  small = false,
  least,
}: {
  readonly document: ProcessDocument;
  readonly kinds: KindTable;
  readonly label: string;
  readonly className?: string | undefined;
  /** Shapes and colours only: what the process looks like where its words could not be read. */
  readonly small?: boolean;
  /** The factor by which it should at least be shown: whoever holds it finds the width in `--least`. */
  readonly least?: number;
}) {
  const { t, i18n } = useTranslation('designer');
  const model = useMemo(
    () =>
      new ModelCache().build({
        document: flatten(document),
        kinds,
        selection: NONE,
        moving: STILL,
        marks: undefined,
        changes: undefined,
        editable: false,
        describe: () => '',
        describeFlow: () => '',
      }),
    [document, kinds],
  );
  const box = frameOf(model.nodes, model.edges);
  const text = (node: ProcessNode) => nodeText(t, kinds, i18n.language, node);
  return (
    <svg
      role="img"
      aria-label={label}
      className={className}
      viewBox={`${box.x} ${box.y} ${box.width} ${box.height}`}
      fontFamily={FONT}
      {...(least === undefined
        ? {}
        : { style: { '--least': `${Math.round(box.width * least)}px` } as CSSProperties })}
    >
      <title>{label}</title>
      {small
        ? model.edges.map(({ id, data }) => (
            <path
              key={id}
              d={roundedPath(data?.points ?? [])}
              fill="none"
              stroke="var(--fx-edge)"
              strokeWidth={5}
            />
          ))
        : model.edges.map((edge) => <FlowPicture key={edge.id} edge={edge} />)}
      {small
        ? model.nodes.map((step) => <StepShape key={step.id} step={step} kinds={kinds} />)
        : model.nodes.map((step) => (
            <StepPicture key={step.id} step={step} kinds={kinds} {...text(step.data.node)} />
          ))}
    </svg>
  );
}

function frameOf(nodes: readonly StepNode[], edges: readonly FlowEdge[]): Rect {
  const bounds = boundsOf([
    ...nodes.map(({ position, data }) => ({
      x: position.x - (isRound(data.geometry.shape) ? 24 : 0),
      y: position.y,
      width: data.geometry.width + (isRound(data.geometry.shape) ? 48 : 0),
      height: data.geometry.height + (isRound(data.geometry.shape) ? CAPTION : 0),
    })),
    ...edges.flatMap(({ data }) => (data?.points ?? []).map(([x, y]) => ({ x, y, width: 0, height: 0 }))),
  ]);
  return {
    x: Math.floor(bounds.x - MARGIN),
    y: Math.floor(bounds.y - MARGIN),
    width: Math.ceil(bounds.width + 2 * MARGIN),
    height: Math.ceil(bounds.height + 2 * MARGIN),
  };
}

function isRound(shape: string): boolean {
  return shape === 'diamond' || shape === 'circle' || shape === 'boundary';
}

function FlowPicture({ edge: { data } }: { edge: FlowEdge }) {
  if (!data) return null;
  const shown = data.label.length > 24 ? `${data.label.slice(0, 23)}…` : data.label;
  const width = widthOf(shown, 11) + 14;
  const [x, y] = labelPoint(data.points);
  return (
    <g>
      <path d={roundedPath(data.points)} fill="none" stroke="var(--fx-edge)" strokeWidth={1.5} />
      <path d={arrowHead(data.points)} fill="var(--fx-edge)" />
      {data.isDefault && (
        <path d={defaultSlash(data.points)} fill="none" stroke="var(--fx-edge)" strokeWidth={2} />
      )}
      {shown !== '' && (
        <g transform={`translate(${x} ${y})`}>
          <rect
            x={-width / 2}
            y={-9}
            width={width}
            height={18}
            rx={9}
            fill="var(--fx-bg-surface)"
            stroke="var(--fx-line)"
          />
          <text y={4} textAnchor="middle" fontSize={11} fontWeight={500} fill="var(--fx-text)">
            {shown}
          </text>
        </g>
      )}
    </g>
  );
}

/** A step from afar: its outline in the colour of its kind. */
function StepShape({ step, kinds }: { readonly step: StepNode; readonly kinds: KindTable }) {
  const { node, geometry } = step.data;
  const { width, height, shape } = geometry;
  const look = kinds.look(node);
  const kind = `var(--fx-kind-${look})`;
  const Icon = iconOf(kinds.icon(node));
  const size = Math.min(width, height, 64) * 0.7;
  const { body } = outlineOf(shape, look, width, height, 4);
  return (
    <g transform={`translate(${step.position.x} ${step.position.y})`}>
      <path d={body} fill="var(--fx-bg-surface)" />
      <path
        d={body}
        fill={kind}
        fillOpacity={shape === 'frame' ? 0.08 : 0.22}
        stroke={kind}
        strokeWidth={4}
      />
      {shape !== 'frame' && (
        <Icon
          x={(width - size) / 2}
          y={(Math.min(height, 64) - size) / 2 + Math.max(0, height - 64) / 2}
          size={size}
          color={kind}
          aria-hidden
        />
      )}
    </g>
  );
}

function StepPicture({
  step,
  kinds,
  title,
  subtitle,
}: {
  readonly step: StepNode;
  readonly kinds: KindTable;
  readonly title: string;
  readonly subtitle: string;
}) {
  const { t } = useTranslation('designer');
  const { node, geometry } = step.data;
  const { width, height, shape } = geometry;
  const look = kinds.look(node);
  const Icon = iconOf(kinds.icon(node));
  const kind = `var(--fx-kind-${look})`;
  const stroke = strokeOf(node);
  const round = isRound(shape);
  const thick = look === 'end' ? 4 : stroke.thick ? 3 : round ? 1.5 : 1;
  const outline = outlineOf(shape, look, width, height, Math.max(2, thick));
  const line = round || stroke.thick ? kind : 'var(--fx-line-control)';
  const small = shape === 'frame';
  return (
    <g
      transform={`translate(${step.position.x} ${step.position.y})`}
      opacity={node.disabled ? 0.5 : undefined}
    >
      <path d={outline.body} fill={small ? 'var(--fx-bg-canvas)' : 'var(--fx-bg-surface)'} />
      {round && shape !== 'boundary' && <path d={outline.body} fill={kind} fillOpacity={0.08} />}
      <path
        d={outline.body}
        fill="none"
        stroke={line}
        strokeWidth={thick}
        strokeDasharray={node.disabled ? '3 3' : stroke.dash}
      />
      {outline.extra && <path d={outline.extra} fill="none" stroke={kind} strokeDasharray={stroke.dash} />}
      {stroke.double && <path d={innerLine(width, height)} fill="none" stroke="var(--fx-line-control)" />}
      {round ? (
        <>
          <Icon
            x={width / 2 - (shape === 'boundary' ? 8 : 12)}
            y={height / 2 - (shape === 'boundary' ? 8 : 12)}
            size={shape === 'boundary' ? 16 : 24}
            color={kind}
            aria-hidden
          />
          {(shape !== 'boundary' || node.name) && (
            <Lines
              lines={wrap(title, shape === 'boundary' ? 92 : 116, 12, 2)}
              x={shape === 'boundary' ? width - 2 : width / 2}
              y={height + (shape === 'boundary' ? 8 : 14)}
              size={12}
              anchor={shape === 'boundary' ? 'start' : 'middle'}
              halo
            />
          )}
        </>
      ) : (
        <CardText
          title={title}
          subtitle={subtitle}
          kind={kind}
          width={width}
          small={small}
          icon={
            <Icon x={small ? 14 : 20} y={small ? 12 : 22} size={small ? 18 : 20} color={kind} aria-hidden />
          }
        />
      )}
      {geometry.outputs
        .filter((port) => port.id !== OUT && !round)
        .map((port) => (
          <g key={port.id}>
            <path d={`M1 ${port.y - 13}H${width - 1}`} stroke="var(--fx-line)" fill="none" />
            <text
              x={width - 14}
              y={port.y + 4}
              textAnchor="end"
              fontSize={11}
              fontWeight={500}
              fill="var(--fx-text-muted)"
            >
              {clip(portLabel(t, node.config?.outcomes, port.id), width - 30, 11)}
            </text>
            <circle cx={width} cy={port.y} r={4} fill="var(--fx-edge)" />
          </g>
        ))}
    </g>
  );
}

function CardText(props: {
  readonly title: string;
  readonly subtitle: string;
  readonly kind: string;
  readonly width: number;
  readonly small: boolean;
  readonly icon: ReactNode;
}) {
  const { title, subtitle, kind, width, small, icon } = props;
  const left = small ? 48 : 64;
  const room = width - left - 12;
  const lines = wrap(title, room, 13, small ? 1 : 2);
  const two = lines.length > 1;
  const tile = small ? 28 : 44;
  return (
    <>
      <rect x={10} y={small ? 8 : 10} width={tile} height={tile} rx={8} fill={kind} fillOpacity={0.14} />
      {icon}
      <Lines
        lines={lines}
        x={left}
        y={small ? 26 : two ? 21 : subtitle ? 29 : 37}
        size={13}
        anchor="start"
        strong
      />
      {subtitle && !small && (
        <text x={left} y={two ? 54 : 46} fontSize={11} fill="var(--fx-text-muted)">
          {clip(subtitle, room, 11)}
        </text>
      )}
    </>
  );
}

function Lines(props: {
  readonly lines: readonly string[];
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly anchor: 'start' | 'middle';
  readonly strong?: boolean;
  readonly halo?: boolean;
}) {
  const { lines, x, y, size, anchor, strong, halo } = props;
  return (
    <text
      textAnchor={anchor}
      fontSize={size}
      fontWeight={strong ? 500 : 400}
      fill="var(--fx-text)"
      {...(halo ? { stroke: 'var(--fx-bg-canvas)', strokeWidth: 3, paintOrder: 'stroke' } : {})}
    >
      {lines.map((line, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place.
        <tspan key={i} x={x} y={y + i * (size + 2)}>
          {line}
        </tspan>
      ))}
    </text>
  );
}

/** How wide a text will be, near enough for breaking lines: a file has no browser to ask. */
export function widthOf(text: string, size: number): number {
  let em = 0;
  for (const letter of text) {
    if (/[iljtfr.,:;'’|!() ]/.test(letter)) em += 0.32;
    else if (/[mwMWЖШЩЮМжшщюм@%—]/.test(letter)) em += 0.86;
    else if (/\p{Lu}/u.test(letter)) em += 0.68;
    else em += 0.58;
  }
  return em * size;
}

/** The text, or as much of it as fits with an ellipsis. */
export function clip(text: string, room: number, size: number): string {
  if (widthOf(text, size) <= room) return text;
  let kept = text;
  while (kept.length > 1 && widthOf(`${kept}…`, size) > room) kept = kept.slice(0, -1).trimEnd();
  return `${kept}…`;
}

/** Lines of whole words; the last one is cut when there are more words than room. */
export function wrap(text: string, room: number, size: number, most: number): string[] {
  const words = text.split(/\s+/).filter(Boolean);
  const lines: string[] = [];
  while (words.length > 0) {
    let line = words.shift() as string;
    if (lines.length === most - 1) line = [line, ...words.splice(0)].join(' ');
    while (words.length > 0 && widthOf(`${line} ${words[0]}`, size) <= room) line += ` ${words.shift()}`;
    lines.push(clip(line, room, size));
  }
  return lines;
}
