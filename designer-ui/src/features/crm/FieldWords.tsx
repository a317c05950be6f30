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
  const { t } = useTranslation('grid');
  if (each(value).length === 0) return t('clash.nothing');
  if (field?.inFields) return <OwnValue field={field} value={value} names={names} />;
  switch (field?.key) {
    case 'amount':
      return formatMoney(value as Money);
    case 'expectedCloseAt':
      return formatDateOnly(String(value));
    case 'products':
      return (value as ProductRow[]).map((row) => `${row.quantity} × ${row.name}`).join(', ');
    default:
      return each(value)
        .map((one) => names[String(one)] ?? String(one))
        .join(', ');
  }
}
