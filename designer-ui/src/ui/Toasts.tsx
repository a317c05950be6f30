import '@mantine/notifications/styles.css';
import { Notifications } from '@mantine/notifications';

/** Where toasts appear. Imported lazily by the page's root, so it is not part of `@/ui`. */
export function Toasts() {
  return <Notifications position="bottom-right" zIndex={500} />;
}
