import { Anchor, Select } from '@mantine/core';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Activity } from 'lucide-react';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNodeKinds } from '@/api/queries/nodeKinds';
import { useLive } from '@/api/useLive';
import { LazyCanvas, RunStore } from '@/canvas/lazy';
import { Crumbs } from '@/features/shell';
import { formatNumber } from '@/lib/format';
import { EmptyState, ErrorState, PageSkeleton, useDocumentTitle } from '@/ui';
import { HeldBanner } from './HeldBanner';
import { snapshotOfCounts } from './looks';
import { type Counts, countsQuery, runsQuery, versionQuery, versionsQuery } from './queries';
import classes from './Runs.module.css';
import { RunsTable } from './RunsTable';

const SuspendButton = lazy(() =>
  import('./repair/SuspendButton').then((module) => ({ default: module.SuspendButton })),
);

const shownStates = ['active', 'completed', 'canceled', 'failed'] as const;

/** All runs of one version on one diagram: how many stand where, and where they are stuck. */
export function DefinitionRunsPage() {
  const { t } = useTranslation(['runs', 'common']);
  const { key } = useParams({ from: '/app/definitions/$key/runs' });
  const search = useSearch({ from: '/app/definitions/$key/runs' });
  const navigate = useNavigate({ from: '/definitions/$key/runs' });
  const client = useQueryClient();
  const kinds = useNodeKinds();
  const [store] = useState(() => new RunStore());
  const versions = useQuery(versionsQuery(key));
  const newest = versions.data?.items.reduce((max, { version }) => Math.max(max, version), 0) ?? 0;
  const version = search.version ?? newest;
  const definition = useQuery({ ...versionQuery(key, version), enabled: version > 0 });
  const counts = useQuery({ ...countsQuery(key, version), enabled: version > 0 });
  const list = useInfiniteQuery({
    ...runsQuery({ definition: key, version, node: search.node, state: search.state }),
    enabled: version > 0,
  });

  useLive<Counts, Counts>(`definition:${key}`, {
    onSnapshot: () => {},
    onEvents: () => {
      client.invalidateQueries({ queryKey: ['definition', key, 'counts'] });
      client.invalidateQueries({ queryKey: ['runs'] });
    },
  });
  useEffect(() => {
    if (counts.data) store.replace(snapshotOfCounts(counts.data));
  }, [counts.data, store]);

  const name = definition.data?.process.name ?? key;
  useDocumentTitle(name);
  const selection = useMemo(() => new Set(search.node ? [search.node] : []), [search.node]);

  if (versions.error) return <ErrorState error={versions.error} onRetry={() => versions.refetch()} />;
  if (definition.error) return <ErrorState error={definition.error} onRetry={() => definition.refetch()} />;
  if (versions.data && newest === 0) {
    return (
      <EmptyState
        icon={Activity}
        title={t('all.unpublished')}
        text={t('all.unpublishedText')}
        action={
          <Anchor component={Link} to={`/definitions/${key}`}>
            {t('all.openDesigner')}
          </Anchor>
        }
      />
    );
  }
  if (!definition.data) return <PageSkeleton />;

  return (
    <div className={classes.room}>
      <Crumbs
        above={[
          { to: '/runs', label: t('list.title') },
          { to: '/definitions/$key', params: { key }, label: name },
        ]}
        here={t('all.here')}
      />
      <div>
        <header className={classes.head}>
          <h1 className={classes.name}>{name}</h1>
          <Select
            size="xs"
            w={130}
            aria-label={t('all.version')}
            allowDeselect={false}
            data={versions.data?.items.map((item) => ({
              value: String(item.version),
              label: t('list.version', { version: item.version }),
            }))}
            value={String(version)}
            onChange={(value) => navigate({ search: { version: Number(value) }, replace: true })}
          />
          <div className={classes.facts}>
            <Anchor component={Link} to={`/definitions/${key}`} size="sm">
              {t('all.openDesigner')}
            </Anchor>
          </div>
          <Suspense>
            <SuspendButton definition={key} name={name} />
          </Suspense>
        </header>
        <HeldBanner definition={key} />
        <div className={classes.figures}>
          {shownStates.map((state) => (
            <div key={state} className={classes.figure}>
              <strong>{formatNumber(counts.data?.statuses[state] ?? 0)}</strong>
              <span>{t(`state.${state}`)}</span>
            </div>
          ))}
          <div className={classes.figure}>
            <strong>
              {formatNumber(
                Object.values(counts.data?.nodes ?? {}).reduce((sum, { incidents }) => sum + incidents, 0),
              )}
            </strong>
            <span>{t('state.incident')}</span>
          </div>
        </div>
      </div>
      <div className={classes.canvas}>
        <Suspense fallback={<PageSkeleton />}>
          <LazyCanvas
            document={definition.data.process}
            kinds={kinds}
            label={t('all.canvas', { name, version })}
            runStore={store}
            overlay="counts"
            viewportKey={`counts.${key}.${version}`}
            selection={selection}
            onSelectionChange={(ids) => {
              const [node] = ids;
              navigate({ search: (old) => ({ ...old, node }), replace: true });
            }}
          />
        </Suspense>
      </div>
      <section className={classes.dock} aria-label={t('list.title')} style={{ overflowY: 'auto' }}>
        <div className={classes.dockBody}>
          {list.data?.pages[0]?.items.length === 0 ? (
            <EmptyState title={search.node ? t('all.noneHere') : t('list.none')} />
          ) : (
            <RunsTable list={list} withDefinition={false} />
          )}
        </div>
      </section>
    </div>
  );
}
