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
