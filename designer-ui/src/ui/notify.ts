import type { NotificationData } from '@mantine/notifications';
import i18next from 'i18next';
import { announce } from '@/lib/live';
import { errorText } from './errorText';

/** Shows a toast. Its code is fetched with the first one: no page waits for it. */
export function showToast(toast: NotificationData): void {
  void import('@mantine/notifications').then(({ notifications }) =>
    notifications.show({
      withBorder: true,
      autoClose: 4000,
      closeButtonProps: { 'aria-label': i18next.t('action.close') },
      ...toast,
    }),
  );
}

export function hideToast(id: string): void {
  void import('@mantine/notifications').then(({ notifications }) => notifications.hide(id));
}

/** Short toast that something was done. */
export function notifyDone(message: string): void {
  // Said again it is one toast: they would cover what is being worked on.
  const id = `done:${message}`;
  hideToast(id);
  showToast({ id, message, color: 'teal' });
  announce(message);
}

/** Toast that something was done and can be taken back for ten seconds. */
export function notifyUndo(message: string, undoLabel: string, undo: () => Promise<unknown>): void {
  void import('./UndoToast').then(({ undoToast }) => undoToast(message, undoLabel, undo));
  announce(message);
}

/** Toast for a failed action; stays long enough to be read and copied. */
export function notifyError(error: unknown): void {
  const { title, remedy } = errorText(error);
  showToast({ title, message: remedy ?? '', color: 'red', autoClose: 10_000 });
  announce(remedy ? `${title}. ${remedy}` : title, { assertive: true });
}
