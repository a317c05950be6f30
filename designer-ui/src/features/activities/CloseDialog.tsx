import { Button, Group, Modal, Stack, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { notifyDone, notifyError } from '@/ui';
import { type Activity, closeActivity } from './api';

type Props = { activity: Activity; how: 'done' | 'cancellation'; onClose: () => void };

/** Says that an activity is done or off, and what came of it. */
export function CloseDialog({ activity, how, onClose }: Props) {
  const { t } = useTranslation(['activities', 'common']);
  const client = useQueryClient();
  const [result, setResult] = useState('');
  const close = useMutation({
    mutationFn: () => closeActivity(activity, how, result.trim()),
    onSuccess: () => {
      notifyDone(t(how === 'done' ? 'activities:closed.done' : 'activities:closed.canceled'));
      void client.invalidateQueries({ queryKey: ['activities'] });
      onClose();
    },
    onError: notifyError,
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t(how === 'done' ? 'activities:complete' : 'activities:cancelIt')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          close.mutate();
        }}
      >
        <Stack gap="lg">
          <p style={{ margin: 0, fontWeight: 500, overflowWrap: 'anywhere' }}>{activity.title}</p>
          <Textarea
            label={t(how === 'done' ? 'activities:field.result' : 'activities:field.reason')}
            autosize
            minRows={3}
            maxRows={10}
            maxLength={10_000}
            data-autofocus
            value={result}
            onChange={(event) => setResult(event.currentTarget.value)}
          />
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={close.isPending}>
              {t(how === 'done' ? 'activities:complete' : 'activities:cancelIt')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
