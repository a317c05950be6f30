import { useQuery, useQueryClient } from '@tanstack/react-query';
import { UsersRound } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { type Group, groupsApi, groupsQuery } from '@/api/queries/settings';
import type { JsonSchema } from '@/features/forms';
import { EntityList } from './EntityList';

export function GroupsPage() {
  const { t } = useTranslation(['settings', 'common']);
  const queryClient = useQueryClient();
  const groups = useQuery(groupsQuery);
  const { data: directory } = useQuery(directoryQuery);
  const refresh = () => {
    void queryClient.invalidateQueries({ queryKey: ['groups'] });
    void queryClient.invalidateQueries({ queryKey: ['directory'] });
  };
  const schema: JsonSchema = {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string', title: t('settings:groups.name'), maxLength: 200 },
      memberIds: {
        type: 'array',
        title: t('settings:groups.members'),
        items: { type: 'string' },
        'x-widget': 'user-picker',
        'x-many': true,
      },
    },
  };

  return (
    <EntityList<Group>
      title={t('settings:groups.title')}
      description={t('settings:groups.text')}
      addLabel={t('settings:groups.add')}
      query={groups}
      items={groups.data?.items ?? []}
      keyOf={({ id }) => id}
      nameOf={({ name }) => name}
      empty={{ icon: UsersRound, title: t('settings:groups.none'), text: t('settings:groups.noneText') }}
      columns={[
        {
          key: 'name',
          title: t('settings:groups.name'),
          render: (group) => <span style={{ fontWeight: 500 }}>{group.name}</span>,
        },
        {
          key: 'members',
          title: t('settings:groups.members'),
          render: (group) =>
            (group.memberIds ?? [])
              .map((id) => directory?.users.find((user) => user.id === id)?.name)
              .filter(Boolean)
              .join(', '),
        },
      ]}
      schemaOf={() => schema}
      initialOf={(group) =>
        group ? { name: group.name, ...(group.memberIds?.length && { memberIds: group.memberIds }) } : {}
      }
      save={(value, group) => {
        const input = { memberIds: [], ...value } as Partial<Group>;
        return group ? groupsApi.change(group, input) : groupsApi.create(input);
      }}
      remove={groupsApi.remove}
      deleteText={t('settings:groups.deleteText')}
      refresh={refresh}
    />
  );
}
