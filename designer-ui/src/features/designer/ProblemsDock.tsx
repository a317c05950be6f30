import { ChevronDown, ChevronUp, CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Later, later } from '@/lib/later';
import type { Finding } from '@/lib/process/validate';
import classes from './Designer.module.css';

const ProblemsPanel = later(() =>
  import('./panels/ProblemsPanel').then(({ ProblemsPanel }) => ProblemsPanel),
);

interface ProblemsDockProps {
  readonly findings: readonly Finding[];
  readonly open: boolean;
  readonly onToggle: (open: boolean) => void;
}

/** The line below the canvas that says how many problems there are, and the list when it is opened. */
export function ProblemsDock({ findings, open, onToggle }: ProblemsDockProps) {
  const { t } = useTranslation('designer');
  const errors = findings.filter((finding) => finding.severity === 'error').length;
  return (
    <section className={classes.dock} data-open={open || undefined} aria-label={t('problems.title')}>
      <button
        type="button"
        className={classes.dockToggle}
        aria-expanded={open}
        onClick={() => onToggle(!open)}
      >
        {open ? <ChevronDown size={16} aria-hidden /> : <ChevronUp size={16} aria-hidden />}
        {t('problems.title')}
        {findings.length === 0 ? (
          <span className={classes.dockFact} data-tone="done">
            <CircleCheck size={15} aria-hidden /> {t('problems.none')}
          </span>
        ) : (
          <>
            {errors > 0 && (
              <span className={classes.dockFact} data-tone="error">
                <CircleAlert size={15} aria-hidden /> {t('problems.errors', { count: errors })}
              </span>
            )}
            {findings.length > errors && (
              <span className={classes.dockFact} data-tone="warning">
                <TriangleAlert size={15} aria-hidden />{' '}
                {t('problems.warnings', { count: findings.length - errors })}
              </span>
            )}
          </>
        )}
      </button>
      {open && (
        <Later>
          <ProblemsPanel />
        </Later>
      )}
    </section>
  );
}
