import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { BellOff, CheckCheck } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { markNotificationsRead, type Notification, notificationsQuery } from '@/api/queries/notifications';
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
            {item.text}
          </span>
          <span className={classes.time}>
            <RelativeTime at={item.at} />
          </span>
        </button>
      ))}
    </>
  );
}
