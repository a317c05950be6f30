import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useBoard } from '../context';
import type { Act, Report } from './api';
import classes from './Trial.module.css';

interface Props {
  readonly report: Report;
  readonly busy: boolean;
  readonly onAct: (act: Act) => void;
  readonly stageName: (id: string | undefined) => string;
}

/** What people are asked, and robots wait for: decided here by hand. */
export function TrialTasks({ report, busy, onAct, stageName }: Props) {
  const { t } = useTranslation('trial');
  const { personName } = useBoard();
  return (
    <section className={classes.tasks} aria-label={t('tasks')}>
      <h2>{t('tasks')}</h2>
      {report.tasks.map((task) => (
        <div key={task.wait} className={classes.task} data-trial-task={task.robot}>
          <span className={classes.what}>
            <span className={classes.name}>{task.name}</span>
            <span className={classes.muted}>
              {[stageName(task.stage), ...task.users.map(personName), ...task.groups]
                .filter(Boolean)
                .join(' · ')}
            </span>
          </span>
          {(task.outcomes.length > 0 ? task.outcomes : [{ name: '', label: t('finish') }]).map((outcome) => (
            <Button
              key={outcome.name}
              size="compact-sm"
              variant="default"
              disabled={busy}
              onClick={() =>
                onAct({ do: 'decide', wait: task.wait, ...(outcome.name && { outcome: outcome.name }) })
              }
            >
              {outcome.label || (outcome.name === 'refused' ? t('refuse') : outcome.name)}
            </Button>
          ))}
        </div>
      ))}
    </section>
  );
}
