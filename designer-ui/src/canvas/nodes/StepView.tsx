import { Handle, type NodeProps, Position, useConnection } from '@xyflow/react';
import { Hand, Minus, Pencil, Plus, TriangleAlert } from 'lucide-react';
import { type CSSProperties, type MouseEvent, memo } from 'react';
import { useTranslation } from 'react-i18next';
import { useBehind } from '@/api/useBehind';
import { formatCompact, formatDuration } from '@/lib/format';
import { type Geometry, outputPort, type Port } from '@/lib/process/geometry';
import { isContainer } from '@/lib/process/scopes';
import { OUT, type ProcessNode } from '@/lib/process/types';
import { useNow } from '@/lib/useNow';
import { isFinal, statusLooks } from '@/theme/status';
import { BehindMark } from '@/ui';
import { useCanvasShared } from '../context';
import type { StepData, StepNode } from '../flowModel';
import { iconOf } from '../icons';
import { nodeText } from '../nodeText';
import { type NodeRunState, useNodeRunState } from '../runStore';
import { portLabel, type Stroke, strokeOf } from './looks';
import { Markers, markersOf } from './Markers';
import { innerLine, outlineOf } from './outline';
import { Signs } from './Signs';
import classes from './StepView.module.css';

const SIDES = { left: Position.Left, right: Position.Right, top: Position.Top, bottom: Position.Bottom };
const HIT = 24;

/** One node on the canvas. Everything about a run comes from the run store, never from `data`. */
export const StepView = memo(function StepView({ id, data, selected, dragging }: NodeProps<StepNode>) {
  const { t, i18n } = useTranslation('designer');
  const { kinds, runStore, overlay, editable, fold, colours, highlight, signs } = useCanvasShared();
  const colour = colours.get(id);
  const state = useNodeRunState(runStore, id);
  const { node, geometry } = data;
  const look = kinds.look(node);
  const text = nodeText(t, kinds, i18n.language, node);
  const Icon = iconOf(kinds.icon(node));
  const round = geometry.shape === 'diamond' || geometry.shape === 'circle' || geometry.shape === 'boundary';
  const status = overlay === 'run' ? (state?.status ?? 'idle') : undefined;
  const person = overlay === 'run' ? state?.person : undefined;
  const style: CSSProperties & Record<`--${string}`, string> = {
    width: geometry.width,
    height: geometry.height,
    '--kind': colour ? `var(--fx-colour-${colour})` : `var(--fx-kind-${look})`,
    '--status': status ? statusLooks[status].color : 'transparent',
    '--heat': `${Math.round((state?.heat ?? 0) * 100)}%`,
  };
  return (
    <div
      className={classes.step}
      style={style}
      data-shape={geometry.shape}
      data-look={look}
      data-status={status}
      data-selected={selected || undefined}
      data-dragging={dragging || undefined}
      data-disabled={node.disabled || undefined}
      data-heat={state?.heat !== undefined || undefined}
      data-change={data.change}
      data-colour={colour}
      data-dim={(highlight && !highlight.has(id)) || undefined}
      data-paused={signs?.get(id)?.paused}
      data-missing={kinds.missing(node) || undefined}
      title={round ? undefined : text.title}
    >
      <OutlineView geometry={geometry} look={look} status={status} stroke={strokeOf(node)} />
      {round ? (
        <>
          <span className={classes.symbol} data-thrown={thrown(node) || undefined}>
            <Icon size={geometry.shape === 'boundary' ? 16 : 24} strokeWidth={2} aria-hidden />
          </span>
          {(geometry.shape !== 'boundary' || node.name) && (
            <span className={classes.caption} data-detail="label">
              {text.title}
            </span>
          )}
        </>
      ) : (
        <>
          <div className={classes.head}>
            <span className={classes.tile}>
              <Icon size={20} strokeWidth={2} aria-hidden />
            </span>
            <span className={classes.text}>
              <span className={classes.title}>{text.title}</span>
              {(person ?? text.subtitle) !== '' && (
                <span className={classes.subtitle} data-detail="subtitle">
                  {person ?? text.subtitle}
                </span>
              )}
            </span>
            {status && status !== 'idle' && <StatusMark status={status} state={state} />}
            {isContainer(node) && (
              <button
                type="button"
                tabIndex={-1}
                className={`${classes.fold} nodrag nopan`}
                aria-expanded={geometry.shape === 'frame'}
                aria-label={t(geometry.shape === 'frame' ? 'scope.fold' : 'scope.open')}
                title={t(geometry.shape === 'frame' ? 'scope.fold' : 'scope.open')}
                onClick={(event) => {
                  event.stopPropagation();
                  fold(id, geometry.shape === 'frame');
                }}
              >
                {geometry.shape === 'frame' ? (
                  <Minus size={14} aria-hidden />
                ) : (
                  <Plus size={14} aria-hidden />
                )}
              </button>
            )}
          </div>
          <Markers markers={markersOf(node, data.undoes)} />
          {geometry.outputs
            .filter((port) => port.id !== OUT)
            .map((port) => (
              <span key={port.id} className={classes.outcome} style={{ top: port.y - 13 }}>
                {portLabel(t, node.config?.outcomes, port.id)}
              </span>
            ))}
        </>
      )}
      {round && status && status !== 'idle' && geometry.shape !== 'boundary' && (
        <span className={classes.roundStatus}>
          <StatusMark status={status} state={state} />
        </span>
      )}
      <Badges data={data} state={state} />
      <Signs signs={signs?.get(id)} />
      <Ports id={id} data={data} geometry={geometry} editable={editable} />
    </div>
  );
});

