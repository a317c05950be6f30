import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { DoorOpen, Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { calendarsQuery } from '@/api/queries/calendars';
import { directoryQuery } from '@/api/queries/directory';
import type { JsonSchema } from '@/features/forms';
import { EntityDialog } from '@/features/settings/EntityDialog';
import { RowActions } from '@/features/settings/RowActions';
import { ConfirmDialog, EmptyState, ErrorState, notifyDone, notifyError, Page, PageSkeleton } from '@/ui';
import { DataTable } from '@/ui/DataTable';
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
  const [editing, setEditing] = useState<Resource | 'new' | null>(null);
  const [removing, setRemoving] = useState<Resource | null>(null);
  const known = typeof editing === 'object' ? editing : null;
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
  const refresh = () => client.invalidateQueries({ queryKey: ['resources'] });
  const save = async (value: Record<string, unknown>) => {
    const rules = {
      name: String(value.name ?? ''),
      kind: value.kind as ResourceKind,
      capacity: Number(value.capacity),
      calendar: typeof value.calendar === 'string' ? value.calendar : '',
      anyTime: value.anyTime === true,
      active: value.active !== false,
      note: typeof value.note === 'string' ? value.note : '',
    };
    if (known) await changeResource(known, rules);
    else await addResource(rules);
    notifyDone(t('bookings:saved', { name: rules.name }));
    setEditing(null);
    await refresh();
  };
  const remove = async (resource: Resource) => {
    setRemoving(null);
    try {
      await deleteResource(resource);
      notifyDone(t('bookings:removed', { name: resource.name }));
    } catch (error) {
      notifyError(error);
    }
    await refresh();
  };

  if (resources.error) return <ErrorState error={resources.error} onRetry={() => void resources.refetch()} />;
  if (!resources.data) return <PageSkeleton />;
  const items = resources.data.items;
  return (
    <Page
      title={t('bookings:title')}
      description={t('bookings:text')}
      actions={
        <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setEditing('new')}>
          {t('bookings:add')}
        </Button>
      }
    >
      {items.length === 0 ? (
        <EmptyState icon={DoorOpen} title={t('bookings:none')} text={t('bookings:noneText')} />
      ) : (
        <DataTable<Resource>
          label={t('bookings:title')}
          items={items}
          keyOf={(one) => one.id}
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
            {
              key: 'actions',
              title: t('settings:actions'),
              end: true,
              bare: true,
              render: (one) => (
                <RowActions
                  name={one.name}
                  onEdit={() => setEditing(one)}
                  onDelete={() => setRemoving(one)}
                />
              ),
            },
          ]}
        />
      )}
      {editing && (
        <EntityDialog
          title={known ? t('settings:editOne', { name: known.name }) : t('bookings:add')}
          schema={schema}
          initial={known ? { ...known } : { kind: 'room', capacity: 1, active: true }}
          submitLabel={t('common:action.save')}
          onSubmit={save}
          onClose={() => setEditing(null)}
        />
      )}
      <ConfirmDialog
        opened={removing !== null}
        onClose={() => setRemoving(null)}
        title={t('settings:deleteOne', { name: removing?.name ?? '' })}
        text={t('bookings:removeText')}
        confirmLabel={t('common:action.delete')}
        onConfirm={() => removing && void remove(removing)}
      />
    </Page>
  );
}
