import { useTranslation } from 'react-i18next';
import { formatDateTime } from '@/lib/format';
import { type PartProps, valueText } from './parts';
import classes from './Testing.module.css';

/** What robots would have done by the moment that is looked at, with its content. Nothing of it was sent. */
export function Outbox({ rehearsal, stage }: PartProps) {
  const { t } = useTranslation('testing');
  const { result, shown: view } = rehearsal;
  if (!result || !view) return null;
  const shown = result.outbox.slice(0, view.sent).reverse();
  const robotName = (robot: string): string => stage.kinds.get(`robot:${robot}`)?.name ?? robot;
  return (
    <section className={classes.section} aria-label={t('tab.outbox')}>
      <p className={classes.hint}>{t(shown.length > 0 ? 'outbox.help' : 'outbox.none')}</p>
      <ol className={classes.cards}>
        {shown.map((sending, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: one node may send the same twice in one moment.
          <li key={`${sending.at}${sending.node}${shown.length - i}`} className={classes.card}>
            <button type="button" className={classes.name} onClick={() => stage.select(sending.node)}>
              {stage.name(sending.node)}
            </button>
            <p className={classes.hint}>
              {robotName(sending.robot)} · {formatDateTime(sending.at)}
            </p>
            <dl className={classes.values}>
              {Object.entries((sending.config as Record<string, unknown> | undefined) ?? {}).map(
                ([name, value]) => (
                  <div key={name} style={{ display: 'contents' }}>
                    <dt>{name}</dt>
                    <dd>{valueText(value)}</dd>
                  </div>
                ),
              )}
            </dl>
          </li>
        ))}
      </ol>
    </section>
  );
}
