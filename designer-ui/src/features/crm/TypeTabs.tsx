import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import classes from './Board.module.css';
import { recordTypesQuery } from './ownFields';

const shipped = ['lead', 'deal', 'quote', 'invoice'] as const;
/** What is no record type and has lists of its own. */
const others = { contact: 'contacts.title', company: 'companies.title', product: 'products.title' } as const;

/**
 * Names record types, clients and products in the plural: those of every installation in the reader's language, own ones as
 * they were named.
 */
export function useTypeNames(): (type: string) => string {
  const { t } = useTranslation('crm');
  const types = useQuery(recordTypesQuery).data?.items;
  return (type) => {
    if ((shipped as readonly string[]).includes(type)) return t(`types.${type as 'lead'}`);
    if (type in others) return t(others[type as keyof typeof others]);
    return types?.find((one) => one.key === type)?.name || type;
  };
}

/** The record types with stages, one beside the other. */
export function TypeTabs({ type }: { type: string }) {
  const { t } = useTranslation('crm');
  const nameOf = useTypeNames();
  const own =
    useQuery(recordTypesQuery)
      .data?.items.filter((one) => one.own)
      .map((one) => one.key) ?? [];
  return (
    <nav className={classes.types} aria-label={t('types.label')}>
      {[...shipped, ...own].map((key) => (
        <Link
          key={key}
          to="/crm/$type"
          params={{ type: `${key}s` }}
          aria-current={key === type ? 'page' : undefined}
        >
          {nameOf(key)}
        </Link>
      ))}
      <Link to="/crm/bin" search={{ type }} className={classes.bin}>
        <Trash2 size={14} aria-hidden /> {t('bin.title')}
      </Link>
    </nav>
  );
}
