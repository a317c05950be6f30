import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText, notifyDone, notifyError } from '@/ui';
import type { Run } from '../queries';
import { previewQuery, repairRun, type Wish } from './api';
import { OutcomeView } from './OutcomeView';
import { useStand } from './useStand';
import { ready, WishForm } from './WishForm';

type RepairDialogProps = { run: Run; nameOf: (node: string) => string; initial: Wish; onClose: () => void };

/** One repair of one run: the form, what would happen, and only then the act. */
export function RepairDialog({ run, nameOf, initial, onClose }: RepairDialogProps) {
  const { t } = useTranslation(['repair', 'common']);
  const client = useQueryClient();
  const stand = useStand();
  const standing = Object.entries(run.nodeStates)
    .filter(([, state]) => state.tokens > 0)
    .map(([id]) => id);
  const [wish, setWish] = useState<Wish>(
    initial.action === 'move' && !initial.node && standing.length === 1
      ? { ...initial, node: standing[0] }
      : initial,
  );
  const [reason, setReason] = useState('');
  const [valid, setValid] = useState(true);
  const [asked] = useDebouncedValue(wish, 250);
  const preview = useQuery(previewQuery(run.id, asked, ready(asked)));
  const verdict = preview.data?.verdict;
  const possible = verdict === 'does' || verdict === 'moves' || verdict === 'kept';
  const act = useMutation({
    mutationFn: () => repairRun(run.id, { ...wish, reason: reason.trim() }),
    onSuccess: ({ outcome }) => {
      client.invalidateQueries({ queryKey: ['run', run.id] });
      client.invalidateQueries({ queryKey: ['runs'] });
      notifyDone(t('done.one', { nodes: stand(outcome.after, nameOf) }));
      onClose();
    },
    onError: notifyError,
  });
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t(`action.${wish.action}`)}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <Stack gap="md">
        <WishForm
          wish={wish}
          onChange={setWish}
          process={run.process}
          definition={run.definitionKey}
          version={run.version}
          standing={standing}
          nameOf={nameOf}
          run={run}
          onValid={setValid}
        />
        <Textarea
          label={t('field.reason')}
          required
          autosize
          minRows={2}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {ready(wish) && preview.data && <OutcomeView outcome={preview.data} nameOf={nameOf} />}
        {ready(wish) && preview.error && (
          <Text size="sm" role="alert">
            {errorText(preview.error).title}
          </Text>
        )}
        {!ready(wish) && (
          <Text size="sm" c="dimmed">
            {t('preview.choose')}
          </Text>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button
            color={wish.action === 'cancel' || wish.action === 'cancelScope' ? 'red' : undefined}
            disabled={!possible || !valid || preview.isFetching || asked !== wish || reason.trim() === ''}
            loading={act.isPending}
            onClick={() => act.mutate()}
          >
            {t(`action.${wish.action}`)}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
