import { Anchor, Button, Group, Modal, Skeleton, Stack, Text } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ArrowLeft } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatDateTime } from '@/lib/format';
import { ConfirmDialog, ErrorState, notifyError, RelativeTime } from '@/ui';
import { cancelRepair, jobQuery, type Outcome, resultsQuery, takeBackRepair } from './api';
import { OutcomeTable } from './OutcomeTable';
import classes from './Repair.module.css';

type JobDialogProps = { id: string; onOpen: (id: string) => void; onAll: () => void; onClose: () => void };

const itself = (node: string) => node;

/** A repair of many: how far it is, a line per instance, and the way back. It goes on when this is closed. */
export function JobDialog({ id, onOpen, onAll, onClose }: JobDialogProps) {
  const { t } = useTranslation(['repair', 'common']);
  return (
    <Modal
      opened
      onClose={onClose}
      size="xl"
      title={t('job.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <Button
        size="compact-sm"
        variant="subtle"
        mb="sm"
        leftSection={<ArrowLeft size={14} aria-hidden />}
        onClick={onAll}
      >
        {t('job.all')}
      </Button>
      <JobView key={id} id={id} onOpen={onOpen} />
    </Modal>
  );
}

/** One job with its progress and, for a while, its way back. */
export function JobView({ id, onOpen }: { id: string; onOpen: (id: string) => void }) {
  const { t } = useTranslation('repair');
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const job = useQuery(jobQuery(id));
  const results = useInfiniteQuery(resultsQuery(id, job.data?.done ?? 0));
  const cancel = useMutation({
    mutationFn: () => cancelRepair(id),
    onSuccess: () => client.invalidateQueries({ queryKey: ['repair', id] }),
    onError: notifyError,
  });
  const back = useMutation({
    mutationFn: (reason: string) => takeBackRepair(id, reason),
    onSuccess: ({ id: undo }) => {
      client.invalidateQueries({ queryKey: ['repair', id] });
      onOpen(undo);
    },
    onError: notifyError,
  });
  const open = job.data?.open;
  useEffect(() => {
    if (open === false) {
      client.invalidateQueries({ queryKey: ['runs'] });
      client.invalidateQueries({ queryKey: ['repairs'] });
    }
  }, [client, open]);
  if (job.error && !job.data) return <ErrorState error={job.error} onRetry={() => job.refetch()} />;
  if (!job.data) return <Skeleton height={120} />;
  const { total, done, changed, refused, status, wish, undoes, undoneBy, takeBackUntil, by, createdAt } =
    job.data;
  const rows: (Outcome & { skipped?: boolean })[] = (results.data?.pages.flatMap((page) => page.items) ?? [])
    .filter((row) => row.status !== 'pending')
    .map((row) => ({ ...row.outcome, run: row.run, skipped: row.status === 'skipped' }));
  const returnable = takeBackUntil && new Date(takeBackUntil).getTime() > Date.now();
  const mayTakeBack = !open && wish.action === 'migrate' && !undoes && !undoneBy && changed > 0 && returnable;
  return (
    <Stack gap="md">
      <div aria-live="polite">
        <Text fw={600}>
          {undoes ? t('job.undo') : t(`action.${wish.action}`)} · {t(`bulk.status.${status}`)}
        </Text>
        <Text size="sm">{t('bulk.progress', { done, total, changed, refused })}</Text>
      </div>
      <progress
        className={classes.progress}
        value={done}
        max={Math.max(total, 1)}
        aria-label={t('job.title')}
      />
      <Text size="xs" c="dimmed">
        {by || t('job.itself')} · <RelativeTime at={createdAt} />
        {wish.reason ? ` · ${wish.reason}` : ''}
      </Text>
      {(undoes || undoneBy) && (
        <Text size="sm">
          <Anchor
            component="button"
            type="button"
            size="sm"
            onClick={() => onOpen((undoes || undoneBy) as string)}
          >
            {undoes ? t('job.undoes') : t('job.undoneBy')}
          </Anchor>
        </Text>
      )}
      {rows.length > 0 && <OutcomeTable rows={rows} done more={false} nameOf={itself} />}
      <Group justify="flex-end" gap="sm">
        {results.hasNextPage && (
          <Button
            variant="subtle"
            loading={results.isFetchingNextPage}
            onClick={() => results.fetchNextPage()}
          >
            {t('job.more')}
          </Button>
        )}
        {open && (
          <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>
            {t('bulk.stop')}
          </Button>
        )}
        {mayTakeBack && (
          <>
            <Text size="xs" c="dimmed">
              {t('job.until', { at: formatDateTime(takeBackUntil) })}
            </Text>
            <Button variant="default" onClick={() => setAsking(true)}>
              {t('migrate.takeBack')}
            </Button>
          </>
        )}
      </Group>
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={t('migrate.takeBack')}
        text={t('job.takeBackText')}
        reasonLabel={t('field.reason')}
        confirmLabel={t('migrate.takeBack')}
        busy={back.isPending}
        onConfirm={(reason) => back.mutate(reason)}
      />
    </Stack>
  );
}
