import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { DefinitionSummary } from '@/api/types';
import { errorText } from '@/ui';

/** A version becomes the draft of a new process. */
export function CopyDialog(props: {
  readonly definitionKey: string;
  readonly version: number;
  readonly name: string;
  readonly onClose: () => void;
}) {
  const { definitionKey, version, onClose } = props;
  const { t } = useTranslation(['designer', 'common']);
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [name, setName] = useState(t('designer:versions.copyName', { name: props.name }));
  const copy = useMutation({
    mutationFn: () =>
      api.post<DefinitionSummary>(`/definitions/${encodeURIComponent(definitionKey)}/copies`, {
        name: name.trim(),
        version,
      }),
    onSuccess: ({ key }) => {
      void queryClient.invalidateQueries({ queryKey: ['definitions', 'list'] });
      void navigate({ to: '/definitions/$key', params: { key } });
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('designer:versions.copyTitle', { version })}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) copy.mutate();
        }}
      >
        <Stack gap="md">
          <TextInput
            label={t('designer:process.name')}
            required
            data-autofocus
            maxLength={200}
            value={name}
            error={copy.error ? errorText(copy.error).title : undefined}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={copy.isPending} disabled={name.trim() === ''}>
              {t('designer:versions.copy')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
