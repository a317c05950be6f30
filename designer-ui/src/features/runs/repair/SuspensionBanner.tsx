import { Button } from '@mantine/core';
import { Pause } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { formatDateTime } from '@/lib/format';
import { ConfirmDialog, notifyDone } from '@/ui';
import classes from './Repair.module.css';
import { type Suspension, useSuspensions, WORKSPACE } from './suspensions';

/** Says what an operator holds: everything, this process, and in lists every process; who, since when, and why. */
export function SuspensionBanner({ definition }: { definition?: string }) {
  const { t } = useTranslation('repair');
  const mayView = useMay('runs.view');
  const mayOperate = useMay('runs.operate');
  const { all, release } = useSuspensions(mayView);
  const [resuming, setResuming] = useState<Suspension>();
  const told = all.filter(({ key }) => key === WORKSPACE || definition === undefined || key === definition);
  if (told.length === 0) return null;
  const what = (held: Suspension) =>
    held.key === WORKSPACE ? t('hold.everything') : t('hold.process', { name: held.name || held.key });
  return (
    <div className={classes.held} role="status" data-flat={definition !== undefined || undefined}>
      {told.map((held) => (
        <div key={held.key} className={classes.heldLine}>
          <Pause size={16} aria-hidden />
          <p>
            <strong>{what(held)}</strong>{' '}
            {t('hold.since', { by: held.by || t('hold.somebody'), at: formatDateTime(held.at) })}{' '}
            {held.reason && <q>{held.reason}</q>} {t('hold.kept')}
          </p>
          {mayOperate && (
            <Button size="compact-sm" variant="default" onClick={() => setResuming(held)}>
              {t('action.resume')}
            </Button>
          )}
        </div>
      ))}
      <ConfirmDialog
        opened={resuming !== undefined}
        onClose={() => setResuming(undefined)}
        title={t('hold.resumeTitle')}
        text={resuming && `${what(resuming)} ${t('hold.resumeText')}`}
        confirmLabel={t('action.resume')}
        busy={release.isPending}
        onConfirm={() =>
          resuming &&
          release.mutate(resuming.key, {
            onSuccess: () => {
              setResuming(undefined);
              notifyDone(t('hold.resumed'));
            },
          })
        }
      />
    </div>
  );
}
