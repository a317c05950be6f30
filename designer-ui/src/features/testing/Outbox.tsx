import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { type JsonSchema, literalOf, titleOf } from '@/features/forms/schema';
import { formatDateTime } from '@/lib/format';
import { type PartProps, personName, valueText } from './parts';
import classes from './Testing.module.css';

const PEOPLE = new Set(['user-picker', 'performer-picker']);

/** Whether a field, or each row of it, names a person. */
function asksForPeople(field: JsonSchema | undefined): boolean {
  if (!field) return false;
  const { schema } = literalOf(field, field);
  return PEOPLE.has(schema['x-widget'] ?? '') || asksForPeople(schema.items);
}

/** What robots would have done by the moment that is looked at, with its content. Nothing of it was sent. */
export function Outbox({ rehearsal, stage }: PartProps) {
  const { t, i18n } = useTranslation('testing');
  const directory = useQuery(directoryQuery);
  const { result, shown: view } = rehearsal;
  if (!result || !view) return null;
  const shown = result.outbox.slice(0, view.sent).reverse();
  const robotName = (robot: string): string => stage.kinds.get(`robot:${robot}`)?.name ?? robot;
  const fieldOf = (robot: string, name: string): JsonSchema | undefined =>
    stage.kinds.get(`robot:${robot}`)?.schema?.properties?.[name] as JsonSchema | undefined;
  const fieldName = (robot: string, name: string): string =>
    titleOf(fieldOf(robot, name) ?? {}, name, i18n.language);
  // Who is meant is read by name, as in the panel of the step.
  const named = (robot: string, name: string, value: unknown): unknown => {
    if (!asksForPeople(fieldOf(robot, name))) return value;
    const of = (id: unknown): unknown =>
      typeof id === 'string' ? personName(id, rehearsal.session?.people, directory.data?.users ?? []) : id;
    return Array.isArray(value) ? value.map(of).join(', ') : of(value);
  };
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
                    <dt>{fieldName(sending.robot, name)}</dt>
                    <dd>{valueText(named(sending.robot, name, value))}</dd>
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
