import { Button, Skeleton } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleCheck, PenTool, TriangleAlert, UsersRound } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { incidentsQuery, recentDefinitionsQuery, recentRunsQuery } from '@/api/queries/overview';
import { taskCountsQuery, taskListQuery } from '@/api/queries/tasks';
import { useMay, useUser } from '@/features/identity/useSession';
import { formatRelative } from '@/lib/format';
import { Later, later } from '@/lib/later';
import { kindLooks } from '@/theme/kinds';
import { Delayed, EmptyState, ErrorState, Page, RelativeTime, runLook, StatusBadge } from '@/ui';
import classes from './HomePage.module.css';

const MyActivities = later(
  () => import('./MyActivities').then((module) => module.MyActivities),
  'activities',
);

/** What waits for the person, and what else their role is about. */
export function HomePage() {
  const { t } = useTranslation();
  const user = useUser();
  const mayEdit = useMay('definitions.edit');
  const mayWatch = useMay('runs.view');
  const mayOperate = useMay('runs.operate');
  const definitions = useQuery({ ...recentDefinitionsQuery, enabled: mayEdit });
  const fresh = definitions.data?.items.length === 0;
  return (
    <Page
      title={t('home.hello', { name: user.name.split(' ')[0] ?? user.name })}
      description={user.title}
      actions={
        mayEdit && (
          <Button
            leftSection={<PenTool size={16} aria-hidden />}
            renderRoot={(props) => <Link to="/definitions" {...props} />}
          >
            {t('home.draw')}
          </Button>
        )
      }
    >
      <div className={classes.grid}>
        <div className={classes.column}>
          {fresh && <GettingStarted />}
          <TasksPanel />
          <Later fallback={null}>
            <MyActivities />
          </Later>
          {mayWatch && <RunsPanel />}
        </div>
        <div className={classes.column}>
          {mayOperate && <IncidentsPanel />}
          {mayEdit && <DefinitionsPanel />}
          {!mayEdit && <GettingStarted />}
        </div>
      </div>
    </Page>
  );
}

function Panel(props: { id: string; title: string; link?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.panel} aria-labelledby={`panel-${props.id}`}>
      <header className={classes.panelHeader}>
        <h2 id={`panel-${props.id}`} className={classes.panelTitle}>
          {props.title}
        </h2>
        {props.link}
      </header>
      {props.children}
    </section>
  );
}

type PanelBodyProps<T> = {
  query: { data: readonly T[] | undefined; error: unknown; refetch: () => unknown };
  empty: ReactNode;
  children: (item: T) => ReactNode;
};

function PanelBody<T>({ query, empty, children }: PanelBodyProps<T>) {
  if (query.data)
    return query.data.length === 0 ? empty : <ul className={classes.list}>{query.data.map(children)}</ul>;
  if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <Delayed>
      <Skeleton h={156} radius={0} />
    </Delayed>
  );
}

function TasksPanel() {
  const { t } = useTranslation();
  const { data, error, refetch } = useInfiniteQuery(taskListQuery({ view: 'mine', sort: 'due' }));
  const { data: counts } = useQuery(taskCountsQuery);
  const ofGroups = counts?.group ?? 0;
  return (
    <Panel
      id="tasks"
      title={t('nav.tasks')}
      link={
        <Link to="/tasks" className={classes.panelLink}>
          {t('home.all')}
        </Link>
      }
    >
      <PanelBody
        query={{ data: data?.pages[0]?.items.slice(0, 6), error, refetch }}
        empty={
          ofGroups > 0 ? (
            <EmptyState
              icon={UsersRound}
              title={t('home.noTasks')}
              text={t('home.tasksOfGroups', { count: ofGroups })}
              action={
                <Button
                  variant="default"
                  renderRoot={(props) => <Link to="/tasks" search={{ view: 'group' }} {...props} />}
                >
                  {t('home.showTasksOfGroups')}
                </Button>
              }
            />
          ) : (
            <EmptyState icon={CircleCheck} title={t('home.noTasks')} text={t('home.noTasksText')} />
          )
        }
      >
        {(task) => {
          const look = task.kind === 'approval' ? kindLooks.approval : kindLooks.task;
          const Icon = look.icon;
          return (
            <li key={task.id}>
              <Link to="/tasks" search={{ task: task.id }} className={classes.row}>
                <Icon size={18} color={look.color} aria-hidden />
                <span className={classes.rowText}>
                  <strong>{task.name}</strong>
                  <span className={classes.rowMeta}>{task.recordTitle ?? task.definitionName}</span>
                </span>
                {task.dueAt && (
                  <span
                    className={classes.end}
                    style={task.overdue ? { color: 'var(--fx-status-failed)', fontWeight: 500 } : undefined}
                  >
                    {t(task.overdue ? 'home.overdue' : 'home.due', { when: formatRelative(task.dueAt) })}
                  </span>
                )}
              </Link>
            </li>
          );
        }}
      </PanelBody>
    </Panel>
  );
}

