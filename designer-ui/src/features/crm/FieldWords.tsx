import { useTranslation } from 'react-i18next';
import { formatDateOnly, formatMoney } from '@/lib/format';
import { OwnValue } from './OwnFacts';
import { each, type FieldInfo } from './ownFields';
import type { Money, ProductRow } from './types';

type FieldWordsProps = {
  field: FieldInfo | undefined;
  value: unknown;
  /** How the ids among the values are called. */
  names: Record<string, string>;
};

/** The value of a standard or an own field as people read it; one that is empty says so. */
export function FieldWords({ field, value, names }: FieldWordsProps) {
  const { t } = useTranslation(['grid', 'crm']);
  if (each(value).length === 0) return t('clash.nothing');
  if (typeof value === 'boolean') return t(value ? 'crm:own.yes' : 'crm:own.no');
  if (field?.inFields) return <OwnValue field={field} value={value} names={names} />;
  switch (field?.key) {
    case 'amount':
      return formatMoney(value as Money);
    case 'expectedCloseAt':
      return formatDateOnly(String(value));
    case 'products':
      return (value as ProductRow[]).map((row) => `${row.quantity} × ${row.name}`).join(', ');
    default:
      if (isMoney(value)) return formatMoney(value);
      return each(value)
        .map((one) => names[String(one)] ?? String(one))
        .join(', ');
  }
}

const isMoney = (value: unknown): value is Money =>
  typeof value === 'object' && value !== null && 'amount' in value && 'currency' in value;
