import { Button, Group, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { RotateCw, SkipForward, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { ConfirmDialog, notifyDone, notifyError, RelativeTime } from '@/ui';
import { actOnRun, type Incident, type RunAction } from './queries';
import classes from './Runs.module.css';

/** Why a node does not go on, and what an operator can do about it. */
export function IncidentCard({ runId, incident }: { runId: string; incident: Incident }) {
  const { t } = useTranslation('runs');
  const client = useQueryClient();
  const mayOperate = useMay('runs.operate');
  const [skipping, setSkipping] = useState(false);
  const act = useMutation({
    mutationFn: (action: RunAction) => actOnRun(runId, action),
    onSuccess: (_reply, { action }) => {
      setSkipping(false);
      client.invalidateQueries({ queryKey: ['run', runId] });
      client.invalidateQueries({ queryKey: ['runs'] });
      notifyDone(action === 'skip' ? t('incident.skipped') : t('incident.retried'));
    },
    onError: notifyError,
  });
  const detail = Object.entries(incident.detail ?? {}).filter(([, value]) => value !== null && value !== '');
  return (
    <section className={classes.incident} aria-label={t('incident.title')}>
      <div className={classes.incidentTitle}>
        <TriangleAlert size={16} aria-hidden />
        {incident.nodeName || incident.node}
      </div>
      <Text size="md" style={{ overflowWrap: 'anywhere' }}>
        {incident.message}
      </Text>
      {incident.remedy && <Text size="sm">{incident.remedy}</Text>}
      <Text size="xs" c="dimmed">
        <span className={classes.code}>{incident.code}</span> · <RelativeTime at={incident.at} />
        {incident.attempts ? ` · ${t('incident.attempts', { count: incident.attempts })}` : ''}
      </Text>
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
        <Group gap="xs">
          <Button
            size="compact-md"
            leftSection={<RotateCw size={14} aria-hidden />}
            loading={act.isPending && act.variables?.action === 'retry'}
            onClick={() => act.mutate({ action: 'retry', incident: incident.id })}
          >
            {t('incident.retry')}
          </Button>
          <Button
            size="compact-md"
            variant="default"
            leftSection={<SkipForward size={14} aria-hidden />}
            onClick={() => setSkipping(true)}
          >
            {t('incident.skip')}
          </Button>
        </Group>
      )}
      <ConfirmDialog
        opened={skipping}
        onClose={() => setSkipping(false)}
        title={t('incident.skipTitle', { node: incident.nodeName || incident.node })}
        text={t('incident.skipText')}
        reasonLabel={t('action.reason')}
        confirmLabel={t('incident.skip')}
        busy={act.isPending}
        onConfirm={(reason) => act.mutate({ action: 'skip', incident: incident.id, reason })}
      />
    </section>
  );
}
