import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { canonicalText, diffLines } from '@/lib/lines';
import type { ProcessDocument } from '@/lib/process/types';
import classes from './Versions.module.css';

const SIGN = { same: ' ', added: '+', removed: '−', gap: '' };

/** Two states as text, line by line; where things are drawn only when that is wanted. */
export function TextDiff(props: {
  readonly base: ProcessDocument;
  readonly next: ProcessDocument;
  readonly moves: boolean;
  readonly label: string;
}) {
  const { base, next, moves, label } = props;
  const { t } = useTranslation('designer');
  const lines = useMemo(() => {
    const text = ({ layout, ...rest }: ProcessDocument) => canonicalText(moves ? { ...rest, layout } : rest);
    return diffLines(text(base), text(next));
  }, [base, next, moves]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
    <section className={classes.text} aria-label={label} tabIndex={0}>
      {lines.length === 0 ? (
        <p className={classes.meta}>{t('changes.none')}</p>
      ) : (
        <table className={classes.lines}>
          <tbody>
            {lines.map((line, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place.
              <tr key={i} data-line={line.kind}>
                {line.kind === 'gap' ? (
                  <td colSpan={4}>{t('versions.gap', { count: line.count ?? 0 })}</td>
                ) : (
                  <>
                    <td className={classes.number}>{line.before}</td>
                    <td className={classes.number}>{line.after}</td>
                    <td>
                      <span aria-hidden>{SIGN[line.kind]}</span>
                      {line.kind !== 'same' && (
                        <span className="fx-visually-hidden">{t(`change.${line.kind}`)}</span>
                      )}
                    </td>
                    <td>
                      <code>{line.text}</code>
                    </td>
                  </>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
