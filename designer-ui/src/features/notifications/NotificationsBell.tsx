import { ActionIcon } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Bell } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { notificationCountQuery } from '@/api/queries/notifications';
import { Later, later } from '@/lib/later';
import classes from './NotificationsBell.module.css';
import { useInboxEvents } from './useInboxEvents';

const NotificationList = later(() => import('./NotificationList').then((module) => module.NotificationList));

/**
 * The bell with the number of unread notifications; both follow the live inbox topic. The panel hangs at the end of
 * the top bar, so it needs no positioning engine in the first load.
 */
export function NotificationsBell() {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const { data: unread = 0 } = useQuery(notificationCountQuery);
  useInboxEvents();

  useEffect(() => {
    if (!opened) return;
    panel.current?.focus();
    const onElsewhere = (event: PointerEvent | FocusEvent) => {
      if (!root.current?.contains(event.target as Node)) setOpened(false);
    };
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      setOpened(false);
      button.current?.focus();
    };
    document.addEventListener('pointerdown', onElsewhere);
    document.addEventListener('focusin', onElsewhere);
    document.addEventListener('keydown', onKeyDown);
    return () => {
      document.removeEventListener('pointerdown', onElsewhere);
      document.removeEventListener('focusin', onElsewhere);
      document.removeEventListener('keydown', onKeyDown);
    };
  }, [opened]);

  return (
    <div ref={root} className={classes.root}>
      <ActionIcon
        ref={button}
        variant="subtle"
        color="gray"
        size={36}
        aria-label={unread > 0 ? t('notifications.unread', { count: unread }) : t('notifications.title')}
        aria-haspopup="dialog"
        aria-expanded={opened}
        onClick={() => setOpened(!opened)}
      >
        <Bell size={20} aria-hidden />
      </ActionIcon>
      {unread > 0 && (
        <span className={classes.count} aria-hidden>
          {unread > 99 ? '99+' : unread}
        </span>
      )}
      {opened && (
        <div
          ref={panel}
          className={classes.panel}
          role="dialog"
          aria-label={t('notifications.title')}
          tabIndex={-1}
        >
          <Later fallback={null}>
            <NotificationList onClose={() => setOpened(false)} />
          </Later>
        </div>
      )}
    </div>
  );
}
