import { Button } from '@mantine/core';
import { TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import classes from './EmptyState.module.css';
import { errorText } from './errorText';

type ErrorStateProps = { error: unknown; onRetry?: () => void };

/** What happened, what to do, a retry, and the request id for whoever is asked for help. */
export function ErrorState({ error, onRetry }: ErrorStateProps) {
  const { t } = useTranslation();
  const { title, remedy } = errorText(error);
  const requestId = isApiError(error) ? error.requestId : null;
  return (
    <div className={classes.empty} role="alert">
      <span className={`${classes.icon} ${classes.failed}`}>
        <TriangleAlert size={22} aria-hidden />
      </span>
      <p className={classes.title}>{title}</p>
      {remedy && <p className={classes.text}>{remedy}</p>}
      {requestId && (
        <p className={classes.text}>
          {t('error.requestId')} <code>{requestId}</code>
        </p>
      )}
      {onRetry && (
        <div className={classes.actions}>
          <Button variant="default" onClick={onRetry}>
            {t('action.retry')}
          </Button>
        </div>
      )}
    </div>
  );
}
