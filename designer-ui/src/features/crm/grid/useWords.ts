import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { formatDateOnly, formatDateTime, formatMoney, formatNumber } from '@/lib/format';
import { dictionariesQuery, each, isClient } from '../ownFields';
import { pipelinesQuery } from '../queries';
import type { GridColumn } from './columns';

/** Writes values of fields as people read them; names holds those of records and files. */
export function useWords(names: Record<string, string>) {
  const { t } = useTranslation('crm');
  const dictionaries = useQuery(dictionariesQuery).data?.items;
  const pipelines = useQuery(pipelinesQuery).data?.items;
  const people = useQuery(directoryQuery).data?.users;
  return useCallback(
    (column: GridColumn, value: unknown, pipeline?: unknown): string =>
      each(value)
        .map((one): string => {
          switch (column.type) {
            case 'money': {
              const money = one as { amount?: number; currency?: string };
              return money.amount
                ? formatMoney({ amount: money.amount, currency: money.currency ?? 'EUR' })
                : '';
            }
            case 'number':
              return formatNumber(Number(one));
            case 'date':
              return formatDateOnly(String(one));
            case 'dateTime':
              return formatDateTime(String(one));
            case 'boolean':
              return one ? t('own.yes') : column.own ? t('own.no') : '';
            case 'user':
              return people?.find((person) => person.id === one)?.name ?? names[String(one)] ?? String(one);
            case 'list': {
              if (column.own)
                return (
                  dictionaries
                    ?.find((list) => list.id === column.info.dictionary)
                    ?.items.find((item) => item.id === one)?.name ?? String(one)
                );
              const of = pipelines?.find((p) => p.id === (column.key === 'pipeline' ? one : pipeline));
              if (column.key === 'pipeline') return of?.name ?? String(one);
              return of?.stages.find((stage) => stage.id === one)?.name ?? String(one);
            }
            case 'reference':
              return names[String(one)] ?? (isClient(column.info.target) ? t('party.hidden') : String(one));
            case 'file':
            case 'booking':
              return names[String(one)] ?? String(one);
            default:
              return String(one);
          }
        })
        .filter(Boolean)
        .join(', '),
    [t, dictionaries, pipelines, people, names],
  );
}
