import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { nextActivitiesQuery } from '@/features/activities/api';
import { paint, typeIcons } from '@/features/activities/looks';
import { momentOf } from '@/features/activities/time';
import { formatRelative } from '@/lib/format';
import classes from './HomePage.module.css';

/** What a person has planned next, the late ones first; nothing while nothing is planned. */
export function MyActivities() {
  const { t } = useTranslation('activities');
  const { data } = useQuery(nextActivitiesQuery);
  if (!data?.items.length) return null;
  return (
    <section className={classes.panel} aria-labelledby="panel-activities">
      <header className={classes.panelHeader}>
        <h2 id="panel-activities" className={classes.panelTitle}>
          {t('mine')}
        </h2>
        <Link to="/calendar" className={classes.panelLink}>
          {t('all')}
        </Link>
      </header>
      <ul className={classes.list}>
        {data.items.map((activity) => {
          const Icon = typeIcons[activity.type];
          const moment = momentOf(activity);
          return (
            <li key={activity.id}>
              <Link to="/calendar" search={{ open: activity.id }} className={classes.row}>
                <Icon size={18} color={paint(activity.color)} aria-hidden />
                <span className={classes.rowText}>
                  <strong>{activity.title}</strong>
                  <span className={classes.rowMeta}>
                    {activity.records.map(({ type, id }) => activity.names[`${type}:${id}`]).join(', ')}
                  </span>
                </span>
                {moment && (
                  <span
                    className={classes.end}
                    style={
                      activity.overdue ? { color: 'var(--fx-status-failed)', fontWeight: 500 } : undefined
                    }
                  >
                    {activity.overdue && `${t('overdue')} `}
                    {formatRelative(moment)}
                  </span>
                )}
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
