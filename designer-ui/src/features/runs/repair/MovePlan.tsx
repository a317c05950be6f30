import { Select, Text } from '@mantine/core';
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { Fragment, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { ProcessDocument, ProcessNode } from '@/lib/process/types';
import { Delayed, ErrorState } from '@/ui';
import { useNamesOf } from '../names';
import { versionQuery } from '../queries';
import { type Outcome, previewDraft, type Verdict } from './api';
import { distinct, nodesOf } from './choices';
import { OutcomeTable } from './OutcomeTable';
import classes from './Repair.module.css';

/** What stays where it is: instances are never at these, or do not wait there. */
const NEVER_WAITS = /^(startEvent|endEvent)$|Gateway$/;
const LISTED = 10;
const ORDER: readonly Verdict[] = ['moves', 'needsChoice', 'cannot', 'stays'];

type MovePlanProps = {
  definition: string;
  /** Versions that instances are running at. */
  versions: readonly number[];
  /** What is to be published. */
  next: ProcessDocument;
  /** Step of now → step of the new version. */
  nodes: Readonly<Record<string, string>>;
  onChange: (nodes: Record<string, string>) => void;
  /** Saves the draft; resolves to its state, undefined when it could not be saved. */
  flush: () => Promise<number | undefined>;
};

/** What becomes of running instances when they go over to what is about to be published: which step becomes which, and the verdict. */
export function MovePlan({ definition, versions, next, nodes, onChange, flush }: MovePlanProps) {
  const { t } = useTranslation('repair');
  const processes = useQueries({
    queries: versions.map((version) => versionQuery(definition, version)),
    combine: (all) => all.flatMap(({ data }) => (data ? [data.process] : [])),
  });
  const there = useMemo(() => nodesOf(next).map(({ node }) => node), [next]);
  const nameOfNext = useNamesOf(next);
  const [gone, merged] = useMemo(() => goneIn(processes, there), [processes, there]);
  const nameOf = useNamesOf(merged);
  // Steps of several versions may have one name.
  const rowsOf = distinct(gone.map(({ id }) => ({ value: id, label: nameOf(id) })));
  const look = useQuery({
    queryKey: ['definitions', definition, 'move', next, nodes],
    queryFn: async () => {
      if ((await flush()) === undefined) throw new Error(t('goOver.notSaved'));
      return previewDraft(definition, nodes);
    },
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  const rows = look.data?.items ?? [];
  const others = rows.filter(({ verdict }) => verdict !== 'moves');
  return (
    <div className={classes.plan}>
      {gone.length > 0 && (
        <>
          <Text size="sm">{t('goOver.gone')}</Text>
          <div className={classes.mapping}>
            <span className={classes.head}>{t('migrate.step')}</span>
            <span className={classes.head}>{t('migrate.becomes')}</span>
            {gone.map(({ id, kind }, i) => (
              <Fragment key={id}>
                <span>{rowsOf[i]?.label}</span>
                <Select
                  aria-label={`${t('migrate.becomes')}: ${rowsOf[i]?.label}`}
                  placeholder={t('migrate.none')}
                  searchable
                  clearable
                  data={distinct(
                    there
                      .filter((node) => node.kind === kind)
                      .map((node) => ({ value: node.id, label: nameOfNext(node.id) })),
                  )}
                  value={nodes[id] ?? null}
                  onChange={(to) => {
                    const { [id]: _, ...rest } = nodes;
                    onChange(to ? { ...rest, [id]: to } : rest);
                  }}
                />
              </Fragment>
            ))}
          </div>
        </>
      )}
      {look.error ? (
        <ErrorState error={look.error} onRetry={() => void look.refetch()} />
      ) : look.data ? (
        <>
          <ul className={classes.verdicts} aria-live="polite" aria-busy={look.isFetching}>
            {counts(rows).map(([verdict, count]) => (
              <li key={verdict} data-verdict={verdict}>
                {t(`goOver.count.${verdict as 'moves'}`, { count })}
              </li>
            ))}
          </ul>
          {look.data.next && <Text size="xs">{t('goOver.first', { count: rows.length })}</Text>}
          {others.length > 0 && (
            <OutcomeTable
              rows={others.slice(0, LISTED)}
              done={false}
              more={others.length > LISTED}
              nameOf={nameOf}
            />
          )}
          {others.length > 0 && <Text size="xs">{t('goOver.stay')}</Text>}
        </>
      ) : (
        <Delayed>
          <Text size="sm">{t('goOver.looking')}</Text>
        </Delayed>
      )}
    </div>
  );
}

/** Steps of the running versions where instances may stand and that the new one does not have, and a process that names them. */
function goneIn(
  processes: readonly ProcessDocument[],
  there: readonly ProcessNode[],
): [ProcessNode[], ProcessDocument | undefined] {
  const kinds = new Map(there.map(({ id, kind }) => [id, kind]));
  const found = new Map<string, ProcessNode>();
  for (const process of processes) {
    for (const { node } of nodesOf(process)) {
      if (!NEVER_WAITS.test(node.kind) && kinds.get(node.id) !== node.kind) found.set(node.id, node);
    }
  }
  const [first] = processes;
  const all = processes.flatMap((process) => nodesOf(process).map(({ node }) => node));
  return [[...found.values()], first && { ...first, nodes: all }];
}

function counts(rows: readonly Outcome[]): [Verdict, number][] {
  const found = new Map<Verdict, number>();
  for (const { verdict } of rows) found.set(verdict, (found.get(verdict) ?? 0) + 1);
  return ORDER.filter((verdict) => found.has(verdict)).map((verdict) => [verdict, found.get(verdict) ?? 0]);
}
