import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus, UsersRound } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { type Group, groupsApi, groupsQuery } from '@/api/queries/settings';
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
} from '@/ui';
import { EntityDialog } from './EntityDialog';
import { RowActions } from './RowActions';

export function GroupsPage() {
  const { t } = useTranslation(['settings', 'common']);
  const queryClient = useQueryClient();
  const [editing, setEditing] = useState<Group | 'new' | null>(null);
  const [deleting, setDeleting] = useState<Group | null>(null);
  const groups = useQuery(groupsQuery);
  const { data: directory } = useQuery(directoryQuery);
  const refresh = () => {
    void queryClient.invalidateQueries({ queryKey: ['groups'] });
    void queryClient.invalidateQueries({ queryKey: ['directory'] });
  };
  const items = groups.data?.items ?? [];
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
  const remove = async (group: Group) => {
    setDeleting(null);
    try {
      await groupsApi.remove(group);
      notifyDone(t('settings:deleted', { name: group.name }));
    } catch (error) {
      notifyError(error);
    }
    refresh();
  };
  const add = (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setEditing('new')}>
      {t('settings:groups.add')}
    </Button>
  );

  return (
    <Page title={t('settings:groups.title')} description={t('settings:groups.text')} actions={add}>
      {groups.error && <ErrorState error={groups.error} onRetry={() => void groups.refetch()} />}
      {groups.isPending && <PageSkeleton />}
      {groups.data && items.length === 0 && (
        <EmptyState
          icon={UsersRound}
          title={t('settings:groups.none')}
          text={t('settings:groups.noneText')}
        />
      )}
      {items.length > 0 && (
        <DataTable
          label={t('settings:groups.title')}
          items={items}
          keyOf={(group) => group.id}
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
            {
              key: 'actions',
              title: t('settings:actions'),
              end: true,
              bare: true,
              render: (group) => (
                <RowActions
                  name={group.name}
                  onEdit={() => setEditing(group)}
                  onDelete={() => setDeleting(group)}
                />
              ),
            },
          ]}
        />
      )}
      {editing && (
        <EntityDialog
          title={editing === 'new' ? t('settings:groups.add') : t('settings:editOne', { name: editing.name })}
          submitLabel={t('common:action.save')}
          schema={schema}
          initial={
            editing === 'new'
              ? {}
              : { name: editing.name, ...(editing.memberIds?.length && { memberIds: editing.memberIds }) }
          }
          onClose={() => setEditing(null)}
          onSubmit={async (value) => {
            const input = { memberIds: [], ...value } as Partial<Group>;
            if (editing === 'new') await groupsApi.create(input);
            else await groupsApi.change(editing, input);
            notifyDone(t('settings:saved'));
            setEditing(null);
            refresh();
          }}
        />
      )}
      <ConfirmDialog
        opened={deleting !== null}
        onClose={() => setDeleting(null)}
        title={t('settings:deleteOne', { name: deleting?.name ?? '' })}
        text={t('settings:groups.deleteText')}
        confirmLabel={t('common:action.delete')}
        danger
        onConfirm={() => deleting && void remove(deleting)}
      />
    </Page>
  );
}
