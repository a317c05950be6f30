import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Outcome } from './api';
import classes from './Repair.module.css';
import { useStand } from './useStand';
import { useWords } from './useWords';

type OutcomeViewProps = { outcome: Outcome; nameOf: (node: string) => string };

/** What a repair would do: verdict, from where to where, and the records it would write. */
export function OutcomeView({ outcome, nameOf }: OutcomeViewProps) {
  const { t } = useTranslation('repair');
  const { why, finding } = useWords();
  const stand = useStand();
  const reason = why(outcome);
  return (
    <section
      className={classes.outcome}
      data-verdict={outcome.verdict}
      aria-label={t('preview.title')}
      aria-live="polite"
    >
      <span className={classes.verdict}>{t(`verdict.${outcome.verdict}`)}</span>
      {reason && <Text size="sm">{reason}</Text>}
      {outcome.verdict !== 'cannot' && outcome.verdict !== 'needsChoice' && (
        <>
          <Text size="sm">
            {t('preview.from')}: {stand(outcome.before, nameOf)}
          </Text>
          <Text size="sm">
            {t('preview.to')}: {stand(outcome.after, nameOf)}
          </Text>
          <Text size="xs" c="dimmed">
            {t('preview.waits', {
              kept: outcome.keptWaits,
              closed: outcome.closedWaits,
              opened: outcome.openedWaits,
            })}
          </Text>
        </>
      )}
      {outcome.findings && outcome.findings.length > 0 && (
        <ul className={classes.lines}>
          {outcome.findings.map((found) => (
            <li key={`${found.code}.${found.node}.${found.name}`}>{finding(found, nameOf)}</li>
          ))}
        </ul>
      )}
      {outcome.lines && outcome.lines.length > 0 && (
        <ol className={classes.lines}>
          {outcome.lines.map((line) => (
            <li key={line.seq}>{line.text}</li>
          ))}
        </ol>
      )}
    </section>
  );
}
