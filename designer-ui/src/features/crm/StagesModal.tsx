import { ActionIcon, Button, ColorInput, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { randomId } from '@/lib/ids';
import { announce } from '@/lib/live';
import { ConfirmDialog, errorText, notifyDone, notifyError } from '@/ui';
import classes from './Deal.module.css';
import { fieldErrors } from './fields';
import { deletePipeline, savePipeline } from './queries';
import type { Pipeline, Stage, StageKind } from './types';

type StagesModalProps = { opened: boolean; onClose: () => void; pipeline: Pipeline; onNew: () => void };

/** Stages of a pipeline: names, colours, order, and which of them end a deal's way. */
export function StagesModal({ opened, onClose, pipeline, onNew }: StagesModalProps) {
  const { t } = useTranslation(['crm', 'common']);
  const client = useQueryClient();
  const [name, setName] = useState(pipeline.name);
  const [stages, setStages] = useState(pipeline.stages);
  const [added, setAdded] = useState('');
  const save = useMutation({
    mutationFn: () => savePipeline({ ...pipeline, name: name.trim(), stages }),
    onSuccess: () => {
      notifyDone(t('stages.saved'));
      client.invalidateQueries({ queryKey: ['pipelines'] });
      client.invalidateQueries({ queryKey: ['board'] });
      onClose();
    },
  });
  const [confirming, confirmation] = useDisclosure();
  const remove = useMutation({
    mutationFn: () => deletePipeline(pipeline),
    onSuccess: () => {
      notifyDone(t('pipeline.deleted'));
      onClose();
      client.invalidateQueries({ queryKey: ['pipelines'] });
    },
    onError: (error) => {
      confirmation.close();
      notifyError(error);
    },
  });
  const errors = fieldErrors(save.error);
  const general = save.error ? (errors.stages ?? errorText(save.error).title) : null;

  const change = (index: number, patch: Partial<Stage>) =>
    setStages(stages.map((stage, i) => (i === index ? { ...stage, ...patch } : stage)));
  const move = (index: number, by: number) => {
    const next = [...stages];
    const [stage] = next.splice(index, 1);
    if (!stage) return;
    next.splice(index + by, 0, stage);
    setStages(next);
    announce(t('stages.movedTo', { name: stage.name, position: index + by + 1 }));
  };
  // Where a deal would pass it: before the stages that end its way.
  const add = () => {
    const id = `s${randomId(8).toLowerCase()}`;
    const end = stages.findIndex((stage) => stage.kind !== 'normal');
    const at = end === -1 ? stages.length : end;
    setStages(stages.toSpliced(at, 0, { id, name: '', color: '#46566b', kind: 'normal' }));
    setAdded(id);
  };
  const kinds = (['normal', 'success', 'failure'] as const).map((kind) => ({
    value: kind,
    label: t(`stages.kind.${kind}`),
  }));

  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size="lg"
      title={t('stages.edit')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <Stack gap="sm">
        <TextInput
          required
          label={t('pipeline.name')}
          value={name}
          error={name.trim() === '' ? t('common:form.error.required') : errors.name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Text size="sm" c="dimmed">
          {t('stages.help')}
        </Text>
        <ol className={classes.stageList}>
          {stages.map((stage, index) => (
            <li key={stage.id} className={classes.stageRow}>
              <TextInput
                autoFocus={stage.id === added}
                aria-label={t('stages.name', { position: index + 1 })}
                value={stage.name}
                error={errors[`stages/${index}/name`]}
                onChange={(event) => change(index, { name: event.currentTarget.value })}
              />
              <ColorInput
                aria-label={t('stages.color', { name: stage.name })}
                value={stage.color}
                withEyeDropper={false}
                error={errors[`stages/${index}/color`]}
                onChange={(color) => change(index, { color })}
              />
              <Select
                aria-label={t('stages.kindOf', { name: stage.name })}
                data={kinds}
                allowDeselect={false}
                value={stage.kind}
                onChange={(kind) => change(index, { kind: kind as StageKind })}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                disabled={index === 0}
                aria-label={t('stages.up', { name: stage.name })}
                onClick={() => move(index, -1)}
              >
                <ArrowUp size={16} aria-hidden />
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                color="gray"
                disabled={index === stages.length - 1}
                aria-label={t('stages.down', { name: stage.name })}
                onClick={() => move(index, 1)}
              >
                <ArrowDown size={16} aria-hidden />
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t('stages.remove', { name: stage.name })}
                onClick={() => setStages(stages.filter((_, i) => i !== index))}
              >
                <Trash2 size={16} aria-hidden />
              </ActionIcon>
            </li>
          ))}
        </ol>
        <Group>
          <Button variant="default" leftSection={<Plus size={16} aria-hidden />} onClick={add}>
            {t('stages.add')}
          </Button>
        </Group>
        {general && (
          <Text c="red" size="sm" role="alert">
            {general}
          </Text>
        )}
        <Group justify="flex-end" gap="sm">
          <Button
            variant="subtle"
            color="red"
            leftSection={<Trash2 size={16} aria-hidden />}
            onClick={confirmation.open}
          >
            {t('pipeline.delete')}
          </Button>
          <Button
            variant="subtle"
            mr="auto"
            leftSection={<Plus size={16} aria-hidden />}
            onClick={() => {
              onClose();
              onNew();
            }}
          >
            {t('pipeline.new')}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button loading={save.isPending} disabled={name.trim() === ''} onClick={() => save.mutate()}>
            {t('common:action.save')}
          </Button>
        </Group>
      </Stack>
      <ConfirmDialog
        opened={confirming}
        onClose={confirmation.close}
        danger
        title={t('pipeline.delete')}
        text={t('pipeline.deleteText', { name: pipeline.name })}
        confirmLabel={t('pipeline.delete')}
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
      />
    </Modal>
  );
}
