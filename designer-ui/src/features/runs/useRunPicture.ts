import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLive } from '@/api/useLive';
import { RunStore } from '@/canvas/lazy';
import { snapshotOf } from './looks';
import { type Run, type RunPicture, type RunRecord, runQuery } from './queries';
import { handsOf, momentQuery, timelineQuery } from './room/looking';

/** Records that may be an operator's doing: the badges of the diagram are read anew. */
const handKinds = new Set([
  'tokenMoved',
  'joinForced',
  'runMigrated',
  'runCanceled',
  'nodeCanceled',
  'variablesChanged',
  'incidentResolved',
]);

/**
 * A run and its picture, kept live. The stream says that something happened; the picture itself comes from the server,
 * at most once per 150 ms however many records arrive.
 * While a past moment is looked at, the store shows that one and the stream only counts on.
 */
export function useRunPicture(id: string, at: number | undefined) {
  const client = useQueryClient();
  const [store] = useState(() => new RunStore());
  const [seq, setSeq] = useState(0);
  const query = useQuery(runQuery(id));

  const refresh = useDebouncedCallback(
    () => client.invalidateQueries({ queryKey: ['run', id], exact: true }),
    // A run that never pauses is looked at, too.
    { delay: 150, maxWait: 150 },
  );
  const retrace = useDebouncedCallback(
    () => client.invalidateQueries({ queryKey: ['run', id, 'timeline'] }),
    { delay: 300, maxWait: 300 },
  );
  useLive<Partial<RunPicture>, RunRecord>(`run:${id}`, {
    onSnapshot: (picture) => {
      const { nodeStates, flowsTaken } = picture;
      if (nodeStates && at === undefined)
        store.replace(snapshotOf({ status: 'active', nodeStates, flowsTaken: flowsTaken ?? {} }));
      refresh();
    },
    onEvents: (records) => {
      for (const record of records) if (record.seq > 0) setSeq((old) => Math.max(old, record.seq));
      if (records.some((record) => handKinds.has(record.kind))) retrace();
      refresh();
    },
  });

  const run: Run | undefined = query.data;
  const last = Math.max(seq, run?.seq ?? 0);
  const { i18n } = useTranslation();
  const language = i18n.resolvedLanguage ?? 'en';
  const past = useQuery({ ...momentQuery(id, at ?? 1, language), enabled: at !== undefined });
  const moment = at === undefined ? undefined : past.data;
  const timeline = useQuery({ ...timelineQuery(id, language), enabled: run !== undefined });
  const interventions = timeline.data?.interventions;
  useEffect(() => {
    const until = at ?? Number.POSITIVE_INFINITY;
    const hands = handsOf((interventions ?? []).filter((act) => act.seq <= until));
    if (moment) store.replace(snapshotOf(moment, moment.incidents, hands, true));
    else if (run && at === undefined) store.replace(snapshotOf(run, run.openIncidents, hands));
  }, [run, moment, at, interventions, store]);

  return { query, run, store, moment, seq: last };
}
