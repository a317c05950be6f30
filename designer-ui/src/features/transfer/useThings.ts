import { useTranslation } from 'react-i18next';
import { useTypeNames } from '@/features/crm/TypeTabs';

/** What the records of a type are called in the plural, clients and products included. */
export function useThings(type: string): string {
  const { t } = useTranslation('transfer');
  const nameOf = useTypeNames();
  return type === 'contact' || type === 'company' || type === 'product' ? t(`things.${type}`) : nameOf(type);
}
