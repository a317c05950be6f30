import { useTranslation } from 'react-i18next';
import type { Directory } from '@/api/types';

/** Before the id of a role where people are chosen: whoever holds it then. */
const HOLDERS_OF = 'role:';

const BUILT_IN = ['administrator', 'designer', 'operator', 'member'] as const;

interface Roles {
  /** What a role is called: the product's own in the reader's language. */
  title: (id: string) => string | undefined;
  /** The name of a value such as "role:operator"; undefined when it is no known role. */
  named: (value: string) => string | undefined;
  /** Roles as choices of a picker of people; one that nobody holds says so. */
  choices: { value: string; label: string }[];
}

export const isRole = (value: string): boolean => value.startsWith(HOLDERS_OF);

const IN_DEPARTMENT = 'department:';

/** Who can be chosen: people, groups and roles, and with departments everybody; and how each is called. `gone`: also who has left. */
export function useWho(directory: Directory | undefined, { gone = false } = {}) {
  const { t } = useTranslation();
  const roles = useRoles(directory);
  const departments = (directory?.departments ?? []).map(({ id, name }) => ({
    value: IN_DEPARTMENT + id,
    label: t('form.departmentOf', { name }),
  }));
  const assignable = [
    {
      group: t('form.people'),
      items: (directory?.users ?? [])
        .filter(({ active }) => active || gone)
        .map(({ id, name, title }) => ({ value: id, label: title ? `${name} · ${title}` : name })),
    },
    {
      group: t('form.groups'),
      items: (directory?.groups ?? []).map(({ id, name }) => ({ value: id, label: name })),
    },
    { group: t('form.roles'), items: roles.choices },
  ].filter(({ items }) => items.length > 0);
  const everybody =
    departments.length > 0
      ? [...assignable, { group: t('form.departments'), items: departments }]
      : assignable;
  const named = (value: string): string =>
    directory?.users.find(({ id }) => id === value)?.name ??
    directory?.groups.find(({ id }) => id === value)?.name ??
    departments.find((one) => one.value === value)?.label ??
    roles.named(value) ??
    value;
  return { assignable, everybody, named };
}

export function useRoles(directory: Directory | undefined): Roles {
  const { t } = useTranslation();
  const title = (id: string): string | undefined => {
    const own = BUILT_IN.find((name) => name === id);
    return own ? t(`role.${own}`) : directory?.roles.find((role) => role.id === id)?.name;
  };
  const named = (value: string): string | undefined => {
    const name = isRole(value) ? title(value.slice(HOLDERS_OF.length)) : undefined;
    return name && t('form.roleOf', { name });
  };
  const choices = (directory?.roles ?? []).map(({ id, holders }) => {
    const value = HOLDERS_OF + id;
    const name = named(value) ?? id;
    return { value, label: holders > 0 ? name : t('form.roleEmpty', { name }) };
  });
  return { title, named, choices };
}
