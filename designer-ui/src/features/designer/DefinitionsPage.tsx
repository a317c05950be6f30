import { Badge, Button, Group, Modal, Stack, Table, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Plus, Search, Workflow } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { Delayed, EmptyState, ErrorState, errorText, Page, RelativeTime } from '@/ui';
import { createDefinition, definitionsQuery, templatesQuery } from './api';
import classes from './Designer.module.css';

/** All process definitions: find one, see what state it is in, make a new one. */
export function DefinitionsPage() {
  const { t } = useTranslation(['designer', 'common']);
  const mayEdit = useMay('definitions.edit');
  const [search, setSearch] = useState('');
  const [wanted] = useDebouncedValue(search.trim(), 200);
  const [creating, setCreating] = useState(false);
  const list = useQuery(definitionsQuery(wanted));
  const items = list.data?.items ?? [];
  const create = mayEdit && (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setCreating(true)}>
      {t('designer:list.new')}
    </Button>
  );
  return (
    <Page
      title={t('designer:list.title')}
      description={t('designer:list.description')}
      actions={create}
      width="wide"
    >
      <div className={classes.listTools}>
        <TextInput
          aria-label={t('designer:list.search')}
          placeholder={t('designer:list.search')}
          leftSection={<Search size={16} aria-hidden />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </div>
      {list.error ? (
        <ErrorState error={list.error} onRetry={() => void list.refetch()} />
      ) : !list.data ? (
        <Delayed>
          <p className={classes.hint}>{t('common:state.loading')}</p>
        </Delayed>
      ) : items.length === 0 ? (
        wanted ? (
          <EmptyState
            icon={Search}
            title={t('designer:list.noHits')}
            action={
              <Button variant="default" onClick={() => setSearch('')}>
                {t('designer:list.clear')}
              </Button>
            }
          />
        ) : (
          <EmptyState
            icon={Workflow}
            title={t('designer:list.none')}
            text={t('designer:list.noneText')}
            action={create}
          />
        )
      ) : (
        <Table.ScrollContainer minWidth={720}>
          <Table highlightOnHover verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('designer:list.name')}</Table.Th>
                <Table.Th>{t('designer:list.version')}</Table.Th>
                <Table.Th>{t('designer:list.runs')}</Table.Th>
                <Table.Th>{t('designer:list.incidents')}</Table.Th>
                <Table.Th>{t('designer:list.changed')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((item) => (
                <Table.Tr key={item.key}>
                  <Table.Td>
                    <span className={classes.nameCell}>
                      <Link to="/definitions/$key" params={{ key: item.key }} className={classes.link}>
                        {item.name}
                      </Link>
                      <code>{item.key}</code>
                    </span>
                  </Table.Td>
                  <Table.Td>
                    <Group gap="xs">
                      {item.publishedVersion === null ? t('designer:bar.unpublished') : item.publishedVersion}
                      {item.hasChanges && item.publishedVersion !== null && (
                        <Badge variant="default" radius="sm" tt="none" fw={500}>
                          {t('designer:list.draft')}
                        </Badge>
                      )}
                      {!item.enabled && (
                        <Badge variant="default" radius="sm" tt="none" fw={500}>
                          {t('designer:list.off')}
                        </Badge>
                      )}
                    </Group>
                  </Table.Td>
                  <Table.Td>
                    <Link to={'/definitions/$key/runs'} params={{ key: item.key }} className={classes.link}>
                      {item.activeRuns}
                    </Link>
                  </Table.Td>
                  <Table.Td>
                    {item.incidents > 0 ? (
                      <Badge color="red" variant="light">
                        {item.incidents}
                      </Badge>
                    ) : (
                      '–'
                    )}
                  </Table.Td>
                  <Table.Td>
                    <RelativeTime at={item.changedAt} /> {item.changedByName}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {creating && <NewDefinition onClose={() => setCreating(false)} />}
    </Page>
  );
}

/** Name and, if wanted, a template to begin with. */
function NewDefinition({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['designer', 'common']);
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const templates = useQuery(templatesQuery);
  const [name, setName] = useState('');
  const [template, setTemplate] = useState<string>();
  const create = useMutation({
    mutationFn: () => createDefinition({ name: name.trim(), ...(template ? { template } : {}) }),
    onSuccess: ({ key }) => {
      void queryClient.invalidateQueries({ queryKey: ['definitions', 'list'] });
      void navigate({ to: '/definitions/$key', params: { key } });
    },
  });
  const choices = [
    { key: undefined, name: t('designer:list.blank'), description: t('designer:list.blankText') },
    ...(templates.data?.items ?? []),
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
