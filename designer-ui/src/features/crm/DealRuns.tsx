import { Anchor, Button, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Play, Workflow } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { RunSummary } from '@/api/types';
import { Later, later } from '@/lib/later';
import type { Status } from '@/theme/status';
import { EmptyState, ErrorState, RelativeTime, StatusBadge } from '@/ui';
import classes from './Deal.module.css';
import { dealRunsQuery } from './queries';

const StartDialog = later(
  () => import('@/features/start/StartDialog').then((module) => module.StartDialog),
  'runs',
);

const look = (run: RunSummary): Status => {
  if (run.incidents > 0 || run.status === 'failed' || run.status === 'quarantined') return 'failed';
  if (run.status === 'completed') return 'done';
  if (run.status === 'canceled') return 'canceled';
  return 'running';
};

/** Processes that run, or ran, about a deal. */
export function DealRuns({ type, dealId }: { type: string; dealId: string }) {
  const { t } = useTranslation('crm');
  const runs = useQuery(dealRunsQuery(type, dealId));
  const [starting, start] = useDisclosure();
  if (runs.error) return <ErrorState error={runs.error} onRetry={() => runs.refetch()} />;
  const items = runs.data?.items ?? [];
  return (
    <>
      <Button variant="default" size="xs" leftSection={<Play size={14} aria-hidden />} onClick={start.open}>
        {t('runs.start')}
      </Button>
      <Later>{starting && <StartDialog onClose={start.close} record={{ type, id: dealId }} />}</Later>
      {runs.data && items.length === 0 && (
        <EmptyState icon={Workflow} title={t('runs.none')} text={t('runs.noneText')} />
      )}
      {items.map((run) => (
        <div key={run.id} className={classes.file}>
          <div className={classes.fileName}>
            <Anchor component={Link} to={`/runs/${run.id}`}>
              {run.definitionName}
            </Anchor>
            <Text size="xs" c="dimmed">
              {t('runs.version', { version: run.version })} · <RelativeTime at={run.startedAt} />
            </Text>
          </div>
          <StatusBadge status={look(run)} />
        </div>
      ))}
    </>
  );
}
