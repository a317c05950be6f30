import { Anchor, Button, Tabs, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Ban, TriangleAlert } from 'lucide-react';
import { memo, useCallback, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useNodeKinds } from '@/api/queries/nodeKinds';
import { useLiveStatus } from '@/api/useLive';
import { type CanvasHandle, LazyCanvas } from '@/canvas/lazy';
import { useMay } from '@/features/identity/useSession';
import { Crumbs } from '@/features/shell';
import { formatBytes, formatDateTime, formatDuration } from '@/lib/format';
import { Later, later } from '@/lib/later';
import { isStaged, recordPath } from '@/lib/records';
import {
  ConfirmDialog,
  Elapsed,
  ErrorState,
  notifyDone,
  notifyError,
  PageSkeleton,
  RelativeTime,
  StatusBadge,
  useDocumentTitle,
} from '@/ui';
import { HeldBanner } from './HeldBanner';
import { History } from './History';
import { runLook } from './looks';
import { useNamesOf } from './names';
import { actOnRun, type Run, versionQuery } from './queries';
import classes from './Runs.module.css';
import { usePlan } from './repair/plan/usePlan';
import type { RunTab } from './search';
import { firstSentence, stands } from './stands';
import { useRunPicture } from './useRunPicture';

// Opened by choosing a node: not needed to see the run.
const Why = later(() => import('@/features/automation/chain/Why').then((module) => module.Why), 'automation');
const OutlookPanel = later(
  () => import('./outlook/OutlookPanel').then((module) => module.OutlookPanel),
  'repair',
);
const RepairMenu = later(() => import('./repair/RepairMenu').then((module) => module.RepairMenu), 'repair');
const TimelinePanel = later(
  () => import('./room/TimelinePanel').then((module) => module.TimelinePanel),
  'room',
);
const VariablesPanel = later(
  () => import('./room/VariablesPanel').then((module) => module.VariablesPanel),
  'room',
);
const FamilyPanel = later(() => import('./room/FamilyPanel').then((module) => module.FamilyPanel), 'room');
const PastBar = later(() => import('./room/PastBar').then((module) => module.PastBar), 'room');
const PlanBanner = later(
  () => import('./repair/plan/PlanBanner').then((module) => module.PlanBanner),
  'repair',
);
const PlanPanel = later(() => import('./repair/plan/PlanPanel').then((module) => module.PlanPanel), 'repair');
const NodePanel = later(() => import('./NodePanel').then((module) => module.NodePanel));

/** The diagram follows the run by its store: what else changes on the page does not concern it. */
const Diagram = memo(LazyCanvas);

/** One run on the diagram of its own version, live. */
export function RunPage() {
  const { runId } = useParams({ from: '/app/runs/$runId' });
  const { at } = useSearch({ from: '/app/runs/$runId' });
  const { query, run, store, moment, seq } = useRunPicture(runId, at);
  if (query.error && !run) return <ErrorState error={query.error} onRetry={() => query.refetch()} />;
  if (!run) return <PageSkeleton />;
  return <RunRoom run={run} store={store} seq={seq} moment={moment} />;
}

type RunRoomProps = { run: Run } & Pick<ReturnType<typeof useRunPicture>, 'store' | 'seq' | 'moment'>;

