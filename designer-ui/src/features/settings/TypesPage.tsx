import { Group } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Shapes } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { type RecordType, recordTypesQuery } from '@/features/crm/ownFields';
import { createPipeline, pipelinesQuery } from '@/features/crm/queries';
import type { JsonSchema } from '@/features/forms';
import { boardPath } from '@/lib/records';
import { EntityList } from './EntityList';
import { icons, TypeIcon } from './TypeIcon';

/** Record types that the workspace makes itself: made, named, given a look, deleted when nothing is left of them. */
export function TypesPage() {
  const { t } = useTranslation(['settings', 'common']);
  const client = useQueryClient();
  const types = useQuery(recordTypesQuery);
  const pipelines = useQuery(pipelinesQuery);
  const refresh = () => {
    void client.invalidateQueries({ queryKey: ['recordTypes'] });
    void client.invalidateQueries({ queryKey: ['pipelines'] });
  };
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

  return (
    <EntityList<RecordType>
      title={t('types.title')}
      description={t('types.text')}
      addLabel={t('types.add')}
      query={types}
      items={(types.data?.items ?? []).filter((one) => one.own)}
      keyOf={({ key }) => key}
      nameOf={({ name, key }) => name ?? key}
      empty={{ icon: Shapes, title: t('types.none'), text: t('types.noneText') }}
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
      ]}
      schemaOf={() => schema}
      initialOf={(type) =>
        type
          ? {
              name: type.name,
              ...(type.icon && { icon: type.icon }),
              ...(type.color && { color: type.color }),
            }
          : {}
      }
      save={async (value, type) => {
        if (type) return api.patch(`/record-types/${type.key}`, value, { rev: type.rev });
        const made = await api.post<RecordType>('/record-types', value);
        return createPipeline(made.key, made.name ?? made.key);
      }}
      remove={(type) => api.delete(`/record-types/${type.key}`, { rev: type.rev })}
      deleteText={t('types.deleteText')}
      refresh={refresh}
    />
  );
}
