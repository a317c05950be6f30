import { Button, Group } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Plus, Shapes } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { type RecordType, recordTypesQuery } from '@/features/crm/ownFields';
import { createPipeline, pipelinesQuery } from '@/features/crm/queries';
import type { JsonSchema } from '@/features/forms';
import { boardPath } from '@/lib/records';
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
import { icons, TypeIcon } from './TypeIcon';

/** Record types that the workspace makes itself: made, named, given a look, deleted when nothing is left of them. */
export function TypesPage() {
  const { t } = useTranslation(['settings', 'common']);
  const client = useQueryClient();
  const types = useQuery(recordTypesQuery);
  const pipelines = useQuery(pipelinesQuery);
  const [editing, setEditing] = useState<RecordType | 'new' | null>(null);
  const [deleting, setDeleting] = useState<RecordType | null>(null);
  if (types.error) return <ErrorState error={types.error} onRetry={() => void types.refetch()} />;
  if (!types.data) return <PageSkeleton />;

  const refresh = () => {
    void client.invalidateQueries({ queryKey: ['recordTypes'] });
    void client.invalidateQueries({ queryKey: ['pipelines'] });
  };
  const own = types.data.items.filter((one) => one.own);
  const schema: JsonSchema = {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string', title: t('types.name'), description: t('types.nameHelp'), maxLength: 200 },
      icon: { type: 'string', title: t('types.icon'), enum: Object.keys(icons) },
      color: {
        type: 'string',
        title: t('types.color'),
        description: t('types.colorHelp'),
        pattern: '^#[0-9a-fA-F]{6}$',
        'x-widget': 'color',
        maxLength: 7,
      },
    },
    'x-order': ['name', 'icon', 'color'],
  };
  const remove = async (type: RecordType) => {
    setDeleting(null);
    try {
      await api.delete(`/record-types/${type.key}`, { rev: type.rev });
      notifyDone(t('deleted', { name: type.name ?? type.key }));
    } catch (error) {
      notifyError(error);
    }
    refresh();
  };
  const add = (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setEditing('new')}>
      {t('types.add')}
    </Button>
  );
  return (
    <Page title={t('types.title')} description={t('types.text')} actions={add}>
      {own.length === 0 ? (
        <EmptyState icon={Shapes} title={t('types.none')} text={t('types.noneText')} action={add} />
      ) : (
        <DataTable<RecordType>
          label={t('types.title')}
          items={own}
          keyOf={(type) => type.key}
          columns={[
            {
              key: 'name',
              title: t('types.name'),
              bare: true,
              render: (type) => (
                <Group gap={8} wrap="nowrap">
                  <TypeIcon name={type.icon} color={type.color} />
                  <Link to={boardPath(type.key) as '/'} style={{ fontWeight: 500 }}>
                    {type.name}
                  </Link>
                </Group>
              ),
            },
            { key: 'key', title: t('types.key'), render: (type) => <code>{type.key}</code> },
            {
              key: 'pipelines',
              title: t('types.pipelines'),
              render: (type) =>
                (pipelines.data?.items ?? [])
                  .filter((one) => one.type === type.key)
                  .map((one) => one.name)
                  .join(', ') || '–',
            },
            {
              key: 'fields',
              title: t('types.fields'),
              render: (type) => (
                <Link to="/settings/fields" search={{ type: type.key }}>
                  {t('types.fieldsCount', { count: type.fields.filter((field) => !field.standard).length })}
                </Link>
              ),
            },
            {
              key: 'actions',
              title: t('actions'),
              end: true,
              bare: true,
              render: (type) => (
                <RowActions
                  name={type.name ?? type.key}
                  onEdit={() => setEditing(type)}
                  onDelete={() => setDeleting(type)}
                />
              ),
            },
          ]}
        />
      )}
      {editing && (
        <EntityDialog
          title={editing === 'new' ? t('types.add') : t('editOne', { name: editing.name ?? editing.key })}
          submitLabel={t('common:action.save')}
          schema={schema}
          initial={
            editing === 'new'
              ? {}
              : {
                  name: editing.name,
                  ...(editing.icon && { icon: editing.icon }),
                  ...(editing.color && { color: editing.color }),
                }
          }
          onClose={() => setEditing(null)}
          onSubmit={async (value) => {
            if (editing === 'new') {
              const made = await api.post<RecordType>('/record-types', value);
              await createPipeline(made.key, made.name ?? made.key);
            } else {
              await api.patch(`/record-types/${editing.key}`, value, { rev: editing.rev });
            }
            notifyDone(t('saved'));
            setEditing(null);
            refresh();
          }}
        />
      )}
      <ConfirmDialog
        opened={deleting !== null}
        onClose={() => setDeleting(null)}
        title={t('deleteOne', { name: deleting?.name ?? '' })}
        text={t('types.deleteText')}
        confirmLabel={t('common:action.delete')}
        danger
        onConfirm={() => deleting && void remove(deleting)}
      />
    </Page>
  );
}
