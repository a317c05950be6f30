import { useTranslation } from 'react-i18next';
import { ConfirmDialog, notifyDone } from '@/ui';
import { useSuspensions, WORKSPACE } from './suspensions';

type HoldDialogProps = { opened: boolean; of: { key: string; name: string }; onClose: () => void };

/** Asks for the reason before a process or everything is held. */
export function HoldDialog({ opened, of, onClose }: HoldDialogProps) {
  const { t } = useTranslation('repair');
  const { hold } = useSuspensions(false);
  const everything = of.key === WORKSPACE;
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={everything ? t('hold.suspendAll') : t('hold.suspendOne', { name: of.name })}
      text={everything ? t('hold.allText') : t('hold.oneText')}
      reasonLabel={t('field.reason')}
      confirmLabel={t('action.suspend')}
      busy={hold.isPending}
      onConfirm={(reason) =>
        hold.mutate(
          { key: of.key, reason },
          {
            onSuccess: () => {
              onClose();
              notifyDone(t('hold.suspended'));
            },
          },
        )
      }
    />
  );
}
