import { useEffect, useRef } from 'react';
import type { Look } from '@/lib/process/kinds';
import classes from './Canvas.module.css';
import type { Model } from './flowModel';
import { paintGraph, prepare, readPalette } from './paint';
import type { RunStore } from './runStore';
import type { ViewportHub } from './viewportHub';

interface OverviewProps {
  readonly hub: ViewportHub;
  readonly model: Model;
  readonly looks: ReadonlyMap<string, Look>;
  readonly runStore: RunStore | undefined;
  readonly selection: ReadonlySet<string>;
  readonly width: number;
  readonly height: number;
  readonly scheme: string;
}

/** The whole graph on one 2-D canvas, below the zoom at which single nodes can be read. */
export function Overview({ hub, model, looks, runStore, selection, width, height, scheme }: OverviewProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the scheme changes the colours that are read inside.
  useEffect(() => {
    const canvas = ref.current;
    if (!canvas) return;
    const palette = readPalette(canvas);
    let frame = 0;
    const paint = (): void => {
      frame = 0;
      const context = prepare(canvas, width, height);
      if (!context) return;
      const { x, y, zoom } = hub.current;
      context.translate(x, y);
      context.scale(zoom, zoom);
      paintGraph(context, { model, looks, palette, runStore, selection, edges: true }, 1 / zoom);
    };
    const request = (): void => {
      if (frame === 0) frame = requestAnimationFrame(paint);
    };
    paint();
    const stops = [hub.subscribe(request), runStore?.observe(request)];
    return () => {
      cancelAnimationFrame(frame);
      for (const stop of stops) stop?.();
    };
  }, [hub, model, looks, runStore, selection, width, height, scheme]);
  return <canvas ref={ref} className={classes.overview} style={{ width, height }} aria-hidden />;
}
