import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import { previewExpression } from './api';
import classes from './ExpressionInput.module.css';
import { useInlineProcess } from './inline';
import { useSample } from './sample';

/** What the expression gives for a sample record, while it is edited. */
export function Preview({
  source,
  template,
  definitionKey,
}: {
  source: string;
  template: boolean;
  definitionKey: string;
}) {
  const { t } = useTranslation('designer');
  const [settled] = useDebouncedValue(source, 400);
  const sample = useSample(definitionKey);
  const inline = useInlineProcess();
  const preview = useQuery({
    queryKey: ['expression-preview', definitionKey, template, settled, sample?.recordId, inline.text],
    queryFn: ({ signal }) =>
      previewExpression({ source: settled, template, definitionKey, ...sample, ...inline.body }, signal),
    // Without a record nearly every expression would fail, which would say nothing about it. Nor has anything happened
    // to a sample record that a trigger could read.
    enabled: sample !== undefined && !(inline.trigger && /\bevent\b/.test(settled)),
    retry: false,
    staleTime: 30_000,
  });
  if (preview.data) {
    return (
      <output className={classes.preview}>
        <span className={classes.previewLabel}>{t('expression.sample')}</span>{' '}
        {preview.data.text || t('expression.empty')}
      </output>
    );
  }
  // What the check accepts may still fail on a real record; that is worth knowing, an unreachable server is not.
  if (isApiError(preview.error, 422)) {
    return (
      <output className={classes.preview} data-failed>
        <span className={classes.previewLabel}>{t('expression.sample')}</span> {preview.error.message}
      </output>
    );
  }
  return null;
}
