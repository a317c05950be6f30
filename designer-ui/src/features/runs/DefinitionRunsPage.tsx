import { Anchor, Button, Select, Tabs, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Activity, Play } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNodeKinds } from '@/api/queries/nodeKinds';
import { useLive } from '@/api/useLive';
import { LazyCanvas, RunStore } from '@/canvas/lazy';
import { Crumbs } from '@/features/shell';
import { formatDuration, formatNumber } from '@/lib/format';
import { Later, later } from '@/lib/later';
import { startedByHand } from '@/lib/process/starts';
import { EmptyState, ErrorState, PageSkeleton, Segments, useDocumentTitle } from '@/ui';
import { HeldBanner } from './HeldBanner';
import { snapshotOfCounts } from './looks';
import { useNamesOf } from './names';
import { type Counts, countsQuery, runsQuery, versionQuery, versionsQuery } from './queries';
import classes from './Runs.module.css';
import { RunsTable } from './RunsTable';
import { PeriodChooser } from './room/PeriodChooser';
import { snapshotOfHeat, statisticQuery, stepStatisticQuery } from './room/statistics';
import { type Heat, heats, type Period } from './search';

const SuspendButton = later(
  () => import('./repair/SuspendButton').then((module) => module.SuspendButton),
  'repair',
);

const StartDialog = later(() => import('@/features/start/StartDialog').then((module) => module.StartDialog));

const StepTable = later(() => import('./room/StepTable').then((module) => module.StepTable));
const Sparkline = later(() => import('./room/Sparkline').then((module) => module.Sparkline));

const shownStates = ['active', 'completed', 'canceled', 'failed'] as const;

/** All runs of one version on one diagram: how many stand where, and where they are stuck. */
export function DefinitionRunsPage() {
  const { t } = useTranslation(['runs', 'room', 'common']);
  const { key } = useParams({ from: '/app/definitions/$key/runs' });
  const search = useSearch({ from: '/app/definitions/$key/runs' });
  const navigate = useNavigate({ from: '/definitions/$key/runs' });
  const client = useQueryClient();
  const kinds = useNodeKinds();
  const [store] = useState(() => new RunStore());
  const [starting, start] = useDisclosure();
  const versions = useQuery(versionsQuery(key));
  const newest = versions.data?.items.reduce((max, { version }) => Math.max(max, version), 0) ?? 0;
  const version = search.version ?? newest;
  const definition = useQuery({
    ...versionQuery(key, version),
    enabled: version > 0,
    // Another version takes the place of this one without the page going away, and with it the focus.
    placeholderData: (shown, query) => (query?.queryKey[1] === key ? shown : undefined),
  });
  const nameOf = useNamesOf(definition.data?.process);
  const counts = useQuery({ ...countsQuery(key, version), enabled: version > 0 });
  const list = useInfiniteQuery({
    ...runsQuery({ definition: key, version, node: search.node, state: search.state }),
    enabled: version > 0,
  });

  const { heat } = search;
  const period: Period = search.period ?? '7d';
  const statistic = useQuery({ ...statisticQuery(key, version, period), enabled: counts.data !== undefined });
  const steps = useQuery({ ...stepStatisticQuery(key, version, period), enabled: counts.data !== undefined });

  useLive<Counts, Counts>(`definition:${key}`, {
    onSnapshot: () => {},
    onEvents: () => {
      client.invalidateQueries({ queryKey: ['definition', key, 'counts'] });
      client.invalidateQueries({ queryKey: ['runs'] });
    },
  });
  useEffect(() => {
    if (!counts.data) return;
    const now = snapshotOfCounts(counts.data);
    store.replace(heat && steps.data ? snapshotOfHeat(now, steps.data.nodes, heat) : now);
  }, [counts.data, steps.data, heat, store]);

  const dockLabel = t(search.steps ? 'room:steps.title' : 'list.title');
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
            onChange={(value) =>
              navigate({
                search: (old) => ({ ...old, version: Number(value), node: undefined }),
                replace: true,
              })
            }
          />
          <div className={classes.facts}>
            <Anchor component={Link} to={`/definitions/${key}`} size="sm">
              {t('all.openDesigner')}
            </Anchor>
          </div>
          {startedByHand(definition.data.process) && (
            <Button size="compact-md" leftSection={<Play size={14} aria-hidden />} onClick={start.open}>
              {t('start.submit')}
            </Button>
          )}
          <Later>
            <SuspendButton definition={key} name={name} />
          </Later>
        </header>
        <Later>{starting && <StartDialog definition={key} onClose={start.close} />}</Later>
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
          {statistic.data && (
            <>
              <div className={classes.figure}>
                <strong>{statistic.data.measured > 0 ? formatDuration(statistic.data.medianMs) : '–'}</strong>
                <span>{t('room:overview.median')}</span>
              </div>
              <div className={classes.figure}>
                <strong>{statistic.data.measured > 0 ? formatDuration(statistic.data.p95Ms) : '–'}</strong>
                <span>{t('room:overview.p95')}</span>
              </div>
              <Later>
                <Sparkline
                  values={statistic.data.ended}
                  other={statistic.data.started}
                  label={t('room:overview.spark', {
                    started: sum(statistic.data.started),
                    ended: sum(statistic.data.ended),
                  })}
                />
              </Later>
            </>
          )}
        </div>
        <div className={classes.lenses}>
          <PeriodChooser
            value={period}
            onChange={(next) => navigate({ search: (old) => ({ ...old, period: next }), replace: true })}
          />
          <Segments
            aria-label={t('room:heat.title')}
            value={heat ?? 'now'}
            onChange={(next) =>
              navigate({
                search: (old) => ({ ...old, heat: next === 'now' ? undefined : (next as Heat) }),
                replace: true,
              })
            }
            data={[
              { value: 'now', label: t('room:heat.now') },
              ...heats.map((name) => ({ value: name, label: t(`room:heat.${name}`) })),
            ]}
          />
          {heat && steps.data && (
            <Text size="xs" c="dimmed">
              {steps.data.all
                ? t('room:heat.all', { count: steps.data.runs })
                : t('room:heat.sample', { count: steps.data.runs })}
            </Text>
          )}
        </div>
      </div>
      <div className={classes.canvas}>
        <Later fallback={<PageSkeleton />}>
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
        </Later>
      </div>
      <Tabs
        className={classes.dock}
        value={search.steps ? 'steps' : 'runs'}
        keepMounted={false}
        onChange={(tab) =>
          navigate({ search: (old) => ({ ...old, steps: tab === 'steps' || undefined }), replace: true })
        }
      >
        <Tabs.List px="md">
          <Tabs.Tab value="runs">{t('list.title')}</Tabs.Tab>
          <Tabs.Tab value="steps">{t('room:steps.title')}</Tabs.Tab>
        </Tabs.List>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the dock scrolls, also by keyboard. */}
        <section className={classes.dockBody} aria-label={dockLabel} tabIndex={0}>
          <Tabs.Panel value="runs">
            {list.data?.pages[0]?.items.length === 0 ? (
              <EmptyState title={search.node ? t('all.noneHere') : t('list.none')} />
            ) : (
              <RunsTable list={list} withDefinition={false} />
            )}
          </Tabs.Panel>
          <Tabs.Panel value="steps">
            <Later>
              <StepTable
                counts={counts.data}
                steps={steps.data}
                nameOf={nameOf}
                onSelect={(node) => navigate({ search: (old) => ({ ...old, node }), replace: true })}
              />
            </Later>
          </Tabs.Panel>
        </section>
      </Tabs>
    </div>
  );
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