/** Throwing events have a filled symbol, catching ones an outlined one. */
function thrown(node: ProcessNode): boolean {
  return node.kind === 'throwEvent' || (node.kind === 'endEvent' && node.effect !== undefined);
}

function OutlineView(props: {
  geometry: Geometry;
  look: Parameters<typeof outlineOf>[1];
  status: string | undefined;
  stroke: Stroke;
}) {
  const { geometry, look, stroke } = props;
  const { width, height, shape } = geometry;
  const outline = outlineOf(shape, look, width, height, look === 'end' ? 4 : stroke.thick ? 3 : 2);
  return (
    <svg className={classes.outline} width={width} height={height} aria-hidden focusable="false">
      <path
        className={classes.body}
        d={outline.body}
        data-thick={stroke.thick || undefined}
        style={stroke.dash ? { strokeDasharray: stroke.dash } : undefined}
      />
      {outline.extra && (
        <path
          className={classes.extra}
          d={outline.extra}
          style={stroke.dash ? { strokeDasharray: stroke.dash } : undefined}
        />
      )}
      {stroke.double && <path className={classes.extra} d={innerLine(width, height)} />}
    </svg>
  );
}

function StatusMark({
  status,
  state,
}: {
  status: keyof typeof statusLooks;
  state: NodeRunState | undefined;
}) {
  const { t } = useTranslation();
  const StatusIcon = statusLooks[status].icon;
  const behind = useBehind();
  const old = behind !== undefined && !isFinal(status);
  return (
    <span className={classes.status} title={state?.incident ?? t(`status.${status}`)}>
      <StatusIcon size={18} aria-hidden className={status === 'running' && !old ? classes.spin : undefined} />
      {old && (
        <span className={classes.behind}>
          <BehindMark at={behind} />
        </span>
      )}
    </span>
  );
}

/** Problem or incident top left, tokens top right, duration bottom right, change of a comparison top left. */
function Badges({ data, state }: { data: StepData; state: NodeRunState | undefined }) {
  const { t } = useTranslation('designer');
  const { overlay } = useCanvasShared();
  const { mark, change } = data;
  const incidents = overlay ? (state?.incidents ?? 0) : 0;
  const tokens = overlay ? (state?.tokens ?? 0) : 0;
  return (
    <>
      {incidents > 0 && (
        <span className={classes.badge} data-corner="topLeft" data-tone="failed" title={state?.incident}>
          <TriangleAlert size={11} aria-hidden />
          <span className="fx-visually-hidden">{t('canvas.incidents', { count: incidents })}</span>
          <span aria-hidden>{formatCompact(incidents)}</span>
        </span>
      )}
      {incidents === 0 && mark && (
        <span
          className={classes.badge}
          data-corner="topLeft"
          data-tone={mark.severity}
          title={t('canvas.problems', { count: mark.count })}
        >
          <TriangleAlert size={11} aria-hidden />
          <span aria-hidden>{mark.count}</span>
        </span>
      )}
      {change && change !== 'moved' && (
        <span
          className={classes.badge}
          data-corner="topLeft"
          data-tone={change}
          title={t(`change.${change}`)}
        >
          {change === 'added' ? (
            <Plus size={11} aria-hidden />
          ) : change === 'removed' ? (
            <Minus size={11} aria-hidden />
          ) : (
            <Pencil size={10} aria-hidden />
          )}
        </span>
      )}
      {tokens > 0 && (overlay === 'counts' || tokens > 1 || state?.status === 'running') && (
        <span
          className={classes.badge}
          data-corner="topRight"
          data-tone="token"
          title={t('canvas.tokens', { count: tokens })}
        >
          {formatCompact(tokens)}
        </span>
      )}
      {overlay && state?.byHand && (
        <span className={classes.badge} data-corner="bottomLeft" data-tone="hand" title={state.byHand}>
          <Hand size={11} aria-hidden />
          <span className="fx-visually-hidden">{state.byHand}</span>
        </span>
      )}
      {state?.heatText && (
        <span className={classes.badge} data-corner="bottomRight" data-tone="quiet">
          {state.heatText}
        </span>
      )}
      {state?.heat !== undefined && <span className={classes.meter} aria-hidden />}
      {overlay === 'run' && state && <DurationChip state={state} />}
    </>
  );
}

