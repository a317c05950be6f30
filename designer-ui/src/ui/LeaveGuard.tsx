import { useBlocker } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { ConfirmDialog } from './ConfirmDialog';

type LeaveGuardProps = {
  /** Whether something would be lost. */
  active: boolean;
  /** Words of its own, where "not saved" is not what would be lost. */
  words?: { title: string; text: string; confirm: string; stay: string };
};

/**
 * Asks before the page is left by a link, by the browser's own buttons, or by closing the tab. What only changes the
 * search of the address stays on the page and is not asked about.
 */
export function LeaveGuard({ active, words }: LeaveGuardProps) {
  const { t } = useTranslation();
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
      title={words?.title ?? t('leave.title')}
      text={words?.text ?? t('leave.text')}
      confirmLabel={words?.confirm ?? t('leave.confirm')}
      cancelLabel={words?.stay ?? t('leave.stay')}
      onConfirm={() => blocker.proceed?.()}
    />
  );
}
