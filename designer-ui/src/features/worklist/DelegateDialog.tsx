import { Button, Group, Modal, Select, Stack, Textarea } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { delegateTask, type TaskDetail } from '@/api/queries/tasks';
import { useUser } from '@/features/identity/useSession';
import { errorText, notifyDone } from '@/ui';
import classes from './Worklist.module.css';

/** Hands a task to somebody else, with a reason that the new performer sees. */
export function DelegateDialog({ task, onClose }: { task: TaskDetail; onClose: () => void }) {
  const { t } = useTranslation(['inbox', 'common']);
  const user = useUser();
  const queryClient = useQueryClient();
  const directory = useQuery(directoryQuery);
  const [to, setTo] = useState<string | null>(null);
  const [reason, setReason] = useState('');
  const people = (directory.data?.users ?? []).filter((person) => person.active && person.id !== user.id);
  const delegate = useMutation({
    mutationFn: (person: string) => delegateTask(task.id, { to: person, reason: reason.trim() }),
    onSuccess: (_, person) => {
      notifyDone(t('inbox:delegate.done', { name: people.find(({ id }) => id === person)?.name ?? '' }));
      void queryClient.invalidateQueries({ queryKey: ['tasks'] });
      onClose();
    },
  });
  const failure = delegate.error ? errorText(delegate.error) : null;
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('inbox:delegate.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <Stack gap="md">
        <Select
          data-autofocus
          label={t('inbox:delegate.to')}
          searchable
          nothingFoundMessage={t('common:form.nothingFound')}
          data={people.map(({ id, name, title }) => ({
            value: id,
            label: title ? `${name} · ${title}` : name,
          }))}
          value={to}
          onChange={setTo}
        />
        <Textarea
          label={t('inbox:delegate.reason')}
          autosize
          minRows={2}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {failure && (
          <p role="alert" className={classes.problem}>
            {failure.title} {failure.remedy}
          </p>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button
            disabled={to === null}
            loading={delegate.isPending}
            onClick={() => to && delegate.mutate(to)}
          >
            {t('inbox:delegate.action')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
