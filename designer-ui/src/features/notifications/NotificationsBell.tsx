import { ActionIcon, Button, Indicator, Popover, ScrollArea } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { Bell, BellOff, CheckCheck } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  markNotificationsRead,
  type Notification,
  notificationCountQuery,
  notificationsQuery,
} from '@/api/queries/notifications';
import { EmptyState, ErrorState, notifyError, RelativeTime } from '@/ui';
import classes from './NotificationsBell.module.css';
import { useInboxEvents } from './useInboxEvents';

/** The bell with the number of unread notifications; both follow the live inbox topic. */
export function NotificationsBell() {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  const { data: unread = 0 } = useQuery(notificationCountQuery);
  useInboxEvents();
  const label = unread > 0 ? t('notifications.unread', { count: unread }) : t('notifications.title');
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={380} trapFocus returnFocus>
      <Indicator
        label={unread > 99 ? '99+' : unread}
        disabled={unread === 0}
        size={16}
        offset={6}
        color="var(--fx-alert)"
      >
        <Popover.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={36}
            aria-label={label}
            onClick={() => setOpened(!opened)}
          >
            <Bell size={20} aria-hidden />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown p={0} maw="calc(100vw - 16px)" aria-label={t('notifications.title')}>
        {opened && <NotificationList onClose={() => setOpened(false)} />}
      </Popover.Dropdown>
    </Popover>
  );
}

function NotificationList({ onClose }: { onClose: () => void }) {
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
      <ScrollArea.Autosize mah="60dvh">
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
      </ScrollArea.Autosize>
    </>
  );
}