function RunRoom({ run, store, seq, moment }: RunRoomProps) {
  const { t } = useTranslation(['runs', 'room', 'repair', 'common']);
  const { node, at, tab = 'history' } = useSearch({ from: '/app/runs/$runId' });
  const navigate = useNavigate({ from: '/runs/$runId' });
  const kinds = useNodeKinds();
  const canvas = useRef<CanvasHandle>(null);
  const live = useLiveStatus();
  const { plan, begin, end } = usePlan();
  // A moment before a migration is drawn on the version of then.
  const then = moment && moment.version !== run.version ? moment.version : undefined;
  const old = useQuery({ ...versionQuery(run.definitionKey, then ?? 0), enabled: then !== undefined });
  const process = (then !== undefined && old.data?.process) || run.process;
  const nameOf = useNamesOf(process);
  useDocumentTitle(`${run.definitionName} · ${run.recordTitle ?? run.id}`);

  const select = (id: string | undefined) => {
    navigate({ search: (old) => ({ ...old, node: id }), replace: true });
    if (id) canvas.current?.reveal(id);
  };
  const lookAt = (seqOf: number | undefined) =>
    navigate({ search: (old) => ({ ...old, at: seqOf }), replace: true });
  const selection = useMemo(() => new Set(node ? [node] : []), [node]);
  const choose = useRef((_ids: ReadonlySet<string>): void => {});
  choose.current = ([first]) => {
    if (
      !plan?.takes(first) &&
      first !== node &&
      (first === undefined || run.nodeStates[first] || nameOf(first) !== first)
    ) {
      select(first);
    }
  };
  const chosen = useCallback((ids: ReadonlySet<string>) => choose.current(ids), []);
  const failed = run.openIncidents;
  const dockLabel =
    tab === 'outlook'
      ? t('repair:outlook.tab')
      : tab === 'family' || tab === 'timeline'
        ? t(`room:${tab}.title`)
        : t(`tab.${tab}`);
  const anchor = failed[0]?.node ?? run.waits[0]?.node;

  return (
    <div className={classes.room}>
      <Crumbs
        above={[{ to: '/runs', label: t('list.title') }]}
        here={[run.definitionName, run.recordTitle].filter(Boolean).join(' · ')}
      />
      <div>
        <header className={classes.head}>
          <h1 className={classes.name}>{run.definitionName}</h1>
          <StatusBadge
            status={runLook(run)}
            label={
              run.incidents > 0
                ? t('state.incidents', { count: run.incidents })
                : t(`common:runStatus.${run.status}`)
            }
          />
          <div className={classes.facts}>
            <span>{t('list.version', { version: run.version })}</span>
            {isStaged(run.recordType) && run.recordId && (
              <Anchor component={Link} to={recordPath(run.recordType, run.recordId)} size="sm">
                {run.recordTitle || run.recordId}
              </Anchor>
            )}
            <span>
              {t('run.started')} <RelativeTime at={run.startedAt} />
              {run.startedByName ? ` · ${run.startedByName}` : ''}{' '}
              <Later>
                <Why path={`/runs/${run.id}`} />
              </Later>
            </span>
            <span>
              {t('list.duration')}{' '}
              {run.endedAt ? (
                formatDuration(Date.parse(run.endedAt) - Date.parse(run.startedAt))
              ) : (
                <Elapsed since={run.startedAt} />
              )}
            </span>
            <span data-testid="live-state">{live.state === 'open' ? t('run.live') : t('run.paused')}</span>
            {run.parent && (
              <span>
                {t('room:family.startedBy')}{' '}
                <Anchor component={Link} to={`/runs/${run.parent.id}`} size="sm" underline="always">
                  {run.parent.definitionName}
                </Anchor>
              </span>
            )}
            <Anchor component={Link} to={`/definitions/${run.definitionKey}/runs`} size="sm">
              {t('run.all')}
            </Anchor>
          </div>
          {!plan && (
            <>
              <Later>
                <RepairMenu
                  run={run}
                  nameOf={nameOf}
                  onPlan={() => {
                    lookAt(undefined);
                    begin();
                  }}
                />
              </Later>
              <CancelButton run={run} />
            </>
          )}
        </header>
        {plan && (
          <Later>
            <PlanBanner count={plan.items.length} writing={plan.form !== undefined} onLeave={end} />
          </Later>
        )}
        {run.status === 'active' && <HeldBanner definition={run.definitionKey} />}
        {failed.length > 0 && (
          <div className={classes.banner} role="alert">
            <span className={classes.incidentTitle}>
              <TriangleAlert size={16} aria-hidden />
              {t('incident.banner', { count: failed.length })}
            </span>
            {failed.map((incident) => (
              <Button
                key={incident.id}
                size="compact-sm"
                variant="default"
                onClick={() => select(incident.node)}
              >
                <span className={classes.oneLine}>
                  {nameOf(incident.node)}: {firstSentence(incident.text || incident.message || incident.code)}
                </span>
              </Button>
            ))}
          </div>
        )}
      </div>
      <div className={`${classes.middle} ${node || plan ? classes.withPanel : ''}`}>
        <div className={classes.canvas}>
          <Later fallback={<PageSkeleton />}>
            <Diagram
              ref={canvas}
              document={process}
              kinds={kinds}
              label={t('run.canvas', { name: run.definitionName, version: run.version })}
              runStore={store}
              overlay="run"
              viewportKey={`run.${run.definitionKey}.${run.version}`}
              anchor={anchor}
              selection={selection}
              changes={plan?.changes}
              onSelectionChange={chosen}
            />
          </Later>
        </div>
        {plan && (
          <Later fallback={<aside className={classes.panel} aria-busy />}>
            <PlanPanel run={run} plan={plan} node={node} nameOf={nameOf} onSelect={select} onEnd={end} />
          </Later>
        )}
        {node && !plan && (
          <Later fallback={<aside className={classes.panel} aria-busy />}>
            <NodePanel run={run} node={node} name={nameOf(node)} onClose={() => select(undefined)} />
          </Later>
        )}
      </div>
      <div className={classes.dockWithPast}>
        <Later fallback={<div className={classes.pastSpace} />}>
          <PastBar last={seq} at={at} moment={moment} onMove={lookAt} />
        </Later>
        <Tabs
          className={classes.dock}
          value={tab}
          keepMounted={false}
          onChange={(value) =>
            navigate({ search: (old) => ({ ...old, tab: value as RunTab }), replace: true })
          }
        >
          <Tabs.List px="md">
            <Tabs.Tab value="history">{t('tab.history')}</Tabs.Tab>
            <Tabs.Tab value="timeline">{t('room:timeline.title')}</Tabs.Tab>
            <Tabs.Tab value="outlook">{t('repair:outlook.tab')}</Tabs.Tab>
            <Tabs.Tab value="waits">{t('tab.waits')}</Tabs.Tab>
            <Tabs.Tab value="variables">{t('tab.variables')}</Tabs.Tab>
            <Tabs.Tab value="family">{t('room:family.title')}</Tabs.Tab>
            <Tabs.Tab value="documents">{t('tab.documents')}</Tabs.Tab>
          </Tabs.List>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the dock scrolls, also by keyboard. */}
          <section className={classes.dockBody} aria-label={dockLabel} tabIndex={0}>
            <Tabs.Panel value="history">
              <History runId={run.id} seq={seq} at={at} node={node} onSelect={select} onMoment={lookAt} />
            </Tabs.Panel>
            <Tabs.Panel value="outlook">
              <Later>
                <OutlookPanel run={run} seq={seq} nameOf={nameOf} />
              </Later>
            </Tabs.Panel>
            <Tabs.Panel value="waits">
              <Waits run={run} nameOf={nameOf} onSelect={select} />
            </Tabs.Panel>
            <Tabs.Panel value="variables">
              <Later>
                <VariablesPanel run={run} seq={seq} moment={moment} nameOf={nameOf} onMoment={lookAt} />
              </Later>
            </Tabs.Panel>
            <Tabs.Panel value="timeline">
              <Later>
                <TimelinePanel
                  run={run}
                  seq={seq}
                  node={node}
                  moment={moment?.at}
                  nameOf={nameOf}
                  onSelect={select}
                />
              </Later>
            </Tabs.Panel>
            <Tabs.Panel value="family">
              <Later>
                <FamilyPanel run={run} nameOf={nameOf} />
              </Later>
            </Tabs.Panel>
            <Tabs.Panel value="documents">
              <RunDocuments run={run} />
            </Tabs.Panel>
          </section>
        </Tabs>
      </div>
    </div>
  );
}

