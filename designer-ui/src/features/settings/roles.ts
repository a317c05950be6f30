import { queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';

export type Reach = 'none' | 'own' | 'department' | 'below' | 'all';
export type Right = Shape<gen.AccessRight, { reach: Reach }>;
export type Role = Shape<
  gen.RoleView,
  { rights: Right[] | null; default?: Record<string, Reach>; defaultClients?: Record<string, Reach> }
>;

/** What rights of a role decide, in the order of the table. */
export const actions = [
  'crm.view',
  'crm.add',
  'crm.edit',
  'crm.delete',
  'crm.export',
  'automation.view',
  'automation.edit',
] as const;
export type RightAction = (typeof actions)[number];

/** How far an action can go: what is not there yet, and automation, belong to nobody. */
export const reachesOf = (action: RightAction): readonly Reach[] =>
  action === 'crm.add' || action.startsWith('automation.')
    ? ['none', 'all']
    : ['none', 'own', 'department', 'below', 'all'];

/** Where rights hold: everywhere (""), "type:deal", "pipeline:sales" or "stage:sales/won". */
export type Place = string;

export const placeOf = (right: Right): Place => {
  if (right.stage) return `stage:${right.pipeline}/${right.stage}`;
  if (right.pipeline) return `pipeline:${right.pipeline}`;
  return right.type ? `type:${right.type}` : '';
};

const partsOf = (place: Place): Partial<Right> => {
  const [kind, name = ''] = place.split(/:(.*)/s);
  if (kind === 'type') return { type: name };
  if (kind === 'pipeline') return { pipeline: name };
  if (kind === 'stage') {
    const cut = name.indexOf('/');
    return { pipeline: name.slice(0, cut), stage: name.slice(cut + 1) };
  }
  return {};
};

export type Table = { places: Place[]; cells: Record<string, Reach> };
export const cell = (place: Place, action: string) => `${place}\n${action}`;

/** The rights of a role as a table with one column for each place, "everywhere" first. */
export function tableOf(rights: readonly Right[]): Table {
  const places: Place[] = [''];
  const cells: Record<string, Reach> = {};
  for (const right of rights) {
    const place = placeOf(right);
    if (!places.includes(place)) places.push(place);
    cells[cell(place, right.action)] = right.reach;
  }
  return { places, cells };
}

/** What the table says, line by line; an empty cell says nothing. */
export const rightsOf = ({ places, cells }: Table): Right[] =>
  places.flatMap((place) =>
    actions.flatMap((action) => {
      const reach = cells[cell(place, action)];
      return reach ? [{ action, reach, ...partsOf(place) } as Right] : [];
    }),
  );

export const rolesQuery = queryOptions({
  queryKey: ['roles'],
  queryFn: ({ signal }) => api.get<Page<Role>>('/roles', undefined, signal),
});

export type RoleInput = Partial<Pick<Role, 'name' | 'rights' | 'userIds' | 'groupIds' | 'departmentIds'>>;
export const saveRole = (role: Role | null, input: RoleInput) =>
  role
    ? api.patch<Role>(`/roles/${encodeURIComponent(role.id)}`, input, { rev: role.rev })
    : api.post<Role>('/roles', input);
export const deleteRole = (role: Role) =>
  api.delete(`/roles/${encodeURIComponent(role.id)}`, { rev: role.rev });
