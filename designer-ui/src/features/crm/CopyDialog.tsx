import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { recordPath } from '@/lib/records';
import { errorText, notifyDone } from '@/ui';
import { fieldErrors } from './fields';
import { copyRecord, pipelinesQuery } from './queries';
import type { Deal } from './types';

/** Copies a record with its fields, client and products to a stage of any pipeline of its type. */
export function CopyDialog({ record, onClose }: { record: Deal; onClose: () => void }) {
  const { t } = useTranslation(['crm', 'common']);
  const client = useQueryClient();
  const navigate = useNavigate();
  const directory = useQuery(directoryQuery);
  const pipelines = (useQuery(pipelinesQuery).data?.items ?? []).filter((one) => one.type === record.type);
  const [title, setTitle] = useState(t('copy.titleOf', { title: record.title }));
  const [pipelineId, setPipelineId] = useState(record.pipelineId);
  const pipeline = pipelines.find((one) => one.id === pipelineId);
  const [stageId, setStageId] = useState<string | null>(null);
  const [responsibleId, setResponsibleId] = useState(record.responsibleId ?? null);
  const copy = useMutation({
    mutationFn: () =>
      copyRecord(record.type, record.id, {
        title: title.trim(),
        pipelineId,
        stageId: stageId ?? undefined,
        responsibleId: responsibleId ?? undefined,
      }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ['board'] });
      void client.invalidateQueries({ queryKey: ['deal', record.id] });
      notifyDone(t('copy.done', { title: made.title }));
      onClose();
      void navigate({ to: recordPath(made.type, made.id) as '/' });
    },
  });
  const errors = fieldErrors(copy.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    copy.mutate();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('copy.action')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput
            data-autofocus
            required
            label={t('field.title')}
            maxLength={200}
            value={title}
            error={errors.title}
            onChange={(event) => setTitle(event.currentTarget.value)}
          />
          {pipelines.length > 1 && (
            <Select
              label={t('board.pipeline')}
              allowDeselect={false}
              data={pipelines.map(({ id, name }) => ({ value: id, label: name }))}
              value={pipelineId}
              error={errors.pipelineId}
              onChange={(id) => {
                setPipelineId(id ?? record.pipelineId);
                setStageId(null);
              }}
            />
          )}
          <Select
            label={t('field.stage')}
            allowDeselect={false}
            data={(pipeline?.stages ?? []).map(({ id, name }) => ({ value: id, label: name }))}
            value={stageId ?? pipeline?.stages[0]?.id ?? null}
            error={errors.stageId}
            onChange={setStageId}
          />
          <Select
            label={t('field.responsible')}
            searchable
            data={(directory.data?.users ?? [])
              .filter((person) => person.active)
              .map(({ id, name }) => ({ value: id, label: name }))}
            value={responsibleId}
            error={errors.responsibleId}
            onChange={setResponsibleId}
          />
          {copy.error && Object.keys(errors).length === 0 && (
            <div role="alert" style={{ color: 'var(--mantine-color-error)' }}>
              {errorText(copy.error).title} {errorText(copy.error).remedy}
            </div>
          )}
          <Group justify="flex-end" gap="sm" mt="xs">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={copy.isPending} disabled={title.trim() === ''}>
              {t('copy.do')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
