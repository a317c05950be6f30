import { useTranslation } from 'react-i18next';
import { formatDateTime } from '@/lib/format';
import { EmptyState } from '@/ui';
import { useBoard } from '../context';
import type { Report } from './api';
import classes from './Trial.module.css';

interface Props {
  readonly report: Report;
  readonly stageName: (id: string | undefined) => string;
}

/** What robots would have sent and written. */
export function TrialOutbox({ report, stageName }: Props) {
  const { t } = useTranslation('trial');
  const { personName } = useBoard();
  if (report.outbox.length === 0) return <EmptyState title={t('outbox.none')} />;
  return (
    <ol className={classes.log}>
      {report.outbox.map((sent) => (
        <li key={sent.n} data-tone={sent.code ? 'failed' : undefined} data-sent={sent.robot}>
          <span className={classes.number}>{sent.n}</span>
          <time className={classes.muted} dateTime={sent.at}>
            {formatDateTime(sent.at)}
          </time>
          <div className={classes.said}>
            <span>
              <strong>{sent.name || sent.title}</strong> · {sent.title}
              {sent.stage && ` · ${stageName(sent.stage)}`} ·{' '}
              {t(sent.leaves ? 'outbox.leaves' : 'outbox.stays')}
            </span>
            {sent.reason && <span className={classes.alert}>{sent.reason}</span>}
            {sent.items.map((item, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: items never change places.
              <span key={index} className={classes.letter}>
                {t(`outbox.${item.kind}`)} → {item.to.map(personName).join(', ')}
                {item.subject && ` · ${item.subject}`}
                {item.text && <span className={classes.text}>{item.text}</span>}
              </span>
            ))}
            {sent.items.length === 0 && sent.config && (
              <code className={classes.config}>{JSON.stringify(sent.config)}</code>
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}
