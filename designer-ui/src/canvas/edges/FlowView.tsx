import type { EdgeProps } from '@xyflow/react';
import { type MouseEvent, memo } from 'react';
import { useTranslation } from 'react-i18next';
import { labelPoint, roundedPath } from '@/lib/process/route';
import { useBend } from '../bends';
import { useCanvasShared } from '../context';
import type { FlowEdge } from '../flowModel';
import { useFlowTaken } from '../runStore';
import classes from './FlowView.module.css';
import { arrowHead, defaultSlash } from './shapes';

const LABEL_LENGTH = 24;
const LABEL_GLYPH = 6.3;

export const FlowView = memo(function FlowView({ id, data, selected }: EdgeProps<FlowEdge>) {
  const { t } = useTranslation('designer');
  const { editable, overlay, runStore, pick, highlight, bends } = useCanvasShared();
  const bend = useBend(bends, id);
  const taken = useFlowTaken(overlay === 'run' ? runStore : undefined, id);
  if (!data) return null;
  const points = bend ?? data.points;
  const path = roundedPath(points);
  const [mx, my] = labelPoint(points);
  const shown = data.label.length > LABEL_LENGTH ? `${data.label.slice(0, LABEL_LENGTH - 1)}…` : data.label;
  const labelWidth = shown.length * LABEL_GLYPH + 14;
  const insert = (event: MouseEvent) => {
    event.stopPropagation();
    pick({ anchor: { x: event.clientX, y: event.clientY }, flow: id });
  };
  return (
    <g
      className={classes.flow}
      data-selected={selected || undefined}
      data-taken={overlay === 'run' ? taken > 0 : undefined}
      data-mark={data.mark?.severity}
      data-change={data.change}
      data-flow={id}
      data-dim={(highlight && !highlight.has(id)) || undefined}
    >
      <path className={classes.hit} d={path} />
      <path className={classes.line} d={path} />
      <path className={classes.head} d={arrowHead(points)} />
      {data.isDefault && <path className={classes.slash} d={defaultSlash(points)} />}
      {shown !== '' && (
        <g transform={`translate(${mx} ${my})`} className={classes.label} data-detail="label">
          <title>{data.label}</title>
          <rect x={-labelWidth / 2} y={-10} width={labelWidth} height={20} rx={6} />
          <text textAnchor="middle" dominantBaseline="central">
            {shown}
          </text>
        </g>
      )}
      {taken > 1 && (
        <g
          transform={`translate(${mx} ${my + (shown === '' ? 0 : 20)})`}
          className={classes.count}
          data-detail="label"
        >
          <rect x={-14} y={-9} width={28} height={18} rx={9} />
          <text textAnchor="middle" dominantBaseline="central">
            ×{taken}
          </text>
        </g>
      )}
      {editable && (
        // biome-ignore lint/a11y/useSemanticElements: a button cannot live in SVG; keyboard users insert with N.
        <g
          role="button"
          aria-label={t('canvas.insertHere')}
          tabIndex={-1}
          className={classes.plus}
          transform={`translate(${mx} ${my + (shown === '' ? 0 : 24)})`}
          onClick={insert}
          onKeyDown={undefined}
        >
          <title>{t('canvas.insertHere')}</title>
          <circle r={12} />
          <path d="M-4.5 0H4.5M0 -4.5V4.5" />
        </g>
      )}
    </g>
  );
});
