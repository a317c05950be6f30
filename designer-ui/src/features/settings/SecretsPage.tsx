import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { LockKeyhole, Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type Page as Listed } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { JsonSchema } from '@/features/forms';
import {
  ConfirmDialog,
  DataTable,
  EmptyState,
  ErrorState,
  notifyDone,
  notifyError,
  Page,
  PageSkeleton,
  RelativeTime,
} from '@/ui';
import { EntityDialog } from './EntityDialog';
import { RowActions } from './RowActions';

type Secret = gen.SecretView;
type Use = gen.DefinitionSecretUse;

const address = ({ id }: Secret) => `/secrets/${encodeURIComponent(id)}`;

/** What robots send and nobody shall read: names, hosts and uses; values go in and never come out. */
export function SecretsPage() {
  const { t } = useTranslation(['settings', 'common']);
  const client = useQueryClient();
  const [editing, setEditing] = useState<Secret | 'new' | null>(null);
  const [deleting, setDeleting] = useState<Secret | null>(null);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['secrets'],
    queryFn: ({ signal }) => api.get<Listed<Secret>>('/secrets', undefined, signal),
  });
  const items = data?.items ?? [];
  const refresh = () => client.invalidateQueries({ queryKey: ['secrets'] });
  const isNew = editing === 'new';
  const schema: JsonSchema = {
    type: 'object',
    required: isNew ? ['name', 'value', 'hosts'] : ['name', 'hosts'],
    'x-order': ['name', 'value', 'hosts'],
    properties: {
      name: {
        type: 'string',
        title: t('settings:secrets.name'),
        description: t('settings:secrets.nameHelp'),
        maxLength: 100,
      },
      value: {
        type: 'string',
        title: t(isNew ? 'settings:secrets.value' : 'settings:secrets.newValue'),
        description: t(isNew ? 'settings:secrets.valueHelp' : 'settings:secrets.newValueHelp'),
        'x-widget': 'password',
      },
      hosts: {
        type: 'array',
        title: t('settings:secrets.hosts'),
        description: t('settings:secrets.hostsHelp'),
        items: { type: 'string' },
        minItems: 1,
        maxItems: 20,
      },
    },
  };
  const save = async (value: Record<string, unknown>) => {
    if (editing === 'new') await api.post<Secret>('/secrets', value);
    else if (editing) await api.patch<Secret>(address(editing), value, { rev: editing.rev });
    notifyDone(t('settings:saved'));
    setEditing(null);
    await refresh();
  };
  const remove = async (secret: Secret) => {
    setDeleting(null);
    try {
      await api.delete(address(secret), { rev: secret.rev });
      notifyDone(t('settings:deleted', { name: secret.name }));
    } catch (failed) {
      notifyError(failed);
    }
    await refresh();
  };

  return (
    <Page
      title={t('settings:secrets.title')}
      description={t('settings:secrets.text')}
      actions={
        <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setEditing('new')}>
          {t('settings:secrets.add')}
        </Button>
      }
    >
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {isPending && <PageSkeleton />}
      {data && items.length === 0 && (
        <EmptyState
          icon={LockKeyhole}
          title={t('settings:secrets.none')}
          text={t('settings:secrets.noneText')}
        />
      )}
      {items.length > 0 && (
        <DataTable<Secret>
          label={t('settings:secrets.title')}
          items={items}
          keyOf={(secret) => secret.id}
          columns={[
            {
              key: 'name',
              title: t('settings:secrets.name'),
              render: (secret) => <span style={{ fontWeight: 500 }}>{secret.name}</span>,
            },
            {
              key: 'hosts',
              title: t('settings:secrets.hosts'),
              render: (secret) =>
                secret.hosts.map((host) => (host === '*' ? t('settings:secrets.anywhere') : host)).join(', '),
            },
            {
              key: 'valueAt',
              title: t('settings:secrets.valueAt'),
              render: (secret) => <ByWhom at={String(secret.valueAt)} name={secret.valueByName} />,
            },
            {
              key: 'changed',
              title: t('settings:secrets.changed'),
              render: (secret) => <ByWhom at={String(secret.changedAt)} name={secret.changedByName} />,
            },
            {
              key: 'uses',
              title: t('settings:secrets.uses'),
              render: (secret) =>
                secret.uses?.length ? (
                  <ul style={{ margin: 0, padding: 0, listStyle: 'none' }}>
                    {secret.uses.map((use) => (
                      <li key={`${use.kind} ${use.key}`}>
                        <UseLink use={use} />
                      </li>
                    ))}
                  </ul>
                ) : (
                  t('settings:secrets.unused')
                ),
            },
            {
              key: 'actions',
              title: t('settings:actions'),
              end: true,
              bare: true,
              render: (secret) => (
                <RowActions
                  name={secret.name}
                  onEdit={() => setEditing(secret)}
                  onDelete={() => setDeleting(secret)}
                />
              ),
            },
          ]}
        />
      )}
      {editing && (
        <EntityDialog
          title={
            editing === 'new' ? t('settings:secrets.add') : t('settings:editOne', { name: editing.name })
          }
          submitLabel={t('common:action.save')}
          schema={schema}
          initial={editing === 'new' ? {} : { name: editing.name, hosts: editing.hosts }}
          onClose={() => setEditing(null)}
          onSubmit={save}
        />
      )}
      <ConfirmDialog
        opened={deleting !== null}
        onClose={() => setDeleting(null)}
        title={t('settings:deleteOne', { name: deleting?.name ?? '' })}
        text={t('settings:secrets.deleteText')}
        confirmLabel={t('common:action.delete')}
        danger
        onConfirm={() => deleting && void remove(deleting)}
      />
    </Page>
  );
}

function ByWhom({ at, name }: { at: string; name: string }) {
  return (
    <>
      <RelativeTime at={at} />
      {name && `, ${name}`}
    </>
  );
}

/** The place where a secret is sent from, with the way there. */
function UseLink({ use }: { use: Use }) {
  const { t } = useTranslation('settings');
  const text = `${t(`secrets.use.${use.kind}`)}: ${use.name}`;
  if (use.kind === 'process')
    return (
      <Link to="/definitions/$key" params={{ key: use.key }}>
        {text}
      </Link>
    );
  if (use.kind === 'board')
    return (
      <Link to="/crm/automation/$pipelineId" params={{ pipelineId: use.key }}>
        {text}
      </Link>
    );
  return (
    <Link to="/status-processes/$processId" params={{ processId: use.key }}>
      {text}
    </Link>
  );
}
