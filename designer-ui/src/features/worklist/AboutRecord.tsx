import { useTranslation } from 'react-i18next';
import type { TaskDetail } from '@/api/queries/tasks';
import { formatMoney } from '@/lib/format';
import { RelativeTime, UserAvatar } from '@/ui';
import classes from './Worklist.module.css';

/** The record that a decision is about, as far as the reader may see it: what it is worth, whose it is, what was said. */
export function AboutRecord({ task }: { task: TaskDetail }) {
  const { t } = useTranslation('inbox');
  const { record } = task;
  if (!record) return null;
  const facts = [
    ['amount', record.amount.amount !== 0 && formatMoney(record.amount)],
    ['client', [record.companyName, record.contactName].filter(Boolean).join(' · ')],
    ['stage', `${record.pipeline}: ${record.stage.name}`],
    ['responsible', record.responsibleName],
  ] as const;
  const comments = record.comments ?? [];
  return (
    <section aria-labelledby="task-record" className={classes.about}>
      <h2 id="task-record" className={classes.sectionTitle}>
        {task.recordTitle}
      </h2>
      <dl className={classes.facts}>
        {facts.map(
          ([key, words]) =>
            words && (
              <div key={key}>
                <dt>{t(`record.${key}`)}</dt>
                <dd>{words}</dd>
              </div>
            ),
        )}
      </dl>
      {comments.length > 0 && (
        <ul className={classes.people} aria-label={t('record.comments')}>
          {comments.map((comment) => (
            <li key={comment.id} className={classes.person}>
              <UserAvatar name={comment.actorName ?? ''} />
              <span>
                <strong>{comment.actorName}</strong> · <RelativeTime at={comment.at ?? ''} />
                <span className={classes.quote}>{comment.text}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
