import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Later, later } from '@/lib/later';

const ChainDialog = later(() => import('./ChainDialog').then((module) => module.ChainDialog));

/** Opens what led to an entry of a story, or to a run. */
export function Why({ path }: { path: string }) {
  const { t } = useTranslation('automation');
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button variant="transparent" size="compact-xs" p={0} onClick={() => setOpen(true)}>
        {t('chain.why')}
      </Button>
      {open && (
        <Later>
          <ChainDialog path={path} onClose={() => setOpen(false)} />
        </Later>
      )}
    </>
  );
}
