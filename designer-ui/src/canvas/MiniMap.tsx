import { Map as MapIcon } from 'lucide-react';
import { type PointerEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { paced } from '@/lib/paced';
import { boundsOf } from '@/lib/process/geometry';
import type { Look } from '@/lib/process/kinds';
import classes from './Canvas.module.css';
import type { Model } from './flowModel';
import { toggleMap, useMapOpen } from './mapState';
import { type Palette, paintGraph, prepare, readPalette } from './paint';
import type { RunStore } from './runStore';
import type { ViewportHub } from './viewportHub';

const WIDTH = 180;
const HEIGHT = 110;
const MARGIN = 8;
/** Between two pictures of the map while everything moves. */
const PACE_MS = 100;
/** A map of so few steps says nothing, even if they are far apart. */
export const MINIMAP_MIN_NODES = 8;
/** In a smaller window on the drawing the map would cover it. */
export const MINIMAP_LEAST = 420;

interface MiniMapProps {
  readonly hub: ViewportHub;
  readonly model: Model;
  readonly looks: ReadonlyMap<string, Look>;
  readonly runStore: RunStore | undefined;
  readonly selection: ReadonlySet<string>;
  readonly width: number;
  readonly height: number;
  readonly scheme: string;
  readonly onCentre: (x: number, y: number) => void;
}

/** The map in its corner; who folds it away finds it so everywhere. */
export function MiniMap(props: MiniMapProps) {
  const { t } = useTranslation('designer');
  const open = useMapOpen();
  return (
    <div className={classes.minimap}>
      {open && <View {...props} />}
      <button
        type="button"
        tabIndex={-1}
        className={classes.minimapToggle}
        aria-expanded={open}
        aria-label={t('canvas.minimap')}
        title={t('canvas.minimap')}
        onClick={toggleMap}
      >
        <MapIcon size={15} aria-hidden />
      </button>
    </div>
  );
}

/** The graph with the visible part framed; drag the frame to pan. Pointer only: keys move by nodes. */
function View({ hub, model, looks, runStore, selection, width, height, scheme, onCentre }: MiniMapProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  const bounds = useMemo(() => boundsOf(model.rects.values()), [model]);
  const scale = Math.min(
    (WIDTH - 2 * MARGIN) / (bounds.width || 1),
    (HEIGHT - 2 * MARGIN) / (bounds.height || 1),
  );
  const left = (WIDTH - bounds.width * scale) / 2 - bounds.x * scale;
  const top = (HEIGHT - bounds.height * scale) / 2 - bounds.y * scale;

  const palette = useRef<Palette>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the scheme changes the colours that are read.
  useLayoutEffect(() => {
    palette.current = ref.current ? readPalette(ref.current) : undefined;
  }, [scheme]);
  const paint = useRef((): void => {});
  paint.current = () => {
    const context = ref.current && prepare(ref.current, WIDTH, HEIGHT);
    const colours = palette.current;
    if (!context || !colours) return;
    context.save();
    context.translate(left, top);
    context.scale(scale, scale);
    paintGraph(context, { model, looks, palette: colours, runStore, selection, edges: false }, 1 / scale);
    context.restore();
    const { x, y, zoom } = hub.current;
    context.strokeStyle = colours.brand;
    context.lineWidth = 1.5;
    context.strokeRect(
      left + (-x / zoom) * scale,
      top + (-y / zoom) * scale,
      (width / zoom) * scale,
      (height / zoom) * scale,
    );
  };
  /** A change is painted at once, those that follow it closely together: the frames of a drag belong to what is dragged. */
  const [request] = useState(() => paced(() => paint.current(), PACE_MS));
  /** The frame of what is visible follows the hand. */
  const [follow] = useState(() => paced(() => paint.current(), 0));
  useEffect(
    () => () => {
      request.cancel();
      follow.cancel();
    },
    [request, follow],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever is drawn has changed.
  useEffect(() => request(), [request, model, looks, selection, width, height, scheme, scale, left, top]);
  useEffect(() => {
    const stops = [hub.subscribe(follow), runStore?.observe(request)];
    return () => {
      for (const stop of stops) stop?.();
    };
  }, [hub, runStore, request, follow]);

  const centre = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.buttons !== 1) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const box = event.currentTarget.getBoundingClientRect();
    onCentre((event.clientX - box.left - left) / scale, (event.clientY - box.top - top) / scale);
  };
  return (
    <canvas
      ref={ref}
      className={classes.minimapView}
      style={{ width: WIDTH, height: HEIGHT }}
      aria-hidden
      onPointerDown={centre}
      onPointerMove={centre}
    />
  );
}
