import { Button } from '@mantine/core';
import { Pause } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { HoldDialog } from './HoldDialog';
import { useSuspensions } from './suspensions';

/** Holds every instance of a process; gone while it is held, because the banner resumes it. */
export function SuspendButton({ definition, name }: { definition: string; name: string }) {
  const { t } = useTranslation('repair');
  const mayOperate = useMay('runs.operate');
  const { all } = useSuspensions(mayOperate);
  const [asking, setAsking] = useState(false);
  if (!mayOperate || all.some(({ key }) => key === definition)) return null;
  return (
    <>
      <Button
        variant="default"
        size="compact-md"
        leftSection={<Pause size={14} aria-hidden />}
        onClick={() => setAsking(true)}
      >
        {t('hold.suspendProcess')}
      </Button>
      <HoldDialog opened={asking} of={{ key: definition, name }} onClose={() => setAsking(false)} />
    </>
  );
}
