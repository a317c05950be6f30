import { useQuery, useQueryClient } from '@tanstack/react-query';
import { DoorOpen } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { calendarsQuery } from '@/api/queries/calendars';
import { directoryQuery } from '@/api/queries/directory';
import type { JsonSchema } from '@/features/forms';
import { EntityList } from '@/features/settings/EntityList';
import {
  addResource,
  changeResource,
  deleteResource,
  type Resource,
  type ResourceKind,
  resourceKinds,
  resourcesQuery,
} from './api';

/** What can be booked: rooms, cars, equipment, specialists. */
export function ResourcesPage() {
  const { t } = useTranslation(['bookings', 'settings', 'common']);
  const client = useQueryClient();
  const resources = useQuery(resourcesQuery);
  const calendars = useQuery(calendarsQuery);
  const directory = useQuery(directoryQuery);
  const hours: Record<string, string> = Object.fromEntries([
    ...(calendars.data?.items ?? []).map(({ id, name }) => [id, name]),
    ...(directory.data?.users ?? [])
      .filter(({ active }) => active)
      .map(({ id, name }) => [`user:${id}`, t('bookings:hoursOf', { name })]),
  ]);
  const schema: JsonSchema = {
    type: 'object',
    required: ['name', 'kind', 'capacity'],
    properties: {
      name: { type: 'string', title: t('bookings:field.name'), maxLength: 100 },
      kind: {
        title: t('bookings:field.kind'),
        enum: [...resourceKinds],
        'x-labels': Object.fromEntries(resourceKinds.map((kind) => [kind, t(`bookings:kind.${kind}`)])),
      },
      capacity: {
        type: 'integer',
        title: t('bookings:field.capacity'),
        description: t('bookings:field.capacityHelp'),
        minimum: 1,
        maximum: 100,
      },
      calendar: {
        title: t('bookings:field.calendar'),
        description: t('bookings:field.calendarHelp'),
        enum: Object.keys(hours),
        'x-labels': hours,
      },
      anyTime: { type: 'boolean', title: t('bookings:field.anyTime') },
      active: { type: 'boolean', title: t('bookings:field.active'), default: true },
      note: { type: 'string', title: t('bookings:field.note'), maxLength: 300 },
    },
  };
  const save = (value: Record<string, unknown>, known: Resource | undefined): Promise<unknown> => {
    const rules = {
      name: String(value.name ?? ''),
      kind: value.kind as ResourceKind,
      capacity: Number(value.capacity),
      calendar: typeof value.calendar === 'string' ? value.calendar : '',
      anyTime: value.anyTime === true,
      active: value.active !== false,
      note: typeof value.note === 'string' ? value.note : '',
    };
    return known ? changeResource(known, rules) : addResource(rules);
  };

  return (
    <EntityList<Resource>
      title={t('bookings:title')}
      description={t('bookings:text')}
      addLabel={t('bookings:add')}
      query={resources}
      items={resources.data?.items ?? []}
      keyOf={({ id }) => id}
      nameOf={({ name }) => name}
      empty={{ icon: DoorOpen, title: t('bookings:none'), text: t('bookings:noneText') }}
      columns={[
        {
          key: 'name',
          title: t('bookings:field.name'),
          bare: true,
          render: (one) => <span style={{ fontWeight: 500 }}>{one.name}</span>,
        },
        { key: 'kind', title: t('bookings:field.kind'), render: (one) => t(`bookings:kind.${one.kind}`) },
        { key: 'capacity', title: t('bookings:field.capacity'), render: (one) => one.capacity },
        {
          key: 'calendar',
          title: t('bookings:field.calendar'),
          render: (one) =>
            one.anyTime ? t('bookings:always') : (hours[one.calendar || 'company'] ?? one.calendar),
        },
        {
          key: 'active',
          title: t('bookings:state'),
          render: (one) => t(one.active ? 'bookings:on' : 'bookings:off'),
        },
      ]}
      schemaOf={() => schema}
      initialOf={(known) => (known ? { ...known } : { kind: 'room', capacity: 1, active: true })}
      save={save}
      remove={deleteResource}
      deleteText={t('bookings:removeText')}
      refresh={() => client.invalidateQueries({ queryKey: ['resources'] })}
    />
  );
}