/** How long the step took so far; counts on while it is open. Only the chip is drawn anew. */
function DurationChip({ state }: { state: NodeRunState }) {
  const { durationMs, openSince, byHand } = state;
  const open = openSince === undefined ? undefined : Date.parse(openSince);
  const now = useNow(open);
  const ms = open === undefined ? durationMs : (durationMs ?? 0) + Math.max(0, now - open);
  if (ms === undefined) return null;
  return (
    <span
      className={classes.badge}
      data-corner="bottomLeft"
      data-beside={byHand ? true : undefined}
      data-tone="quiet"
      data-detail="label"
      data-open={open === undefined ? undefined : true}
    >
      {formatDuration(ms)}
    </span>
  );
}

function Ports(props: { id: string; data: StepData; geometry: Geometry; editable: boolean }) {
  const { id, data, geometry, editable } = props;
  const { t } = useTranslation('designer');
  const { pick, refuses } = useCanvasShared();
  const target = useConnection((connection) => {
    if (!connection.inProgress || connection.fromHandle.type !== 'source') return '';
    if (connection.fromNode.id === id) return '';
    return refuses(connection.fromNode.id, connection.fromHandle.id ?? OUT, id) ?? 'allowed';
  });
  const append = (port: Port) => (event: MouseEvent<HTMLButtonElement>) => {
    event.stopPropagation();
    const box = event.currentTarget.getBoundingClientRect();
    pick({ anchor: { x: box.right, y: box.top }, from: { node: id, port: port.id } });
  };
  const addAfter = (portId: string): string =>
    portId === OUT
      ? t('canvas.addAfter')
      : t('canvas.addAfterOutcome', { name: portLabel(t, data.node.config?.outcomes, portId) });
  const plus = (port: Port, at: { x: number; y: number; side: string }) => (
    <button
      key={port.id}
      type="button"
      tabIndex={-1}
      className={`${classes.append} nodrag nopan`}
      data-side={at.side}
      style={{ left: at.x, top: at.y }}
      aria-label={addAfter(port.id)}
      title={addAfter(port.id)}
      onClick={append(port)}
    >
      <Plus size={14} aria-hidden />
    </button>
  );
  const way = data.branch ? geometry.outputs[0] : undefined;
  return (
    <>
      {target && (
        <span
          className={classes.target}
          data-target={target === 'allowed' ? 'allowed' : 'refused'}
          data-reason={target === 'allowed' ? undefined : t(`refusal.${target as 'noInput'}`)}
          aria-hidden
        />
      )}
      {geometry.input && (
        <Handle
          id={geometry.input.id}
          type="target"
          position={SIDES[geometry.input.side]}
          isConnectable={editable}
          className={classes.port}
          data-editable={editable || undefined}
          style={{ left: geometry.input.x - HIT / 2, top: geometry.input.y - HIT / 2 }}
        />
      )}
      {geometry.outputs.map((port) => (
        <Handle
          key={port.id}
          id={port.id}
          type="source"
          position={SIDES[port.side]}
          isConnectable={editable}
          className={classes.port}
          data-editable={editable || undefined}
          style={{ left: port.x - HIT / 2, top: port.y - HIT / 2 }}
        />
      ))}
      {data.free !== '' &&
        data.free.split('\n').map((portId) => {
          const port = outputPort(geometry, portId);
          if (!port) return null;
          return plus(port, port);
        })}
      {way && plus(way, { x: geometry.width / 2, y: 0, side: 'top' })}
    </>
  );
}
