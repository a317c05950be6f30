import { Button, SegmentedControl } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { ArrowLeft, MailOpen, Paperclip } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type MailDetail, mailQuery, outboxQuery } from '@/api/queries/settings';
import { formatBytes, formatDateTime } from '@/lib/format';
import { EmptyState, ErrorState, Page, PageSkeleton, RelativeTime } from '@/ui';
import classes from './Outbox.module.css';

const listed = (to: string | string[]) => (Array.isArray(to) ? to.join(', ') : to);

/** The test outbox: mails that were not really sent, to read like their receivers would. */
export function OutboxPage() {
  const { t } = useTranslation(['settings', 'common']);
  const { mail } = useSearch({ from: '/app/settings/outbox' });
  const mails = useInfiniteQuery(outboxQuery);
  const items = mails.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page title={t('settings:outbox.title')} description={t('settings:outbox.text')}>
      {mails.error && <ErrorState error={mails.error} onRetry={() => void mails.refetch()} />}
      {mails.isPending && <PageSkeleton />}
      {mails.data && items.length === 0 && (
        <EmptyState icon={MailOpen} title={t('settings:outbox.none')} text={t('settings:outbox.noneText')} />
      )}
      {items.length > 0 && (
        <div className={classes.panes} data-open={mail !== undefined}>
          <ul className={classes.list}>
            {items.map((item) => (
              <li key={item.id}>
                <Link
                  to="/settings/outbox"
                  search={{ mail: item.id }}
                  className={classes.row}
                  data-selected={item.id === mail}
                  aria-current={item.id === mail ? 'true' : undefined}
                >
                  <span className={classes.subject}>{item.subject}</span>
                  <span className={classes.meta}>
                    {listed(item.to)} · <RelativeTime at={item.at} />
                  </span>
                </Link>
              </li>
            ))}
            {mails.hasNextPage && (
              <li className={classes.more}>
                <Button variant="subtle" onClick={() => void mails.fetchNextPage()}>
                  {t('common:action.loadMore')}
                </Button>
              </li>
            )}
          </ul>
          <div className={classes.detail}>
            {mail ? (
              <MailView key={mail} id={mail} />
            ) : (
              <EmptyState icon={MailOpen} title={t('settings:outbox.choose')} />
            )}
          </div>
        </div>
      )}
    </Page>
  );
}

function MailView({ id }: { id: string }) {
  const { t } = useTranslation('settings');
  const { data: mail, error, refetch } = useQuery(mailQuery(id));
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!mail) return <PageSkeleton />;
  return (
    <article aria-labelledby="mail-subject">
      <Link to="/settings/outbox" className={classes.back}>
        <ArrowLeft size={16} aria-hidden />
        {t('outbox.back')}
      </Link>
      <h2 id="mail-subject" className={classes.mailSubject}>
        {mail.subject}
      </h2>
      <dl className={classes.head}>
        <dt>{t('outbox.from')}</dt>
        <dd>{mail.from}</dd>
        <dt>{t('outbox.to')}</dt>
        <dd>{listed(mail.to)}</dd>
        <dt>{t('outbox.at')}</dt>
        <dd>{formatDateTime(mail.at)}</dd>
        {mail.runId && (
          <>
            <dt>{t('outbox.run')}</dt>
            <dd>
              <Link to="/runs/$runId" params={{ runId: mail.runId }}>
                {t('outbox.openRun')}
              </Link>
            </dd>
          </>
        )}
      </dl>
      <MailBody mail={mail} />
      {(mail.attachments ?? []).length > 0 && (
        <ul className={classes.attachments} aria-label={t('outbox.attachments')}>
          {mail.attachments?.map((file) => (
            <li key={file.url}>
              <a href={file.url} download={file.name} className={classes.attachment}>
                <Paperclip size={14} aria-hidden />
                {file.name} ({formatBytes(file.size)})
              </a>
            </li>
          ))}
        </ul>
      )}
    </article>
  );
}

function MailBody({ mail }: { mail: MailDetail }) {
  const { t } = useTranslation('settings');
  const [form, setForm] = useState<'html' | 'text'>(mail.html ? 'html' : 'text');
  return (
    <>
      {mail.html && mail.text && (
        <SegmentedControl
          size="xs"
          mb="sm"
          aria-label={t('outbox.form')}
          value={form}
          onChange={(next) => setForm(next === 'html' ? 'html' : 'text')}
          data={[
            { value: 'html', label: t('outbox.html') },
            { value: 'text', label: t('outbox.plain') },
          ]}
        />
      )}
      {form === 'html' && mail.html ? (
        // Mail is foreign content: the sandbox runs no script and reaches nothing of this page.
        <iframe className={classes.html} sandbox="" srcDoc={mail.html} title={mail.subject} />
      ) : (
        <pre className={classes.text}>{mail.text}</pre>
      )}
    </>
  );
}
