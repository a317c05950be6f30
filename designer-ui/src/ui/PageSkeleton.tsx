import { Skeleton, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Delayed } from './Delayed';

/** Outline of a page that is still on its way. */
export function PageSkeleton() {
  const { t } = useTranslation();
  return (
    <Delayed>
      <Stack p="xl" gap="md" role="status" aria-label={t('state.loading')}>
        <Skeleton h={28} w={240} />
        <Skeleton h={16} w={420} maw="100%" />
        <Skeleton h={120} />
        <Skeleton h={120} />
      </Stack>
    </Delayed>
  );
}
