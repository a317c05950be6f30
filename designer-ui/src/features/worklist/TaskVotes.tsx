import { useTranslation } from 'react-i18next';
import type { TaskDetail } from '@/api/queries/tasks';
import { RelativeTime, UserAvatar } from '@/ui';
import classes from './Worklist.module.css';

/** How the votes are counted and what was voted so far; or the final decision. */
export function TaskVotes({ task }: { task: TaskDetail }) {
  const { t } = useTranslation('inbox');
  const votes = task.votes ?? [];
  const labelOf = (name: string) =>
    task.config.outcomes?.find((outcome) => outcome.name === name)?.label ?? name;
  const appointed = task.assignees?.length ?? 0;
  const { decision } = task;
  const counted = task.kind === 'approval' && (votes.length > 0 || appointed > 1);
  if (!counted && !decision) return null;
  return (
    <section aria-label={t('votes.title')}>
      {decision && (
        <p className={classes.decision}>
          {decision.outcome
            ? t('votes.decidedOutcome', { outcome: labelOf(decision.outcome), name: decision.byName ?? '' })
            : t('votes.completedBy', { name: decision.byName ?? '' })}
          {decision.at && (
            <>
              {' · '}
              <RelativeTime at={decision.at} />
            </>
          )}
        </p>
      )}
      {counted && (
        <>
          <h2 className={classes.sectionTitle}>{t('votes.title')}</h2>
          {appointed > 1 && task.config.rule && (
            <p className={classes.hint}>
              {t(`votes.rule.${task.config.rule}`, { threshold: task.config.threshold ?? 50 })}{' '}
              {t('votes.progress', { count: votes.length, total: appointed })}
            </p>
          )}
          <ul className={classes.people}>
            {votes.map((vote) => (
              <li key={vote.user} className={classes.person}>
                <UserAvatar name={vote.userName} />
                <span>
                  <strong>{vote.userName}</strong>: {labelOf(vote.outcome)} · <RelativeTime at={vote.at} />
                  {vote.comment && <span className={classes.quote}>{vote.comment}</span>}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