function CancelButton({ run }: { run: Run }) {
  const { t } = useTranslation('runs');
  const client = useQueryClient();
  const mayOperate = useMay('runs.operate');
  const [opened, dialog] = useDisclosure();
  const cancel = useMutation({
    mutationFn: (reason: string) => actOnRun(run.id, { action: 'cancel', reason }),
    onSuccess: () => {
      dialog.close();
      client.invalidateQueries({ queryKey: ['run', run.id] });
      notifyDone(t('action.canceled'));
    },
    onError: notifyError,
  });
  if (!mayOperate || run.status !== 'active') return null;
  return (
    <>
      <Button
        variant="default"
        size="compact-md"
        leftSection={<Ban size={14} aria-hidden />}
        onClick={dialog.open}
      >
        {t('action.cancel')}
      </Button>
      <ConfirmDialog
        opened={opened}
        onClose={dialog.close}
        danger
        title={t('action.cancel')}
        text={t('action.cancelText')}
        reasonLabel={t('action.reason')}
        confirmLabel={t('action.cancel')}
        busy={cancel.isPending}
        onConfirm={(reason) => cancel.mutate(reason)}
      />
    </>
  );
}

type WaitsProps = { run: Run; nameOf: (node: string) => string; onSelect: (node: string) => void };

function Waits({ run, nameOf, onSelect }: WaitsProps) {
  const { t } = useTranslation('runs');
  if (run.waits.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {run.status === 'active' ? t('wait.none') : t('wait.ended')}
      </Text>
    );
  }
  return (
    <ul style={{ margin: 0, padding: 0, listStyle: 'none' }}>
      {run.waits.map((wait) => (
        <li key={wait.id}>
          <button type="button" className={classes.record} onClick={() => onSelect(wait.node)}>
            <span className={classes.seq} />
            <span className={classes.at}>{t(stands(wait, run) ? 'wait.operator' : `wait.${wait.kind}`)}</span>
            <span className={classes.what}>
              {nameOf(wait.node)}
              {wait.people && wait.people.length > 0 && ` · ${wait.people.map((p) => p.name).join(', ')}`}
              {wait.dueAt && ` · ${t('wait.due')} ${formatDateTime(wait.dueAt)}`}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function RunDocuments({ run }: { run: Run }) {
  const { t } = useTranslation('runs');
  if (!run.documents || run.documents.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t('documents.none')}
      </Text>
    );
  }
  return (
    <ul style={{ margin: 0, paddingInlineStart: 20 }}>
      {run.documents.map((file) => (
        <li key={file.id}>
          <Anchor href={file.url} target="_blank" rel="noreferrer">
            {file.name}
          </Anchor>{' '}
          <Text span size="xs" c="dimmed">
            {formatBytes(file.size)}
          </Text>
        </li>
      ))}
    </ul>
  );
}
