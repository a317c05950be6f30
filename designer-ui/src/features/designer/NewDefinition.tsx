import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '@/ui';
import { createDefinition, templatesQuery } from './api';
import classes from './Designer.module.css';

/** How many templates the dialog offers; all are in the gallery, with pictures. */
const SHOWN = 3;

/** Name and, if wanted, a template to begin with. */
export function NewDefinition({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['designer', 'common']);
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const templates = useQuery(templatesQuery);
  const [name, setName] = useState('');
  const [template, setTemplate] = useState<string>();
  const create = useMutation({
    mutationFn: () => createDefinition({ name: name.trim(), ...(template ? { template } : { empty: true }) }),
    onSuccess: ({ key }) => {
      void queryClient.invalidateQueries({ queryKey: ['definitions', 'list'] });
      void navigate({ to: '/definitions/$key', params: { key } });
    },
  });
  const choices = [
    { key: undefined, name: t('designer:list.blank'), description: t('designer:list.blankText') },
    ...(templates.data?.items ?? []).slice(0, SHOWN),
  ];
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t('designer:list.new')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) create.mutate();
        }}
      >
        <Stack gap="md">
          <TextInput
            label={t('designer:process.name')}
            required
            data-autofocus
            maxLength={200}
            value={name}
            error={create.error ? errorText(create.error).title : undefined}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <div className={classes.templates} role="radiogroup" aria-label={t('designer:list.begin')}>
            {choices.map((choice) => (
              // biome-ignore lint/a11y/useSemanticElements: a card with name and text is no plain radio button.
              <button
                key={choice.key ?? ''}
                type="button"
                role="radio"
                aria-checked={template === choice.key}
                className={classes.template}
                onClick={() => {
                  setTemplate(choice.key);
                  if (name === '' && choice.key) setName(choice.name);
                }}
              >
                <strong>{choice.name}</strong>
                {choice.description && <span className={classes.hint}>{choice.description}</span>}
              </button>
            ))}
          </div>
          <Group justify="flex-end" gap="sm">
            <Link to="/gallery" className={classes.link} style={{ marginInlineEnd: 'auto' }}>
              {t('designer:list.templates')}
            </Link>
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={create.isPending} disabled={name.trim() === ''}>
              {t('designer:list.create')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
