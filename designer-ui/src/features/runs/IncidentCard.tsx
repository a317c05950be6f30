import { Text } from '@mantine/core';
import { TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { Later, later } from '@/lib/later';
import { RelativeTime } from '@/ui';
import type { Incident, Run } from './queries';
import classes from './Runs.module.css';

const IncidentActions = later(() =>
  import('./repair/IncidentActions').then((module) => module.IncidentActions),
);

const Why = later(() => import('@/features/automation/chain/Why').then((module) => module.Why), 'automation');

/** Why a node does not go on, and what an operator can do about it. */
export function IncidentCard({ run, incident }: { run: Run; incident: Incident }) {
  const { t } = useTranslation('runs');
  const mayOperate = useMay('runs.operate');
  const detail = Object.entries(incident.detail ?? {}).filter(([, value]) => value !== null && value !== '');
  return (
    <section className={classes.incident} aria-label={t('incident.title')}>
      <div className={classes.incidentTitle}>
        <TriangleAlert size={16} aria-hidden />
        {incident.nodeName || incident.node}
      </div>
      <Text size="md" style={{ overflowWrap: 'anywhere' }}>
        {incident.text || incident.message}
      </Text>
      {/* The words of the reader say what to do by themselves. */}
      {!incident.text && incident.remedy && <Text size="sm">{incident.remedy}</Text>}
      {incident.text && incident.message && (
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {incident.message}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        <span className={classes.code}>{incident.code}</span> · <RelativeTime at={incident.at} />
        {incident.attempts ? ` · ${t('incident.attempts', { count: incident.attempts })}` : ''}
      </Text>
      {incident.code === 'causal_chain' && (
        <Later>
          <Why path={`/runs/${run.id}`} />
        </Later>
      )}
      {detail.length > 0 && (
        <dl className={classes.values}>
          {detail.map(([name, value]) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{name}</dt>
              <dd className={classes.code}>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
            </div>
          ))}
        </dl>
      )}
      {mayOperate && (
        <Later>
          <IncidentActions run={run} incident={incident} />
        </Later>
      )}
    </section>
  );
}
