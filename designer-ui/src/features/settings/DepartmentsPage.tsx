import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { type Department, departmentsApi, departmentsQuery } from '@/api/queries/settings';
import type { JsonSchema } from '@/features/forms';
import { EntityList } from './EntityList';
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
  const departments = useQuery(departmentsQuery);
  const { data: directory } = useQuery(directoryQuery);
  const calendar = useCalendarChoice('department');
  const refresh = () => {
    void queryClient.invalidateQueries({ queryKey: ['departments'] });
    void queryClient.invalidateQueries({ queryKey: ['directory'] });
  };
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

  return (
    <EntityList<Row>
      title={t('settings:departments.title')}
      description={t('settings:departments.text')}
      addLabel={t('settings:departments.add')}
      query={departments}
      items={inTreeOrder(departments.data?.items ?? [])}
      keyOf={({ id }) => id}
      nameOf={({ name }) => name}
      empty={{ title: t('settings:departments.none') }}
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
      ]}
      schemaOf={() => schema}
      initialOf={(department) =>
        department
          ? {
              name: department.name,
              ...(department.headId && { headId: department.headId }),
              ...(department.parentId && { parentId: department.parentId }),
              ...calendar.initial(department.id),
            }
          : {}
      }
      save={async ({ calendarId, ...value }, department) => {
        const input = { headId: '', parentId: '', ...value } as Partial<Department>;
        const saved = department
          ? await departmentsApi.change(department, input)
          : await departmentsApi.create(input);
        await calendar.save(saved.id, calendarId);
      }}
      remove={departmentsApi.remove}
      deleteText={t('settings:departments.deleteText')}
      refresh={refresh}
    />
  );
}
