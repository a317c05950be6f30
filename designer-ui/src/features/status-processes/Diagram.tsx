import { useTranslation } from 'react-i18next';
import type { Status } from './api';
import { useEditing } from './context';
import { type Handler, isLast, type Link, linksOf } from './model';
import classes from './StatusProcesses.module.css';

const WIDTH = 148;
const HEIGHT = 34;
const GAP = 64;
const STEP = 26;

/** How statuses lead to one another: forward above, back below. */
export function Diagram() {
  const { t } = useTranslation('statusProcesses');
  const editing = useEditing();
  const { content, open, statusName } = editing;
  const links = linksOf(content);
  const place = new Map(content.statuses.map(({ id }, at) => [id, at]));
  const reach = (side: 1 | -1): number =>
    Math.max(
      0,
      ...links.map(({ from, to }) => {
        const by = (place.get(to) ?? 0) - (place.get(from) ?? 0);
        return (side > 0 ? by >= 0 : by < 0) ? Math.abs(by) || 1 : 0;
      }),
    );
  const above = 14 + Math.min(reach(1), 5) * STEP;
  const below = 10 + Math.min(reach(-1), 5) * STEP;
  const width = 40 + content.statuses.length * (WIDTH + GAP);
  const height = above + HEIGHT + below;
  const x = (at: number): number => 32 + at * (WIDTH + GAP);
  const saying = (by: readonly Handler[]): string =>
    [...new Set(by.map((one) => handlerName(t, one)))].join(', ');
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the picture scrolls sideways, also by keyboard.
    <section className={classes.diagram} aria-label={t('diagram.title')} tabIndex={0}>
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={links
          .map(({ from, to, by }) =>
            t('diagram.says', { from: statusName(from), to: statusName(to), by: saying(by) }),
          )
          .join('. ')}
      >
        <defs>
          <marker
            id="status-arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path d="M0 0 8 4 0 8z" className={classes.arrow} />
          </marker>
        </defs>
        {links.map((link) => (
          <Arc key={`${link.from} ${link.to}`} {...{ link, place, x, above }} label={saying(link.by)} />
        ))}
        {content.statuses.map((status, at) => (
          <Box
            key={status.id}
            {...{ status, x: x(at), y: above }}
            initial={status.id === content.initial}
            last={isLast(content, status)}
            onOpen={() => open(status.id)}
          />
        ))}
      </svg>
    </section>
  );
}

type T = ReturnType<typeof useTranslation<'statusProcesses'>>['t'];

/** What a list of steps belongs to, in short. */
export function handlerName(t: T, { kind, of }: Handler): string {
  if (kind === 'command') return of?.name || t('part.command');
  if (kind === 'delay') return of?.name || t('part.delay');
  return t(`part.${kind}`);
}

function Box(props: {
  status: Status;
  x: number;
  y: number;
  initial: boolean;
  last: boolean;
  onOpen: () => void;
}) {
  const { status, x, y, initial, last } = props;
  const name = status.name.length > 20 ? `${status.name.slice(0, 19)}…` : status.name;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the cards below open the same by keyboard.
    <g className={classes.box} onClick={props.onOpen}>
      {initial && (
        <path
          d={`M${x - 26} ${y + HEIGHT / 2}H${x - 2}`}
          className={classes.line}
          markerEnd="url(#status-arrow)"
        />
      )}
      {last && (
        <rect x={x - 3} y={y - 3} width={WIDTH + 6} height={HEIGHT + 6} rx={9} className={classes.lastBox} />
      )}
      <rect x={x} y={y} width={WIDTH} height={HEIGHT} rx={7} className={classes.boxRect} />
      <circle cx={x + 14} cy={y + HEIGHT / 2} r={5} fill={status.color || 'currentColor'} />
      <text x={x + 26} y={y + HEIGHT / 2 + 4} className={classes.boxText}>
        {name}
      </text>
      <title>{status.name}</title>
    </g>
  );
}

function Arc(props: {
  link: Link;
  place: ReadonlyMap<string, number>;
  x: (at: number) => number;
  above: number;
  label: string;
}) {
  const { link, place, x, above, label } = props;
  const [from, to] = [place.get(link.from), place.get(link.to)];
  if (from === undefined || to === undefined) return null;
  const by = to - from;
  const back = by < 0;
  const high = Math.min(Math.abs(by) || 1, 5) * STEP;
  const y = back ? above + HEIGHT : above;
  const top = back ? y + high : y - high;
  // What leaves a box stands right of what comes in, so that two ways do not lie on one another.
  const a = x(from) + WIDTH * (back ? 0.35 : 0.65);
  const b = x(to) + WIDTH * (by === 0 ? 0.35 : back ? 0.65 : 0.35);
  const short = label.length > 22 ? `${label.slice(0, 21)}…` : label;
  return (
    <g>
      <path
        d={`M${a} ${y}C${a} ${top} ${b} ${top} ${b} ${back ? y + 2 : y - 2}`}
        className={classes.line}
        markerEnd="url(#status-arrow)"
      />
      <text x={(a + b) / 2} y={back ? y + high * 0.75 + 11 : y - high * 0.75 - 3} className={classes.arcText}>
        {short}
      </text>
      <title>{label}</title>
    </g>
  );
}
