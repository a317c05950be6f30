import { useBlocker } from '@tanstack/react-router';
import { ConfirmDialog } from './ConfirmDialog';

type LeaveGuardProps = {
  /** Whether something would be lost. */
  active: boolean;
  title: string;
  text: string;
  confirmLabel: string;
  stayLabel: string;
};

/**
 * Asks before the page is left by a link, by the browser's own buttons, or by closing the tab. What only changes the
 * search of the address stays on the page and is not asked about.
 */
export function LeaveGuard({ active, title, text, confirmLabel, stayLabel }: LeaveGuardProps) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => active && current.pathname !== next.pathname,
    enableBeforeUnload: () => active,
    withResolver: true,
  });
  return (
    <ConfirmDialog
      opened={blocker.status === 'blocked'}
      onClose={() => blocker.reset?.()}
      danger
      title={title}
      text={text}
      confirmLabel={confirmLabel}
      cancelLabel={stayLabel}
      onConfirm={() => blocker.proceed?.()}
    />
  );
}
