import { CalendarClock, TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { formatDateTime, formatRelative } from '@/lib/format';
import classes from './Worklist.module.css';

/** Due time, relative with the exact instant in the tooltip; an overdue one has its own icon and word. */
export function DueBadge({ dueAt, overdue }: { dueAt: string; overdue: boolean }) {
  const { t } = useTranslation('inbox');
  const Icon = overdue ? TriangleAlert : CalendarClock;
  const when = formatRelative(dueAt);
  return (
    <span className={overdue ? classes.overdue : classes.due} title={formatDateTime(dueAt)}>
      <Icon size={14} aria-hidden />
      {overdue ? t('due.overdue', { when }) : t('due.due', { when })}
    </span>
  );
}
