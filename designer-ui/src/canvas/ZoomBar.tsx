import type { useReactFlow } from '@xyflow/react';
import { Maximize, Minus, Plus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import classes from './Canvas.module.css';
import type { FlowEdge, StepNode } from './flowModel';
import { motion } from './view';
import { useViewport, type ViewportHub } from './viewportHub';

/** Zooming by pointer; the keys are commands of whoever shows the canvas. */
export function ZoomBar(props: {
  hub: ViewportHub;
  flow: ReturnType<typeof useReactFlow<StepNode, FlowEdge>>;
  onFit: () => void;
}) {
  const { hub, flow, onFit } = props;
  const { t } = useTranslation('designer');
  const percent = useViewport(hub, ({ zoom }) => Math.round(zoom * 100));
  return (
    <div className={classes.zoomBar}>
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
    </div>
  );
}
