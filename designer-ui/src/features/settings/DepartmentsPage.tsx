import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { type Department, departmentsApi, departmentsQuery } from '@/api/queries/settings';
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
import { useCalendarChoice } from './useCalendarChoice';

type Row = Department & { depth: number };

/** Departments in tree order; one whose parent is missing stands at the top. */
export function inTreeOrder(departments: readonly Department[]): Row[] {
  const rows: Row[] = [];
  const known = new Set(departments.map((department) => department.id));
  const visit = (parent: string | undefined, depth: number) => {
    for (const department of departments) {
      const own = department.parentId && known.has(department.parentId) ? department.parentId : undefined;
      if (own !== parent || rows.some((row) => row.id === department.id)) continue;
      rows.push({ ...department, depth });
      visit(department.id, depth + 1);
    }
  };
  visit(undefined, 0);
  return rows;
}

export function DepartmentsPage() {
  const { t } = useTranslation(['settings', 'common']);
  const queryClient = useQueryClient();
  const [editing, setEditing] = useState<Department | 'new' | null>(null);
  const [deleting, setDeleting] = useState<Department | null>(null);
  const departments = useQuery(departmentsQuery);
  const { data: directory } = useQuery(directoryQuery);
  const calendar = useCalendarChoice('department');
  const refresh = () => {
    void queryClient.invalidateQueries({ queryKey: ['departments'] });
    void queryClient.invalidateQueries({ queryKey: ['directory'] });
  };
  const rows = inTreeOrder(departments.data?.items ?? []);
  const nameOf = (id?: string) => directory?.users.find((user) => user.id === id)?.name ?? '';
  const peopleIn = (id: string) =>
    directory?.users.filter((user) => user.active && user.departmentId === id).length ?? 0;
  const schema: JsonSchema = {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string', title: t('settings:departments.name'), maxLength: 200 },
      headId: {
        type: 'string',
        title: t('settings:departments.head'),
        description: t('settings:departments.headHelp'),
        'x-widget': 'user-picker',
      },
      parentId: { type: 'string', title: t('settings:departments.parent'), 'x-widget': 'department-picker' },
      ...calendar.properties,
    },
  };
  const remove = async (department: Department) => {
    setDeleting(null);
    try {
      await departmentsApi.remove(department);
      notifyDone(t('settings:deleted', { name: department.name }));
    } catch (error) {
      notifyError(error);
    }
    refresh();
  };

  return (
    <Page
      title={t('settings:departments.title')}
      description={t('settings:departments.text')}
      actions={
        <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setEditing('new')}>
          {t('settings:departments.add')}
        </Button>
      }
    >
      {departments.error && (
        <ErrorState error={departments.error} onRetry={() => void departments.refetch()} />
      )}
      {departments.isPending && <PageSkeleton />}
      {departments.data && rows.length === 0 && <EmptyState title={t('settings:departments.none')} />}
      {rows.length > 0 && (
        <DataTable
          label={t('settings:departments.title')}
          items={rows}
          keyOf={(row) => row.id}
          columns={[
            {
              key: 'name',
              title: t('settings:departments.name'),
              render: (row) => (
                <span style={{ paddingInlineStart: row.depth * 20, fontWeight: 500 }}>{row.name}</span>
              ),
            },
            { key: 'head', title: t('settings:departments.head'), render: (row) => nameOf(row.headId) },
            {
              key: 'people',
              title: t('settings:departments.people'),
              end: true,
              render: (row) => peopleIn(row.id),
            },
            {
              key: 'calendar',
              title: t('settings:calendars.goesBy'),
              render: (row) => calendar.shown(row.id),
            },
            {
              key: 'actions',
              title: t('settings:actions'),
              end: true,
              bare: true,
              render: (row) => (
                <RowActions
                  name={row.name}
                  onEdit={() => setEditing(row)}
                  onDelete={() => setDeleting(row)}
                />
              ),
            },
          ]}
        />
      )}
      {editing && (
        <EntityDialog
          title={
            editing === 'new' ? t('settings:departments.add') : t('settings:editOne', { name: editing.name })
          }
          submitLabel={t('common:action.save')}
          schema={schema}
          initial={
            editing === 'new'
              ? {}
              : {
                  name: editing.name,
                  ...(editing.headId && { headId: editing.headId }),
                  ...(editing.parentId && { parentId: editing.parentId }),
                  ...calendar.initial(editing.id),
                }
          }
          onClose={() => setEditing(null)}
          onSubmit={async ({ calendarId, ...value }) => {
            const input = { headId: '', parentId: '', ...value } as Partial<Department>;
            const saved =
              editing === 'new'
                ? await departmentsApi.create(input)
                : await departmentsApi.change(editing, input);
            await calendar.save(saved.id, calendarId);
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
        text={t('settings:departments.deleteText')}
        confirmLabel={t('common:action.delete')}
        danger
        onConfirm={() => deleting && void remove(deleting)}
      />
    </Page>
  );
}
