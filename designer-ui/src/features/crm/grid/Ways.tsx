import { Link } from '@tanstack/react-router';
import { CalendarDays, Columns3, List } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { GridSearch } from './search';
import classes from './Ways.module.css';

type WaysProps = {
  type: string;
  here: 'board' | 'list' | 'calendar';
  /** What list and calendar have in common: words and filter. */
  search?: Pick<GridSearch, 'q' | 'filter'>;
};

const whole = {};

/** The ways to look at the records of a type: board, list, and the calendar in which they stand by a date. */
export function Ways({ type, here, search = whole }: WaysProps) {
  const { t } = useTranslation('crm');
  const params = { type: type === 'company' ? 'companies' : `${type}s` };
  const party = type === 'contact' || type === 'company';
  return (
    <nav className={classes.ways} aria-label={t('ways.label')}>
      <Link
        to={party ? `/crm/${params.type as 'contacts'}` : '/crm/$type'}
        params={params}
        search={{}}
        activeOptions={{ exact: true }}
        aria-current={here === 'board' ? 'page' : undefined}
      >
        <Columns3 size={16} aria-hidden />
        {t(party ? 'ways.cards' : 'ways.board')}
      </Link>
      <Link
        to="/crm/$type/list"
        params={params}
        search={search}
        aria-current={here === 'list' ? 'page' : undefined}
      >
        <List size={16} aria-hidden />
        {t('ways.list')}
      </Link>
      {!party && (
        <Link
          to="/crm/$type/calendar"
          params={params}
          search={search}
          aria-current={here === 'calendar' ? 'page' : undefined}
        >
          <CalendarDays size={16} aria-hidden />
          {t('ways.calendar')}
        </Link>
      )}
    </nav>
  );
}
