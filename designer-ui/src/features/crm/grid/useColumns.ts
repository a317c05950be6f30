import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { type FieldInfo, recordTypesQuery } from '../ownFields';
import { listFieldsQuery } from './api';
import type { GridColumn } from './columns';

/** All columns that a list of a type can have, with the words of the reader. */
export function useColumns(type: string): readonly GridColumn[] | undefined {
  const { i18n } = useTranslation(['grid', 'crm']);
  const types = useQuery(recordTypesQuery).data;
  const fields = useQuery(listFieldsQuery(type)).data;
  return useMemo(() => {
    if (!types || !fields) return undefined;
    const known = new Map(types.items.find((one) => one.key === type)?.fields.map((one) => [one.key, one]));
    const words = (key: string): string => {
      for (const name of [`grid:field.${key}`, `crm:field.${key}`])
        if (i18n.exists(name)) return i18n.t(name as 'grid:field.stage');
      return key;
    };
    return fields.items
      .filter((field) => !known.get(field.key)?.retired)
      .map((field): GridColumn => {
        const info = known.get(field.key);
        const own = info?.inFields === true;
        const label = info?.label || words(field.key);
        return {
          ...field,
          label,
          own,
          info: {
            ...(info ?? ({ key: field.key, standard: true } as FieldInfo)),
            type: field.type,
            label,
          },
        };
      });
  }, [types, fields, type, i18n]);
}
