import { useTranslation } from 'react-i18next';
import type { ChainLink } from './api';
import classes from './Chain.module.css';
import { drawingOf } from './draw';

const WIDTH = 270;
const HEIGHT = 40;
const GAP = 24;
const SIDE = 34;
/** Room for how often an arrow at the side was gone. */
const TIMES = 64;

/** The rules of a chain below each other; an arrow at the side leads back to what comes again. */
export function Picture(props: { links: readonly ChainLink[]; say: (link: ChainLink) => string }) {
  const { links, say } = props;
  const { t } = useTranslation('automation');
  const { nodes, edges } = drawingOf(links);
  const top = (at: number): number => at * (HEIGHT + GAP) + 6;
  const sides = edges.filter(({ from, to }) => to !== from + 1);
  const counted = sides.some(({ times }) => times > 1);
  const width = WIDTH + SIDE + sides.length * 14 + (counted ? TIMES : 8);
  return (
    <svg
      className={classes.picture}
      viewBox={`0 0 ${width} ${top(nodes.length)}`}
      width={width}
      role="img"
      aria-label={t('chain.picture', { count: nodes.length })}
      data-chain-picture
    >
      <defs>
        <marker
          id="chainHead"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="7"
          markerHeight="7"
          orient="auto"
        >
          <path d="M0 0 8 4 0 8z" fill="context-stroke" />
        </marker>
      </defs>
      {edges.map(({ from, to, times, back }) => {
        const loop = back || (nodes[from]?.loop && nodes[to]?.loop);
        const side = sides.findIndex((edge) => edge.from === from && edge.to === to);
        const x = WIDTH + SIDE + side * 14;
        const [y1, y2] = [top(from) + HEIGHT / 2 + 6, top(to) + HEIGHT / 2 - 6];
        return (
          <g key={`${from}-${to}`} className={classes.edge} data-loop={loop || undefined}>
            <path
              markerEnd="url(#chainHead)"
              d={
                side < 0
                  ? `M${WIDTH / 2} ${top(from) + HEIGHT}V${top(to) - 2}`
                  : `M${WIDTH} ${y1}C${x} ${y1} ${x} ${y2} ${WIDTH + 2} ${y2}`
              }
            />
            {times > 1 && (
              <text x={side < 0 ? WIDTH / 2 + 8 : x - 8} y={side < 0 ? top(to) - 8 : (y1 + y2) / 2}>
                {t('chain.times', { count: times })}
              </text>
            )}
          </g>
        );
      })}
      {nodes.map(({ rule, link, loop }, at) => (
        <g key={rule} className={classes.node} data-kind={link.kind} data-loop={loop || undefined}>
          <rect x={1} y={top(at)} width={WIDTH - 2} height={HEIGHT} rx={6} />
          <foreignObject x={8} y={top(at)} width={WIDTH - 16} height={HEIGHT}>
            <div className={classes.label}>{say(link)}</div>
          </foreignObject>
        </g>
      ))}
    </svg>
  );
}
