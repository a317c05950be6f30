import { CloseButton, Group, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { formatDateTime } from '@/lib/format';
import { visitTimes } from '@/lib/visitTimes';
import { Elapsed, RelativeTime, StatusBadge } from '@/ui';
import { IncidentCard } from './IncidentCard';
import { nodeLook } from './looks';
import type { Run } from './queries';
import classes from './Runs.module.css';
import { stands } from './stands';

type NodePanelProps = { run: Run; node: string; name: string; onClose: () => void };

/** What happened at one node: who, since when, how long, what it waits for, what went wrong. */
export function NodePanel({ run, node, name, onClose }: NodePanelProps) {
  const { t } = useTranslation(['runs', 'common']);
  const state = run.nodeStates[node];
  const times = state && visitTimes(state, run.status === 'active');
  const waits = run.waits.filter((wait) => wait.node === node);
  const incidents = run.openIncidents.filter((incident) => incident.node === node);
  return (
    <aside className={classes.panel} aria-label={name}>
      <Stack gap="md">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <Text component="h2" size="lg" fw={600} style={{ overflowWrap: 'anywhere' }}>
            {name}
          </Text>
          <CloseButton aria-label={t('common:action.close')} onClick={onClose} />
        </Group>
        {state && <StatusBadge status={nodeLook(state.status)} />}
        {incidents.map((incident) => (
          <IncidentCard key={incident.id} run={run} incident={incident} />
        ))}
        <dl className={classes.values}>
          {state?.people && state.people.length > 0 && (
            <>
              <dt>{t('node.people')}</dt>
              <dd>{state.people.map((person) => person.name).join(', ')}</dd>
            </>
          )}
          {state?.since && (
            <>
              <dt>{t('node.since')}</dt>
              <dd>{formatDateTime(state.since)}</dd>
            </>
          )}
          {times && (times.durationMs !== undefined || times.openSince !== undefined) && (
            <>
              <dt>{t('node.duration')}</dt>
              <dd>
                <Elapsed ms={times.durationMs} since={times.openSince} />
              </dd>
            </>
          )}
          <dt>{t('node.entered')}</dt>
          <dd>{state?.entered ?? 0}</dd>
          <dt>{t('node.id')}</dt>
          <dd className={classes.code}>{node}</dd>
        </dl>
        {waits.map((wait) => (
          <div key={wait.id}>
            <Text size="sm" fw={500}>
              {t(stands(wait, run) ? 'wait.operator' : `wait.${wait.kind}`)}
            </Text>
            <Text size="sm" c="dimmed">
              {wait.people?.map((person) => person.name).join(', ')}
              {wait.dueAt && (
                <>
                  {' '}
                  {t('wait.due')} <RelativeTime at={wait.dueAt} />
                </>
              )}
              {wait.effect &&
                `${wait.effect.robot} · ${t('incident.attempts', { count: wait.effect.attempt })}`}
            </Text>
            {wait.taskId && (
              <Link to="/tasks" search={{ view: 'all', task: wait.taskId }}>
                {t('wait.openTask')}
              </Link>
            )}
          </div>
        ))}
      </Stack>
    </aside>
  );
}
