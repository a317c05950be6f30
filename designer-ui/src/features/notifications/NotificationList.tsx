import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { BellOff, CheckCheck } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { markNotificationsRead, type Notification, notificationsQuery } from '@/api/queries/notifications';
import { formatDateTime } from '@/lib/format';
import { EmptyState, ErrorState, notifyError, RelativeTime } from '@/ui';
import classes from './NotificationsBell.module.css';

/** The notifications, newest first; opening one marks it as read. */
export function NotificationList({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const router = useRouter();
  const queryClient = useQueryClient();
  const { data, error, refetch, isPending } = useQuery(notificationsQuery);
  const markRead = useMutation({
    mutationFn: markNotificationsRead,
    onError: notifyError,
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['notifications'] }),
  });
  const open = (notification: Notification) => {
    if (!notification.read) markRead.mutate({ ids: [notification.id] });
    onClose();
    if (notification.link) router.history.push(notification.link);
  };
  const items = data?.items ?? [];
  return (
    <>
      <header className={classes.header}>
        <h2 className={classes.title}>{t('notifications.title')}</h2>
        {items.some((item) => !item.read) && (
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<CheckCheck size={14} aria-hidden />}
            onClick={() => markRead.mutate({ all: true })}
          >
            {t('notifications.readAll')}
          </Button>
        )}
      </header>
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!error && !isPending && items.length === 0 && (
        <EmptyState icon={BellOff} title={t('notifications.none')} text={t('notifications.noneText')} />
      )}
      {items.map((item) => (
        <button
          key={item.id}
          type="button"
          className={classes.item}
          data-unread={!item.read}
          onClick={() => open(item)}
        >
          <span className={classes.dot} aria-hidden />
          <span className={classes.text}>
            {!item.read && <span className="fx-visually-hidden">{t('notifications.new')} </span>}
            {told(item)}
          </span>
          <span className={classes.time}>
            <RelativeTime at={item.at} />
          </span>
        </button>
      ))}
    </>
  );
}

const mark = '{{when}}';

/** The line with its moment as the reader's clock and language have it, as everywhere else on their screen. */
export function told({ text, pattern, when }: Pick<Notification, 'text' | 'pattern' | 'when'>): string {
  const at = pattern?.lastIndexOf(mark) ?? -1;
  if (!pattern || !when || at < 0) return text;
  return pattern.slice(0, at) + formatDateTime(when) + pattern.slice(at + mark.length);
}
