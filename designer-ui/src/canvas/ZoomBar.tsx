import type { useReactFlow } from '@xyflow/react';
import { BookOpenText, ChevronLeft, ChevronRight, Maximize, Minus, Plus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Rect } from '@/lib/process/geometry';
import classes from './Canvas.module.css';
import type { FlowEdge, StepNode } from './flowModel';
import { motion } from './view';
import { useViewport, type ViewportHub } from './viewportHub';

/** Zooming by pointer; the keys are commands of whoever shows the canvas. */
export function ZoomBar(props: {
  hub: ViewportHub;
  flow: ReturnType<typeof useReactFlow<StepNode, FlowEdge>>;
  onFit: () => void;
  /** Back to a size that can be read; undefined where everything can be read at once. */
  onRead: (() => void) | undefined;
  /** Where the steps are, and how much of that can be seen at once. */
  rects: ReadonlyMap<string, Rect>;
  width: number;
}) {
  const { hub, flow, onFit, onRead, rects, width } = props;
  const { t } = useTranslation('designer');
  const percent = useViewport(hub, ({ zoom }) => Math.round(zoom * 100));
  // So many steps lie outside on either side: a hint that there is more, and the way there.
  const [before, behind] = useViewport(hub, ({ x, zoom }) => {
    let [left, right] = [0, 0];
    for (const rect of rects.values()) {
      if ((rect.x + rect.width) * zoom + x < 0) left++;
      else if (rect.x * zoom + x > width) right++;
    }
    return `${left} ${right}`;
  })
    .split(' ')
    .map(Number) as [number, number];
  const turn = (way: 1 | -1) => () => {
    const { x, y, zoom } = hub.current;
    void flow.setViewport({ x: x - way * width * 0.8, y, zoom }, { duration: motion() });
  };
  return (
    <div className={classes.zoomBar}>
      {before > 0 && (
        <button
          type="button"
          tabIndex={-1}
          className={classes.beyond}
          onClick={turn(-1)}
          aria-label={t('canvas.before', { count: before })}
          title={t('canvas.before', { count: before })}
        >
          <ChevronLeft size={14} aria-hidden />
          {before}
        </button>
      )}
      <button
        type="button"
        tabIndex={-1}
        onClick={() => void flow.zoomOut({ duration: motion() })}
        aria-label={t('canvas.zoomOut')}
        title={t('canvas.zoomOut')}
      >
        <Minus size={16} aria-hidden />
      </button>
      <button
        type="button"
        tabIndex={-1}
        className={classes.percent}
        onClick={() => void flow.zoomTo(1, { duration: motion() })}
        title={t('canvas.zoomReset')}
      >
        {percent}%
      </button>
      <button
        type="button"
        tabIndex={-1}
        onClick={() => void flow.zoomIn({ duration: motion() })}
        aria-label={t('canvas.zoomIn')}
        title={t('canvas.zoomIn')}
      >
        <Plus size={16} aria-hidden />
      </button>
      <button
        type="button"
        tabIndex={-1}
        onClick={onFit}
        aria-label={t('canvas.fit')}
        title={t('canvas.fit')}
      >
        <Maximize size={16} aria-hidden />
      </button>
      {onRead && (
        <button
          type="button"
          tabIndex={-1}
          onClick={onRead}
          aria-label={t('canvas.read')}
          title={t('canvas.read')}
        >
          <BookOpenText size={16} aria-hidden />
        </button>
      )}
      {behind > 0 && (
        <button
          type="button"
          tabIndex={-1}
          className={classes.beyond}
          onClick={turn(1)}
          aria-label={t('canvas.behind', { count: behind })}
          title={t('canvas.behind', { count: behind })}
        >
          {behind}
          <ChevronRight size={14} aria-hidden />
        </button>
      )}
    </div>
  );
}
