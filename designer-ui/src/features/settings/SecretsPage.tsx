import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { LockKeyhole } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api, type Page as Listed } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { JsonSchema } from '@/features/forms';
import { RelativeTime } from '@/ui';
import { EntityList } from './EntityList';

type Secret = gen.SecretView;
type Use = gen.DefinitionSecretUse;

const address = ({ id }: Secret) => `/secrets/${encodeURIComponent(id)}`;

/** What robots send and nobody shall read: names, hosts and uses; values go in and never come out. */
export function SecretsPage() {
  const { t } = useTranslation(['settings', 'common']);
  const client = useQueryClient();
  const secrets = useQuery({
    queryKey: ['secrets'],
    queryFn: ({ signal }) => api.get<Listed<Secret>>('/secrets', undefined, signal),
  });
  const schemaOf = (isNew: boolean): JsonSchema => ({
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
  });

  return (
    <EntityList<Secret>
      title={t('settings:secrets.title')}
      description={t('settings:secrets.text')}
      addLabel={t('settings:secrets.add')}
      query={secrets}
      items={secrets.data?.items ?? []}
      keyOf={({ id }) => id}
      nameOf={({ name }) => name}
      empty={{
        icon: LockKeyhole,
        title: t('settings:secrets.none'),
        text: t('settings:secrets.noneText'),
      }}
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
      ]}
      schemaOf={(secret) => schemaOf(secret === undefined)}
      initialOf={(secret) => (secret ? { name: secret.name, hosts: secret.hosts } : {})}
      save={(value, secret) =>
        secret
          ? api.patch<Secret>(address(secret), value, { rev: secret.rev })
          : api.post<Secret>('/secrets', value)
      }
      remove={(secret) => api.delete(address(secret), { rev: secret.rev })}
      deleteText={t('settings:secrets.deleteText')}
      refresh={() => client.invalidateQueries({ queryKey: ['secrets'] })}
    />
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
