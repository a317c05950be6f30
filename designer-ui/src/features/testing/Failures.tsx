import { useTranslation } from 'react-i18next';
import { errorText } from '@/ui';
import type { Failure } from './scenario';
import classes from './Testing.module.css';
import type { Rehearsal } from './useRehearsal';

/** What went wrong with playing itself: an answer of the server, or a step that could not be carried out. */
export function Failures({ rehearsal: { error, result, session } }: { rehearsal: Rehearsal }) {
  const { t } = useTranslation('testing');
  if (error !== undefined) {
    const { title, remedy } = errorText(error);
    return (
      <div className={classes.section}>
        <div className={classes.card} data-tone="failed" role="alert">
          <strong>{title}</strong>
          {remedy}
        </div>
      </div>
    );
  }
  if (!session || !result || result.failures.length === 0) return null;
  return (
    <div className={classes.section}>
      <div className={classes.card} data-tone="failed" role="alert">
        <strong>{t(result.failures.some(({ path }) => path) ? 'broke' : 'failed')}</strong>
        <FailureList failures={result.failures} />
      </div>
    </div>
  );
}

export function FailureList({ failures }: { failures: readonly Failure[] }) {
  const { t } = useTranslation('testing');
  return (
    <ul className={classes.cards}>
      {failures.map(({ step, path, message }) => (
        <li key={`${step}${path}${message}`}>
          {step ? `${t('stepNumber', { number: step })}: ` : ''}
          {message}
        </li>
      ))}
    </ul>
  );
}
