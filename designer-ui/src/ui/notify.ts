import { notifications } from '@mantine/notifications';
import { announce } from '@/lib/live';
import { errorText } from './errorText';

/** Short toast that something was done. */
export function notifyDone(message: string): void {
  notifications.show({ message, color: 'teal', withBorder: true, autoClose: 4000 });
  announce(message);
}

/** Toast for a failed action; stays until it is closed, so that it can be read and copied. */
export function notifyError(error: unknown): void {
  const { title, remedy } = errorText(error);
  notifications.show({ title, message: remedy ?? '', color: 'red', withBorder: true, autoClose: 10_000 });
  announce(remedy ? `${title}. ${remedy}` : title, { assertive: true });
}
