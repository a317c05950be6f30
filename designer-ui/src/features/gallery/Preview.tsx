import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { CircleCheck } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Picture } from '@/canvas/Picture';
import type { KindTable } from '@/lib/process/kinds';
import { ErrorState, errorText } from '@/ui';
import { beginWith, referencesQuery, type Template } from './api';
import classes from './Gallery.module.css';
import { References } from './References';

interface PreviewProps {
  readonly template: Template;
  readonly kinds: KindTable;
  readonly onClose: () => void;
}

/** One template in full: its picture, how it goes, what is rehearsed, and who is meant here. */
export function Preview({ template, kinds, onClose }: PreviewProps) {
  const { t } = useTranslation(['gallery', 'common']);
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [name, setName] = useState(template.name);
  const [map, setMap] = useState<Record<string, string>>({});
  const references = useQuery(referencesQuery(template.key));
  const create = useMutation({
    mutationFn: () => beginWith({ name: name.trim(), template: template.key, map }),
    onSuccess: ({ key }) => {
      void queryClient.invalidateQueries({ queryKey: ['definitions', 'list'] });
      void navigate({ to: '/definitions/$key', params: { key } });
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      closeOnClickOutside
      size="72rem"
      title={template.name}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) create.mutate();
        }}
      >
        <Stack gap="md">
          <section
            className={classes.large}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
            tabIndex={0}
            aria-label={t('gallery:picture', { name: template.name })}
          >
            <Picture
              document={template.process}
              kinds={kinds}
              label={t('gallery:picture', { name: template.name })}
              className={classes.largePicture}
            />
          </section>
          <div className={classes.columns}>
            <div>
              <p className={classes.lead}>{template.description}</p>
              <p className={classes.text}>{template.guide}</p>
              <h3 className={classes.heading}>{t('gallery:rehearsed')}</h3>
              <ul className={classes.scenarios}>
                {template.scenarios.map((scenario) => (
                  <li key={scenario}>
                    <CircleCheck size={15} color="var(--fx-status-done)" aria-hidden />
                    {scenario}
                  </li>
                ))}
              </ul>
            </div>
            <div className={classes.begin}>
              <TextInput
                label={t('gallery:name')}
                required
                data-autofocus
                maxLength={200}
                value={name}
                error={create.error ? errorText(create.error).title : undefined}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              {references.error ? (
                <ErrorState error={references.error} onRetry={() => void references.refetch()} />
              ) : (
                <References references={references.data?.items ?? []} map={map} onChange={setMap} />
              )}
            </div>
          </div>
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={create.isPending} disabled={name.trim() === ''}>
              {t('gallery:use')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
