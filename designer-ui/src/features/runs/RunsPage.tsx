import { Anchor, Button, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback, useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Activity, Play, Search } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { EmptyState, ErrorState, Page, PageSkeleton } from '@/ui';
import { HeldBanner } from './HeldBanner';
import { definitionNamesQuery, runsQuery } from './queries';
import classes from './Runs.module.css';
import { RunsTable } from './RunsTable';
import { type RunState, type RunsSearch, runStates } from './search';

const StartDialog = lazy(() =>
  import('@/features/start/StartDialog').then((module) => ({ default: module.StartDialog })),
);

const BulkBar = lazy(() => import('./repair/BulkBar').then((module) => ({ default: module.BulkBar })));

/** All runs, filtered in the address, so that every view can be sent to somebody. */
export function RunsPage() {
  const { t } = useTranslation(['runs', 'common']);
  const search = useSearch({ from: '/app/runs' });
  const navigate = useNavigate({ from: '/runs' });
  const mayOperate = useMay('runs.operate');
  const [starting, start] = useDisclosure();
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [text, setText] = useState(search.q ?? '');
  const list = useInfiniteQuery({ ...runsQuery(search), refetchInterval: 10_000 });
  const definitions = useQuery(definitionNamesQuery);
  const put = (change: RunsSearch) => navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const find = useDebouncedCallback((q: string) => put({ q: q || undefined }), 250);
  const { repair: _, ...filter } = search;
  const filtered = Object.values(filter).some((value) => value !== undefined);
  const clear = () => {
    setText('');
    navigate({ search: {}, replace: true });
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
          <Button leftSection={<Play size={16} aria-hidden />} onClick={start.open}>
            {t('start.title')}
          </Button>
        </>
      }
    >
      <Suspense>{starting && <StartDialog onClose={start.close} />}</Suspense>
      <HeldBanner />
      <div className={classes.filters}>
        <SegmentedControl
          aria-label={t('list.state')}
          value={search.state ?? 'all'}
          onChange={(value) => put({ state: value === 'all' ? undefined : (value as RunState) })}
          data={[
            { value: 'all', label: t('state.all') },
            ...runStates.map((state) => ({ value: state, label: t(`state.${state}`) })),
          ]}
        />
        <Select
          aria-label={t('list.process')}
          placeholder={t('list.anyProcess')}
          clearable
          searchable
          clearButtonProps={{ 'aria-label': t('common:action.clearFilters') }}
          data={definitions.data?.items.map(({ key, name }) => ({ value: key, label: name })) ?? []}
          value={search.definition ?? null}
          onChange={(definition) => put({ definition: definition ?? undefined })}
        />
        <TextInput
          type="search"
          aria-label={t('list.search')}
          placeholder={t('list.search')}
          leftSection={<Search size={16} aria-hidden />}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            find(event.currentTarget.value.trim());
          }}
        />
      </div>
      {mayOperate && (
        <Suspense>
          <BulkBar search={search} none={none} picked={picked} onClear={() => setPicked(new Set())} />
        </Suspense>
      )}
      {none ? (
        <EmptyState
          icon={Activity}
          title={filtered ? t('list.noHits') : t('list.none')}
          text={filtered ? undefined : t('list.noneText')}
          action={
            filtered && (
              <Button variant="default" onClick={clear}>
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
