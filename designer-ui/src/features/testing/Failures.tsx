import { useTranslation } from 'react-i18next';
import { useNodeKinds } from '@/api/queries/nodeKinds';
import { kindName } from '@/canvas';
import { elementName } from '@/features/designer/texts';
import { flatten } from '@/lib/process/scopes';
import type { ProcessDocument } from '@/lib/process/types';
import { errorText } from '@/ui';
import { failureText } from './failureText';
import type { PartProps } from './parts';
import type { Failure } from './scenario';
import classes from './Testing.module.css';

/** What went wrong with playing itself: an answer of the server, or a step that could not be carried out. */
export function Failures({ rehearsal: { error, result, session }, stage }: PartProps) {
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
        <FailureList failures={result.failures} document={stage.document} />
      </div>
    </div>
  );
}

export function FailureList(props: { failures: readonly Failure[]; document: ProcessDocument }) {
  const { t, i18n } = useTranslation('testing');
  const { t: own } = useTranslation('designer');
  const kinds = useNodeKinds();
  const document = flatten(props.document);
  const names = {
    element: (id: string) => elementName(own, kinds, i18n.language, document, id),
    robot: (robot: string) => kindName(own, kinds, { id: '', kind: 'robot', robot }),
  };
  return (
    <ul className={classes.cards}>
      {props.failures.map((failure) => (
        <li key={`${failure.step}${failure.path}${failure.message}`}>
          {failure.step ? `${t('stepNumber', { number: failure.step })}: ` : ''}
          {failureText(t, failure, names)}
        </li>
      ))}
    </ul>
  );
}
