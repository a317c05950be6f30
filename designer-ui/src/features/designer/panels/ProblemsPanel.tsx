import { Button } from '@mantine/core';
import { CircleCheck } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { announce } from '@/lib/live';
import { wayOf } from '@/lib/process/validate';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import { elementName, fieldName } from '../texts';
import { FindingText, FixButton } from './ElementFindings';

/** All findings; a click goes to the element, F8 goes through them. */
export function ProblemsPanel() {
  const { t, i18n } = useTranslation('designer');
  const { findings, kinds, document, showFinding } = useDesigner();
  const walk = useWalk();
  if (findings.length === 0) {
    return (
      <p className={classes.noProblems}>
        <CircleCheck size={16} aria-hidden /> {t('problems.none')}
      </p>
    );
  }
  return (
    <ul className={classes.problems}>
      {findings.map((finding, i) => {
        const id = finding.node ?? finding.flow;
        const way = wayOf(document, finding);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: findings have no identity; the list is replaced as a whole.
          <li key={i} className={classes.problem} data-severity={finding.severity}>
            <button type="button" className={classes.problemButton} onClick={() => showFinding(finding)}>
              <FindingText finding={finding} />
              {id !== undefined && (
                <span className={classes.problemPlace}>
                  {[
                    elementName(t, kinds, i18n.language, document, id),
                    // An empty field is named by the sentence itself.
                    finding.values?.field ? undefined : fieldName(kinds, document, finding),
                  ]
                    .filter(Boolean)
                    .join(' · ')}
                </span>
              )}
            </button>
            {way.length > 0 && (
              <Button size="compact-xs" variant="default" className={classes.fix} onClick={() => walk(way)}>
                {t('problems.show')}
              </Button>
            )}
            <FixButton finding={finding} />
          </li>
        );
      })}
    </ul>
  );
}

const STEP_MS = 400;

/** Selects the flows of a way one after another, so that it can be followed with the eyes. */
function useWalk(): (way: readonly string[]) => void {
  const { t } = useTranslation('designer');
  const { select } = useDesigner();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (way) => {
    clearTimeout(timer.current);
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    const go = (count: number): void => {
      // The newest first: that is the one brought into view.
      select(way.slice(0, count).reverse(), { reveal: true });
      if (count < way.length) timer.current = setTimeout(() => go(count + 1), STEP_MS);
    };
    go(still ? way.length : 1);
    announce(t('problems.shown', { count: way.length }));
  };
}
