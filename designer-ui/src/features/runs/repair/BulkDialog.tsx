import { Button, Group, Modal, Select, Stack, Text, Textarea } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { notifyError } from '@/ui';
import { useNamesOf } from '../names';
import { versionQuery, versionsQuery } from '../queries';
import { previewRepair, type Selection, startRepair, type Wish, type WishAction } from './api';
import { nodesOf } from './choices';
import { OutcomeTable } from './OutcomeTable';
import { ready, WishForm } from './WishForm';

const actions = ['retry', 'skip', 'suspend', 'resume', 'cancel', 'resend', 'drop'] as const;
const perDefinition = [...actions, 'move', 'assign', 'setVariables', 'migrate'] as const;

type BulkDialogProps = {
  select: Selection;
  definition?: string;
  onStarted: (job: string) => void;
  onClose: () => void;
};

/** One repair of many instances: look first, then a job with a line for each. */
export function BulkDialog({ select, definition, onStarted, onClose }: BulkDialogProps) {
  const { t } = useTranslation(['repair', 'common']);
  const [wish, setWish] = useState<Wish>({ action: 'retry' });
  const [reason, setReason] = useState('');
  const [valid, setValid] = useState(true);
  const client = useQueryClient();
  const versions = useQuery({ ...versionsQuery(definition ?? ''), enabled: definition !== undefined });
  const current = Math.max(0, ...(versions.data?.items ?? []).map((item) => item.version));
  const base = select.filter?.version ?? Math.max(1, current - 1);
  const shown = wish.action === 'migrate' ? base : current;
  const version = useQuery({
    ...versionQuery(definition ?? '', shown),
    enabled: definition !== undefined && shown > 0,
  });
  const process = version.data?.process;
  const nameOf = useNamesOf(process);
  const asked = { ...wish, reason: reason.trim() };
  const look = useMutation({ mutationFn: () => previewRepair(asked, select), onError: notifyError });
  const start = useMutation({
    mutationFn: () => startRepair(asked, select),
    onSuccess: ({ id }) => {
      client.invalidateQueries({ queryKey: ['repairs'] });
      onStarted(id);
    },
    onError: notifyError,
  });
  const offered: readonly WishAction[] = definition ? perDefinition : actions;
  const change = (next: Wish) => {
    look.reset();
    setWish(next);
  };
  return (
    <Modal
      opened
      onClose={onClose}
      size="xl"
      title={t('bulk.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          {select.runs ? t('bulk.selected', { count: select.runs.length }) : t('bulk.matching')}
        </Text>
        <Select
          label={t('field.action')}
          data={offered.map((action) => ({ value: action, label: t(`action.${action}`) }))}
          value={wish.action}
          onChange={(action) => action && change({ action: action as WishAction })}
          allowDeselect={false}
        />
        {process && definition && (
          <WishForm
            wish={wish}
            onChange={change}
            process={process}
            definition={definition}
            version={wish.action === 'migrate' ? base : 0}
            standing={nodesOf(process).map(({ node }) => node.id)}
            nameOf={nameOf}
            onValid={setValid}
          />
        )}
        <Textarea
          label={t('field.reason')}
          required
          autosize
          minRows={2}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {look.data && (
          <OutcomeTable rows={look.data.items} done={false} more={Boolean(look.data.next)} nameOf={nameOf} />
        )}
        <Group justify="flex-end" gap="sm">
          <Button
            variant="default"
            loading={look.isPending}
            disabled={!valid || !ready(wish)}
            onClick={() => look.mutate()}
          >
            {t('bulk.look')}
          </Button>
          <Button
            disabled={!look.data || !valid || reason.trim() === ''}
            loading={start.isPending}
            onClick={() => start.mutate()}
          >
            {t('bulk.start')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
