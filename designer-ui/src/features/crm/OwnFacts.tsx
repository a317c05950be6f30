import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Fragment, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { formatDateOnly, formatDateTime, formatMoney, formatNumber } from '@/lib/format';
import { Later, later } from '@/lib/later';
import { isStaged, recordPath } from '@/lib/records';
import {
  dictionariesQuery,
  each,
  type FieldInfo,
  isClient,
  ownFieldsOf,
  type RecordTypeKey,
  recordTypesQuery,
  type Values,
} from './ownFields';
import type { Money } from './types';

const BookingFacts = later(
  () => import('@/features/bookings/BookingFacts').then((module) => module.BookingFacts),
  'bookings',
);

type OwnFactsProps = {
  recordType: RecordTypeKey;
  values: Values;
  names: Record<string, string>;
  /** Only what is built in, or only what the workspace has added. */
  builtIn: boolean;
  /** The record itself: its bookings are shown, and changed by whoever may edit it. */
  record?: { type: string; id: string };
  mayEdit?: boolean;
};

/** The values of a record's own fields as terms and descriptions; what is empty is left out. */
export function OwnFacts({ recordType, values, names, builtIn, record, mayEdit = false }: OwnFactsProps) {
  const types = useQuery(recordTypesQuery);
  const all = ownFieldsOf(types.data, recordType).filter((field) => field.standard === builtIn);
  const booked = record ? all.filter((field) => field.type === 'booking') : [];
  const own = all.filter((field) => field.type !== 'booking' && each(values[field.key]).length > 0);
  const facts = own.map((field) => (
    <Fragment key={field.key}>
      <dt>{field.label}</dt>
      <dd>
        <OwnValue field={field} value={values[field.key]} names={names} />
      </dd>
    </Fragment>
  ));
  if (!record || booked.length === 0) return facts;
  return (
    <>
      {facts}
      <Later fallback={null}>
        <BookingFacts record={record} fields={booked} mayEdit={mayEdit} />
      </Later>
    </>
  );
}

/** The value of an own field, or of a built-in one of leads, as people read it. */
export function OwnValue({
  field,
  value,
  names,
}: {
  field: FieldInfo;
  value: unknown;
  names: Record<string, string>;
}) {
  const { t } = useTranslation('crm');
  const dictionaries = useQuery({ ...dictionariesQuery, enabled: field.type === 'list' });
  const directory = useQuery({ ...directoryQuery, enabled: field.type === 'user' });
  const items = dictionaries.data?.items.find((one) => one.id === field.dictionary)?.items ?? [];
  const show = (one: unknown): ReactNode => {
    const text = String(one);
    switch (field.type) {
      case 'number':
        return formatNumber(Number(one));
      case 'money':
        return formatMoney(one as Money);
      case 'date':
        return formatDateOnly(text);
      case 'dateTime':
        return formatDateTime(text);
      case 'boolean':
        return one === true ? t('own.yes') : t('own.no');
      case 'list':
        return items.find((item) => item.id === text)?.name ?? text;
      case 'user':
        return names[text] ?? directory.data?.users.find((user) => user.id === text)?.name ?? text;
      case 'reference':
        return isStaged(field.target) ? (
          <Anchor href={recordPath(field.target, text)}>{names[text] ?? text}</Anchor>
        ) : (
          (names[text] ?? (isClient(field.target) ? t('party.hidden') : text))
        );
      case 'file':
        return (
          <Anchor href={`/api/v1/files/${encodeURIComponent(text)}?download=1`}>{names[text] ?? text}</Anchor>
        );
      case 'email':
        return <Anchor href={`mailto:${text}`}>{text}</Anchor>;
      case 'phone':
        return <Anchor href={`tel:${text.replace(/[^+\d]/g, '')}`}>{text}</Anchor>;
      case 'link':
        return (
          <Anchor href={text} target="_blank" rel="noreferrer">
            {text}
          </Anchor>
        );
      default:
        return text;
    }
  };
  return each(value).map((one, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: values have no identity; the list is shown as a whole.
    <Fragment key={index}>
      {index > 0 && ', '}
      {show(one)}
    </Fragment>
  ));
}
