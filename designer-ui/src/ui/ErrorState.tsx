import { Button } from '@mantine/core';
import { TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import classes from './EmptyState.module.css';
import { errorText } from './errorText';

type ErrorStateProps = {
  error: unknown;
  onRetry?: () => void;
  /** Takes away what was asked for besides: a filter may name what is gone. */
  onClear?: (() => void) | undefined;
};

/** What happened, what to do, a retry, and the request id for whoever is asked for help. */
export function ErrorState({ error, onRetry, onClear }: ErrorStateProps) {
  const { t } = useTranslation();
  const { title, remedy } = errorText(error);
  const requestId = isApiError(error) ? error.requestId : null;
  const reasons =
    isApiError(error) && error.status === 422 ? error.details.map(({ message }) => message) : [];
  return (
    <div className={classes.empty} role="alert">
      <span className={`${classes.icon} ${classes.failed}`}>
        <TriangleAlert size={22} aria-hidden />
      </span>
      <p className={classes.title}>{title}</p>
      {reasons.map((reason) => (
        <p key={reason} className={classes.text}>
          {reason.charAt(0).toUpperCase() + reason.slice(1)}
        </p>
      ))}
      {remedy && <p className={classes.text}>{remedy}</p>}
      {requestId && (
        <p className={classes.text}>
          {t('error.requestId')} <code>{requestId}</code>
        </p>
      )}
      {(onRetry || onClear) && (
        <div className={classes.actions}>
          {onRetry && (
            <Button variant="default" onClick={onRetry}>
              {t('action.retry')}
            </Button>
          )}
          {onClear && <Button onClick={onClear}>{t('action.clearFilters')}</Button>}
        </div>
      )}
    </div>
  );
}
