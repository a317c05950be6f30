import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { CircleCheck, ListChecks, Trash2, TriangleAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ProcessDocument } from '@/lib/process/types';
import { EmptyState, errorText } from '@/ui';
import { rehearse } from './api';
import { FailureList } from './Failures';
import type { PartProps } from './parts';
import { type Result, type Scenario, scenariosOf } from './scenario';
import classes from './Testing.module.css';

interface Check {
  readonly results: readonly Result[] | undefined;
  readonly busy: boolean;
  readonly error: unknown;
  readonly run: () => void;
}

/** Plays all scenarios of a document; what came of them holds for as long as they and the document are the same. */
export function useScenarioCheck(document: ProcessDocument): Check {
  const [done, setDone] = useState<{ of: ProcessDocument; results?: readonly Result[]; error?: unknown }>();
  const [busy, setBusy] = useState(false);
  const run = (): void => {
    setBusy(true);
    rehearse(document, scenariosOf(document))
      .then(
        (results) => setDone({ of: document, results }),
        (error: unknown) => setDone({ of: document, error }),
      )
      .finally(() => setBusy(false));
  };
  const current = done?.of === document ? done : undefined;
  return { results: current?.results, error: current?.error, busy, run };
}

type ScenariosProps = PartProps & { readonly onOpen: (scenario: Scenario) => void };

/** The scenarios of the definition: played together, opened one by one on the canvas. */
export function Scenarios({ stage, onOpen }: ScenariosProps) {
  const { t } = useTranslation('testing');
  const { document, keep } = stage;
  const saved = scenariosOf(document);
  const { results, busy, error, run } = useScenarioCheck(document);
  if (saved.length === 0) {
    return <EmptyState icon={ListChecks} title={t('scenarios.none')} text={t('scenarios.noneHelp')} />;
  }
  const broken = results?.filter(({ failures }) => failures.length > 0).length ?? 0;
  return (
    <section className={classes.section} aria-label={t('tab.scenarios')}>
      <div className={classes.row}>
        <Button size="compact-md" loading={busy} onClick={run}>
          {t('scenarios.run')}
        </Button>
        <span role="status" className={classes.hint}>
          {results &&
            t(broken > 0 ? 'scenarios.broken' : 'scenarios.passed', { count: broken || saved.length })}
        </span>
      </div>
      {error !== undefined && <p role="alert">{errorText(error).title}</p>}
      <ul className={classes.cards}>
        {saved.map((scenario, i) => {
          const result = results?.[i];
          const failed = (result?.failures.length ?? 0) > 0;
          return (
            <li
              key={scenario.name ?? i}
              className={classes.card}
              data-tone={result ? (failed ? 'failed' : 'done') : undefined}
            >
              <div className={classes.step}>
                <button
                  type="button"
                  className={classes.stepButton}
                  title={t('scenarios.open')}
                  onClick={() => onOpen(scenario)}
                >
                  {result &&
                    (failed ? (
                      <TriangleAlert size={15} aria-hidden />
                    ) : (
                      <CircleCheck size={15} aria-hidden />
                    ))}
                  <span>
                    {scenario.name ?? t('stepNumber', { number: i + 1 })}
                    {result && (
                      <span className={classes.when}>
                        {t(failed ? 'scenarios.fails' : 'scenarios.passes')}
                      </span>
                    )}
                  </span>
                </button>
                <Tooltip label={t('scenarios.remove')}>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={t('scenarios.removeNamed', { name: scenario.name ?? i + 1 })}
                    onClick={() => keep(saved.filter((other) => other !== scenario))}
                  >
                    <Trash2 size={15} aria-hidden />
                  </ActionIcon>
                </Tooltip>
              </div>
              {result && failed && <FailureList failures={result.failures} document={document} />}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** Before publishing: whether the scenarios still pass, and what broke. */
export function ScenarioCheck({
  document,
  onBroken,
  onShow,
}: {
  readonly document: ProcessDocument;
  readonly onBroken: (broken: boolean) => void;
  /** Plays one of them on the canvas. */
  readonly onShow: (scenario: string) => void;
}) {
  const { t } = useTranslation('testing');
  const saved = scenariosOf(document);
  const { results, busy, error, run } = useScenarioCheck(document);
  const broken = results?.filter(({ failures }) => failures.length > 0) ?? [];
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each document.
  useEffect(() => {
    if (saved.length > 0) run();
  }, [document]);
  const anyBroken = broken.length > 0;
  useEffect(() => onBroken(anyBroken), [anyBroken, onBroken]);
  if (saved.length === 0) return null;
  return (
    <section className={classes.card} data-tone={anyBroken ? 'failed' : results ? 'done' : undefined}>
      <h3 className={classes.heading}>{t('tab.scenarios')}</h3>
      <p className={classes.hint} role="status">
        {busy
          ? t('playing')
          : error !== undefined
            ? errorText(error).title
            : results &&
              t(anyBroken ? 'scenarios.broken' : 'scenarios.passed', {
                count: broken.length || saved.length,
              })}
      </p>
      {broken.map((result, i) => (
        <div key={result.scenario || i}>
          <strong>{result.scenario}</strong>
          <FailureList failures={result.failures} document={document} />
          {result.scenario && (
            <Button size="compact-sm" variant="default" mt={6} onClick={() => onShow(result.scenario)}>
              {t('scenarios.open')}
            </Button>
          )}
        </div>
      ))}
    </section>
  );
}
