import { Anchor, Button, Group, Modal, Skeleton, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ErrorState, RelativeTime, WideTable } from '@/ui';
import { jobsQuery } from './api';

type JobsDialogProps = { onOpen: (id: string) => void; onClose: () => void };

/** Every repair of many, newest first, with how far it is. */
export function JobsDialog({ onOpen, onClose }: JobsDialogProps) {
  const { t } = useTranslation(['repair', 'common']);
  const list = useInfiniteQuery({ ...jobsQuery, refetchOnMount: 'always' });
  const jobs = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Modal
      opened
      onClose={onClose}
      size="xl"
      title={t('job.list')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      {list.error && !list.data && <ErrorState error={list.error} onRetry={() => list.refetch()} />}
      {!list.data && !list.error && <Skeleton height={120} />}
      {list.data && jobs.length === 0 && <Text c="dimmed">{t('job.none')}</Text>}
      {jobs.length > 0 && (
        <WideTable label={t('job.list')} minWidth={560}>
          <thead>
            <tr>
              <th>{t('field.action')}</th>
              <th>{t('job.progress')}</th>
              <th>{t('job.by')}</th>
              <th>{t('field.reason')}</th>
            </tr>
          </thead>
          <tbody>
            {jobs.map((job) => (
              <tr key={job.id}>
                <td>
                  <Anchor component="button" type="button" onClick={() => onOpen(job.id)}>
                    {job.undoes ? t('job.undo') : t(`action.${job.wish.action}`)}
                  </Anchor>
                  <Text size="xs" c="dimmed">
                    {t(`bulk.status.${job.status}`)}
                    {job.undoneBy ? ` · ${t('job.takenBack')}` : ''}
                  </Text>
                </td>
                <td data-label={t('job.progress')}>
                  <span>{t('bulk.progress', job)}</span>
                </td>
                <td data-label={t('job.by')}>
                  <span>{job.by || t('job.itself')}</span>
                  <Text size="xs" c="dimmed">
                    <RelativeTime at={job.createdAt} />
                  </Text>
                </td>
                <td data-label={t('field.reason')}>
                  <span>{job.wish.reason || '–'}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </WideTable>
      )}
      {list.hasNextPage && (
        <Group justify="center" mt="sm">
          <Button variant="subtle" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
            {t('common:action.loadMore')}
          </Button>
        </Group>
      )}
    </Modal>
  );
}