function RunsPanel() {
  const { t } = useTranslation();
  // Others see only the instances in which they have a part: an empty list says nothing about all.
  const designs = useMay('definitions.edit');
  const operates = useMay('runs.operate');
  const seesAll = designs || operates;
  const { data, error, refetch } = useQuery(recentRunsQuery);
  return (
    <Panel
      id="runs"
      title={t('home.runs')}
      link={
        <Link to="/runs" className={classes.panelLink}>
          {t('home.all')}
        </Link>
      }
    >
      <PanelBody
        query={{ data: data?.items, error, refetch }}
        empty={
          seesAll ? (
            <EmptyState title={t('home.noRuns')} text={t('home.noRunsText')} />
          ) : (
            <EmptyState title={t('home.noRunsOfYours')} text={t('home.noRunsOfYoursText')} />
          )
        }
      >
        {(run) => (
          <li key={run.id}>
            <Link to="/runs/$runId" params={{ runId: run.id }} className={classes.row}>
              <span className={classes.rowText}>
                <strong>{run.recordTitle ?? run.definitionName}</strong>
                <span className={classes.rowMeta}>
                  {run.definitionName} · <RelativeTime at={run.startedAt} />
                </span>
              </span>
              <StatusBadge
                status={runLook(run)}
                label={
                  run.incidents > 0 && run.status === 'active' ? undefined : t(`runStatus.${run.status}`)
                }
              />
            </Link>
          </li>
        )}
      </PanelBody>
    </Panel>
  );
}

function IncidentsPanel() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(incidentsQuery);
  return (
    <Panel id="incidents" title={t('home.incidents')}>
      <PanelBody
        query={{ data: data?.items, error, refetch }}
        empty={<EmptyState icon={CircleCheck} title={t('home.noIncidents')} />}
      >
        {(incident) => (
          <li key={incident.id}>
            <Link to="/runs/$runId" params={{ runId: incident.runId }} className={classes.row}>
              <TriangleAlert size={18} color="var(--fx-status-failed)" aria-hidden />
              <span className={classes.rowText}>
                <strong title={incident.message}>{incident.text || incident.message}</strong>
                <span className={classes.rowMeta}>
                  {[
                    incident.nodeName || incident.node,
                    incident.recordTitle,
                    incident.definitionName || incident.definitionKey,
                  ]
                    .filter(Boolean)
                    .join(' · ')}{' '}
                  · <RelativeTime at={incident.at} />
                </span>
              </span>
            </Link>
          </li>
        )}
      </PanelBody>
    </Panel>
  );
}

function DefinitionsPanel() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(recentDefinitionsQuery);
  return (
    <Panel
      id="definitions"
      title={t('nav.definitions')}
      link={
        <Link to="/definitions" className={classes.panelLink}>
          {t('home.all')}
        </Link>
      }
    >
      <PanelBody
        query={{ data: data?.items, error, refetch }}
        empty={<EmptyState title={t('home.noDefinitions')} />}
      >
        {(definition) => (
          <li key={definition.key}>
            <Link to="/definitions/$key" params={{ key: definition.key }} className={classes.row}>
              <span className={classes.rowText}>
                <strong>{definition.name}</strong>
                <span className={classes.rowMeta}>
                  {definition.publishedVersion === null
                    ? t('home.neverPublished')
                    : t('home.version', { version: definition.publishedVersion })}
                  {definition.publishedVersion !== null &&
                    definition.hasChanges &&
                    ` · ${t('home.hasChanges')}`}
                </span>
              </span>
              <span className={classes.end}>{t('home.activeRuns', { count: definition.activeRuns })}</span>
            </Link>
          </li>
        )}
      </PanelBody>
    </Panel>
  );
}

/** The shortest way to see a process work. */
function GettingStarted() {
  const { t } = useTranslation();
  const mayEdit = useMay('definitions.edit');
  const mayDeals = useMay('crm.view');
  return (
    <Panel id="start" title={t('home.start.title')}>
      <ol className={classes.steps}>
        {mayEdit && (
          <li className={classes.step}>
            <div>
              <Link to="/definitions">{t('home.start.draw')}</Link>
              <p>{t('home.start.drawText')}</p>
            </div>
          </li>
        )}
        {mayDeals && (
          <li className={classes.step}>
            <div>
              <Link to="/crm/$type" params={{ type: 'deals' }}>
                {t('home.start.move')}
              </Link>
              <p>{t('home.start.moveText')}</p>
            </div>
          </li>
        )}
        <li className={classes.step}>
          <div>
            <Link to="/tasks">{t('home.start.tasks')}</Link>
            <p>{t('home.start.tasksText')}</p>
          </div>
        </li>
      </ol>
    </Panel>
  );
}
