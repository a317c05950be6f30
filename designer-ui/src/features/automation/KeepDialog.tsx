import { Button, Group, Modal, Stack, Switch, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { notifyDone, notifyError } from '@/ui';
import classes from './Automation.module.css';
import { keepAsProcess } from './api';
import type { StageInfo } from './context';

/** Makes an ordinary process of the rules of a stage, to go on with in the designer. */
export function KeepDialog(props: {
  pipeline: { id: string; name: string };
  stage: StageInfo;
  /** The stage has changes that are not saved: the process is made of what is stored. */
  unsaved: boolean;
  onClose: () => void;
}) {
  const { pipeline, stage } = props;
  const { t } = useTranslation(['automation', 'common']);
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState(`${pipeline.name}: ${stage.name}`);
  const [replace, setReplace] = useState(false);
  const keep = useMutation({
    mutationFn: () => keepAsProcess(pipeline.id, stage.id, name.trim(), replace),
    onSuccess: ({ key }) => {
      void client.invalidateQueries({ queryKey: ['definitions'] });
      notifyDone(t('keep.done'));
      props.onClose();
      void navigate({ to: '/definitions/$key', params: { key } });
    },
    onError: notifyError,
  });
  return (
    <Modal
      opened
      onClose={props.onClose}
      title={t('column.keep')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          keep.mutate();
        }}
      >
        <Stack gap="md">
          <p className={classes.hint}>{t('keep.help')}</p>
          {props.unsaved && <p className={classes.notice}>{t('keep.unsaved')}</p>}
          <TextInput
            required
            data-autofocus
            label={t('keep.name')}
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Switch
            size="sm"
            label={t('keep.replace')}
            description={t('keep.replaceHelp')}
            disabled={props.unsaved}
            checked={replace}
            onChange={(event) => setReplace(event.currentTarget.checked)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={props.onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={keep.isPending} disabled={name.trim() === ''}>
              {t('keep.make')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
