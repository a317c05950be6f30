import { ActionIcon, Tooltip } from '@mantine/core';
import { Undo2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { durationText } from '@/canvas';
import { formatDateTime } from '@/lib/format';
import { indexOf, outcomesOf } from '@/lib/process/document';
import type { PartProps } from './parts';
import { reachOf } from './picture';
import { type Step, told } from './scenario';
import classes from './Testing.module.css';

/** A step of a scenario in words. */
export function useStepText(stage: PartProps['stage']): (step: Step) => string {
  const { t, i18n } = useTranslation('testing');
  return (step) => {
    const { word, node, detail } = told(step);
    const text = t(`step.${word}`);
    const at = node === undefined ? undefined : indexOf(stage.document).nodes.get(node);
    const outcome = at && outcomesOf(at).find(({ name }) => name === detail)?.label;
    const moment = detail && /^\d{4}-/.test(detail) ? formatDateTime(detail) : undefined;
    const more =
      word === 'advance' && detail ? (moment ?? durationText(i18n.language, detail)) : outcome || detail;
    return [node === undefined ? undefined : stage.name(node), more ? `${text}: ${more}` : text]
      .filter(Boolean)
      .join(' · ');
  };
}

/** What was done so far. A step shows its moment on the canvas; what came after it can be taken back. */
export function Steps({ rehearsal, stage }: PartProps) {
  const { t } = useTranslation('testing');
  const textOf = useStepText(stage);
  const { session, result, moment, look, cut, busy } = rehearsal;
  if (!session || !result) return null;
  const { entries } = session;
  const texts = [t('step.start'), ...entries.map(({ step }) => textOf(step))];
  return (
    <section className={classes.section} aria-label={t('tab.steps')}>
      <p className={classes.hint}>{t('steps.help')}</p>
      <ol className={classes.cards}>
        {texts.map((text, i) => {
          const automatic = i > 0 && entries[i - 1]?.auto === true;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place in the order.
            <li key={i} className={classes.step} data-shown={moment === i || undefined}>
              <button
                type="button"
                className={classes.stepButton}
                aria-current={moment === i ? 'step' : undefined}
                onClick={() => look(i)}
              >
                <span className={classes.number}>{i + 1}</span>
                <span>
                  {text}
                  {automatic ? ` (${t(`steps.${entries[i - 1]?.source ?? 'auto'}` as 'steps.auto')})` : ''}
                  <span className={classes.when}>{formatDateTime(reachOf(result, i).at)}</span>
                </span>
              </button>
              {i < entries.length && (
                <Tooltip label={t('steps.back')}>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={t('steps.backTo', { number: i + 1 })}
                    disabled={busy}
                    onClick={() => cut(i)}
                  >
                    <Undo2 size={15} aria-hidden />
                  </ActionIcon>
                </Tooltip>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
