import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '@/ui';
import { fieldErrors } from './fields';
import { createPipeline, pipelinesQuery } from './queries';
import type { Pipeline } from './types';

type NewPipelineModalProps = { type: string; onClose: () => void; onCreated: (pipeline: Pipeline) => void };

/** Adds a pipeline; it begins with stages that can be edited at once. */
export function NewPipelineModal({ type, onClose, onCreated }: NewPipelineModalProps) {
  const { t } = useTranslation(['crm', 'common']);
  const client = useQueryClient();
  const [name, setName] = useState('');
  const create = useMutation({
    mutationFn: () => createPipeline(type, name.trim()),
    onSuccess: async (pipeline) => {
      await client.invalidateQueries({ queryKey: pipelinesQuery.queryKey });
      onCreated(pipeline);
    },
  });
  const errors = fieldErrors(create.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };

  return (
    <Modal
      opened
      onClose={onClose}
      title={t('pipeline.new')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <TextInput
            data-autofocus
            required
            label={t('pipeline.name')}
            description={t('pipeline.newHelp')}
            value={name}
            error={errors.name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          {create.error && !errors.name && (
            <Text c="red" size="sm" role="alert">
              {errorText(create.error).title}
            </Text>
          )}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={create.isPending} disabled={name.trim() === ''}>
              {t('pipeline.create')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
