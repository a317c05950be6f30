import { Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Search } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fold } from '@/lib/fold';
import { formatDateTime } from '@/lib/format';
import { ErrorState } from '@/ui';
import type { Run } from '../queries';
import runClasses from '../Runs.module.css';
import { type Moment, type RunVariable, variablesQuery } from './looking';
import classes from './Room.module.css';

type VariablesPanelProps = {
  run: Run;
  seq: number;
  moment: Moment | undefined;
  nameOf: (node: string) => string;
  onMoment: (seq: number) => void;
};

const written = (value: unknown) => JSON.stringify(value ?? null, null, 1);

/** The variables with every value they had, who or which step gave it, and when. */
export function VariablesPanel({ run, seq, moment, nameOf, onMoment }: VariablesPanelProps) {
  const { t } = useTranslation(['room', 'runs']);
  const [text, setText] = useState('');
  const variables = useQuery(variablesQuery(run.id));
  const { refetch } = variables;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new record may have changed a variable.
  useEffect(() => {
    refetch();
  }, [seq, refetch]);

  if (variables.error) return <ErrorState error={variables.error} onRetry={() => variables.refetch()} />;
  if (!variables.data) return null;
  const now: Record<string, unknown> = moment?.variables ?? run.variables ?? {};
  const items: readonly (RunVariable & { parameter?: boolean })[] = variables.data.items;
  const known = new Map(items.filter(({ parameter }) => !parameter).map((one) => [one.name, one]));
  const needle = fold(text.trim());
  const given = items.filter(
    ({ name, parameter, value }) =>
      parameter && (needle === '' || fold(`${name} ${written(value)}`).includes(needle)),
  );
  const names = [...new Set([...Object.keys(now), ...known.keys()])]
    .filter((name) => needle === '' || fold(`${name} ${written(now[name])}`).includes(needle))
    .sort();
  return (
    <>
      <TextInput
        type="search"
        size="xs"
        maw={280}
        mb="xs"
        aria-label={t('variables.search')}
        placeholder={t('variables.search')}
        leftSection={<Search size={14} aria-hidden />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {given.length > 0 && (
        <section aria-label={t('variables.given')} style={{ marginBottom: 12 }}>
          <Text component="h3" size="sm" fw={600} mb={4}>
            {t('variables.given')}
          </Text>
          <dl className={runClasses.values}>
            {given.map(({ name, value }) => (
              <div key={name} style={{ display: 'contents' }}>
                <dt>{name}</dt>
                <dd>
                  <pre className={runClasses.value}>{written(value)}</pre>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {names.length === 0 && given.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('runs:variables.none')}
        </Text>
      )}
      <dl className={runClasses.values}>
        {names.map((name) => {
          const changes = (known.get(name)?.changes ?? []).filter(
            (change) => moment === undefined || change.seq <= moment.seq,
          );
          return (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{name}</dt>
              <dd>
                <pre className={runClasses.value}>{written(now[name])}</pre>
                {changes.length > 0 && (
                  <details>
                    <summary>{t('variables.changes', { count: changes.length })}</summary>
                    {[...changes].reverse().map((change) => (
                      <div key={change.seq} className={classes.change}>
                        <button
                          type="button"
                          className={runClasses.link}
                          onClick={() => onMoment(change.seq)}
                        >
                          {formatDateTime(change.at)}
                        </button>
                        <code>{written(change.value)}</code>
                        <span>
                          {[change.by || (change.node && nameOf(change.node)), change.reason]
                            .filter(Boolean)
                            .join(' · ')}
                        </span>
                      </div>
                    ))}
                  </details>
                )}
              </dd>
            </div>
          );
        })}
      </dl>
    </>
  );
}
