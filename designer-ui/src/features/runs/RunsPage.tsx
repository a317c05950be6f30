import { Anchor, Button, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Activity, ChartColumn, MailQuestion, Play } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { Later, later } from '@/lib/later';
import { EmptyState, ErrorState, Page, PageSkeleton } from '@/ui';
import { HeldBanner } from './HeldBanner';
import { RunFilters } from './list/RunFilters';
import { runsCountQuery, runsQuery } from './queries';
import { RunsTable } from './RunsTable';
import { filtersOf, type RunsSearch } from './search';

const SavedViews = later(() => import('./list/SavedViews').then((module) => module.SavedViews), 'room');
const StartDialog = later(() => import('@/features/start/StartDialog').then((module) => module.StartDialog));

const BulkBar = later(() => import('./repair/BulkBar').then((module) => module.BulkBar), 'repair');

/** All runs, filtered in the address, so that every view can be sent to somebody. */
export function RunsPage() {
  const { t } = useTranslation(['runs', 'room', 'common']);
  const search = useSearch({ from: '/app/runs' });
  const navigate = useNavigate({ from: '/runs' });
  const mayOperate = useMay('runs.operate');
  // Others see the instances that they have started, and no more.
  const designs = useMay('definitions.edit');
  const seesAll = mayOperate || designs;
  const [starting, start] = useDisclosure();
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const list = useInfiniteQuery({ ...runsQuery(search), refetchInterval: 10_000 });
  const count = useQuery({ ...runsCountQuery(search), refetchInterval: 10_000 });
  const put = (change: RunsSearch) => navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const filter = filtersOf(search);
  const filtered = Object.values(filter).some((value) => value !== undefined);
  const open = (view: RunsSearch) => {
    setPicked(new Set());
    navigate({ search: view, replace: true });
  };

  if (list.error && !list.data) return <ErrorState error={list.error} onRetry={() => list.refetch()} />;
  if (!list.data) return <PageSkeleton />;
  const none = list.data.pages[0]?.items.length === 0;
  return (
    <Page
      title={t('list.title')}
      description={t('list.description')}
      actions={
        <>
          {search.definition && (
            <Anchor component={Link} to={`/definitions/${search.definition}/runs`}>
              {t('list.aggregate')}
            </Anchor>
          )}
          {mayOperate && (
            <Button
              component={Link}
              to="/runs/messages"
              variant="default"
              leftSection={<MailQuestion size={16} aria-hidden />}
            >
              {t('room:messages.title')}
            </Button>
          )}
          {mayOperate && (
            <Button
              component={Link}
              to="/runs/processes"
              variant="default"
              leftSection={<ChartColumn size={16} aria-hidden />}
            >
              {t('room:overview.open')}
            </Button>
          )}
          <Later>
            <SavedViews page="runs" share="runs.operate" search={filter} onOpen={open} />
          </Later>
          <Button leftSection={<Play size={16} aria-hidden />} onClick={start.open}>
            {t('start.title')}
          </Button>
        </>
      }
    >
      <Later>{starting && <StartDialog onClose={start.close} />}</Later>
      <HeldBanner />
      <RunFilters search={search} onChange={put} />
      {mayOperate && (
        <Later>
          <BulkBar search={search} none={none} picked={picked} onClear={() => setPicked(new Set())} />
        </Later>
      )}
      {count.data && !none && (
        <Text size="sm" c="dimmed" role="status">
          {count.data.more
            ? t('room:list.countMore', { count: count.data.count })
            : t('room:list.count', { count: count.data.count })}
        </Text>
      )}
      {none ? (
        <EmptyState
          icon={Activity}
          title={t(filtered ? 'list.noHits' : seesAll ? 'list.none' : 'list.noneOfYours')}
          text={filtered ? undefined : t(seesAll ? 'list.noneText' : 'list.noneOfYoursText')}
          action={
            filtered && (
              <Button variant="default" onClick={() => open({})}>
                {t('common:action.clearFilters')}
              </Button>
            )
          }
        />
      ) : (
        <RunsTable list={list} picked={mayOperate ? picked : undefined} onPick={setPicked} />
      )}
    </Page>
  );
}
