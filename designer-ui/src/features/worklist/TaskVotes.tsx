import { Check, Clock } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { TaskDetail, Vote } from '@/api/queries/tasks';
import { RelativeTime, UserAvatar } from '@/ui';
import { isRefusal } from './outcomes';
import classes from './Worklist.module.css';

/** How the votes are counted and what was voted so far, who has read and who has not; or the final decision. */
export function TaskVotes({ task }: { task: TaskDetail }) {
  const { t } = useTranslation('inbox');
  const votes = task.votes ?? [];
  const { decision } = task;
  const readers = task.kind === 'acknowledge';
  const appointed = task.assignees?.length ?? 0;
  const shown = readers
    ? votes.length > 0 || appointed > 1
    : (task.kind === 'approval' && (votes.length > 0 || appointed > 1)) || votes.length > 0;
  if (!shown && !decision) return null;
  return (
    <section aria-label={t(readers ? 'votes.readers' : 'votes.title')}>
      {decision && <Decided task={task} />}
      {shown && (readers ? <Readers task={task} votes={votes} /> : <Votes task={task} votes={votes} />)}
    </section>
  );
}

function Decided({ task }: { task: TaskDetail }) {
  const { t } = useTranslation('inbox');
  const { decision } = task;
  if (!decision) return null;
  const outcome = decision.outcome ?? '';
  const label = task.config.outcomes?.find(({ name }) => name === outcome)?.label;
  const name = decision.byName ?? '';
  return (
    <p className={classes.decision}>
      {isRefusal(task, { name: outcome, label: '', positive: false })
        ? t('votes.refusedBy', { name })
        : outcome
          ? t('votes.decidedOutcome', { outcome: label || outcome, name })
          : t('votes.completedBy', { name })}
      {decision.at && (
        <>
          {' · '}
          <RelativeTime at={decision.at} />
        </>
      )}
    </p>
  );
}

function Votes({ task, votes }: { task: TaskDetail; votes: Vote[] }) {
  const { t } = useTranslation('inbox');
  const appointed = task.assignees?.length ?? 0;
  const request = task.kind === 'requestInformation';
  const labelOf = (name: string) =>
    request
      ? t('votes.refused')
      : task.config.outcomes?.find((outcome) => outcome.name === name)?.label || name;
  return (
    <>
      <h2 className={classes.sectionTitle}>{t(request ? 'votes.refusals' : 'votes.title')}</h2>
      {!request && appointed > 1 && task.config.rule && (
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
  );
}

/** Who has confirmed and who has not yet. */
function Readers({ task, votes }: { task: TaskDetail; votes: Vote[] }) {
  const { t } = useTranslation('inbox');
  const missing = (task.assignees ?? []).filter(({ id }) => !votes.some((vote) => vote.user === id));
  return (
    <>
      <h2 className={classes.sectionTitle}>{t('votes.readers')}</h2>
      <p className={classes.hint}>
        {task.config.rule === 'any' ? t('votes.readRule.any') : t('votes.readRule.all')}{' '}
        {t('votes.readProgress', { count: votes.length, total: votes.length + missing.length })}
      </p>
      <ul className={classes.people}>
        {votes.map((vote) => (
          <li key={vote.user} className={classes.person}>
            <UserAvatar name={vote.userName} />
            <span>
              <strong>{vote.userName}</strong> <Check size={14} aria-hidden className={classes.read} />{' '}
              {t('votes.read')} · <RelativeTime at={vote.at} />
              {vote.comment && <span className={classes.quote}>{vote.comment}</span>}
            </span>
          </li>
        ))}
        {missing.map(({ id, name }) => (
          <li key={id} className={classes.person}>
            <UserAvatar name={name} />
            <span>
              <strong>{name}</strong> <Clock size={14} aria-hidden className={classes.unread} />{' '}
              {t('votes.unread')}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
