import { Button, Group } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Check, RotateCw, SkipForward, Variable } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { notifyDone, notifyError } from '@/ui';
import { useNamesOf } from '../names';
import type { Incident, Run } from '../queries';
import { repairRun, type Wish } from './api';
import { RepairDialog } from './RepairDialog';

const UNKNOWN = 'outcome_unknown';

/** What an operator can do about an incident: again as it was, again with other variables, or past it. */
export function IncidentActions({ run, incident }: { run: Run; incident: Incident }) {
  const { t } = useTranslation(['runs', 'repair']);
  const client = useQueryClient();
  const [wish, setWish] = useState<Wish>();
  const retry = useMutation({
    mutationFn: () => repairRun(run.id, { action: 'retry', incident: incident.id }),
    onSuccess: () => {
      client.invalidateQueries({ queryKey: ['run', run.id] });
      client.invalidateQueries({ queryKey: ['runs'] });
      notifyDone(t('incident.retried'));
    },
    onError: notifyError,
  });
  const nameOf = useNamesOf(run.process);
  const unknown = incident.code === UNKNOWN;
  const ask = (action: Wish['action'], label: string, icon: React.ReactNode, rest: Partial<Wish> = {}) => (
    <Button
      size="compact-md"
      variant="default"
      leftSection={icon}
      onClick={() => setWish({ action, incident: incident.id, ...rest })}
    >
      {label}
    </Button>
  );
  return (
    <Group gap="xs">
      {unknown ? (
        <>
          {ask('resend', t('repair:action.resend'), <RotateCw size={14} aria-hidden />)}
          {ask('drop', t('repair:action.drop'), <Check size={14} aria-hidden />)}
        </>
      ) : (
        <>
          <Button
            size="compact-md"
            leftSection={<RotateCw size={14} aria-hidden />}
            loading={retry.isPending}
            onClick={() => retry.mutate()}
          >
            {t('incident.retry')}
          </Button>
          {ask('retry', t('repair:variables.retry'), <Variable size={14} aria-hidden />, { variables: {} })}
          {ask('skip', t('incident.skip'), <SkipForward size={14} aria-hidden />)}
        </>
      )}
      {wish && <RepairDialog run={run} nameOf={nameOf} initial={wish} onClose={() => setWish(undefined)} />}
    </Group>
  );
}
