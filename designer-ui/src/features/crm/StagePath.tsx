import { Check } from 'lucide-react';
import type { CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './Deal.module.css';
import type { Deal, Pipeline, Stage } from './types';

type StagePathProps = { deal: Deal; pipeline: Pipeline; mayMove: boolean; onMove: (stage: Stage) => void };

/** The way of a deal through its pipeline; a stage is entered by clicking it. */
export function StagePath({ deal, pipeline, mayMove, onMove }: StagePathProps) {
  const { t } = useTranslation('crm');
  const current = pipeline.stages.findIndex((stage) => stage.id === deal.stageId);
  return (
    <ol className={classes.path} aria-label={t('field.stage')}>
      {pipeline.stages.map((stage, index) => {
        const here = index === current;
        // What was skipped has no tick. Older records do not know where they were.
        const behind =
          index < current && stage.kind === 'normal' && (deal.visitedStages?.includes(stage.id) ?? true);
        return (
          <li key={stage.id} className={classes.step}>
            <button
              type="button"
              className={`${classes.stepButton} ${here ? classes.current : ''} ${behind ? classes.reached : ''}`}
              style={{ '--stage-color': stage.color || 'var(--fx-line-control)' } as CSSProperties}
              aria-current={here ? 'step' : undefined}
              disabled={!mayMove || here}
              onClick={() => onMove(stage)}
            >
              {behind && <Check size={12} aria-hidden />}
              {stage.name}
            </button>
          </li>
        );
      })}
    </ol>
  );
}
