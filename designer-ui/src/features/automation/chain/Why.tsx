import { Button } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';

const ChainDialog = lazy(() => import('./ChainDialog').then((module) => ({ default: module.ChainDialog })));

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
        <Suspense>
          <ChainDialog path={path} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
