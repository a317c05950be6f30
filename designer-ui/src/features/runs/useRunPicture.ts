import { useDebouncedCallback, useThrottledCallback } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLive } from '@/api/useLive';
import { RunStore } from '@/canvas/lazy';
import { rafBatch } from '@/lib/rafBatch';
import { added, asksForMore, type PictureTold, type RunLive, type RunTold, showsHands } from './live';
import { snapshotOf } from './looks';
import { type Run, type RunRecord, runQuery } from './queries';
import { handsOf, momentQuery, timelineQuery } from './room/looking';
import { tellRecords } from './useRecords';

const NO_HANDLERS = { onSnapshot: () => {}, onEvents: () => {} };

/**
 * A run and its picture, kept live: the stream tells what is new in both, which is laid over what was asked for once
 * per frame. What the stream does not tell (documents, relatives, another version's process) is asked for again when
 * a record may have brought it, and when the run has come to rest.
 * While a past moment is looked at, the store shows that one and the stream only counts on.
 */
export function useRunPicture(id: string, at: number | undefined) {
  const client = useQueryClient();
  const { i18n } = useTranslation();
  const language = i18n.resolvedLanguage ?? 'en';
  const [store] = useState(() => new RunStore());
  const query = useQuery(runQuery(id));

  const askAgain = () => client.invalidateQueries({ queryKey: ['run', id], exact: true });
  const atRest = useDebouncedCallback(askAgain, { delay: 2000, maxWait: 15_000 });
  const soon = useDebouncedCallback(askAgain, { delay: 300, maxWait: 1000 });
  const retrace = useDebouncedCallback(
    () => client.invalidateQueries({ queryKey: ['run', id, 'timeline'] }),
    { delay: 300, maxWait: 300 },
  );

  const [live, setLive] = useState<{ readonly state: RunLive; readonly at: number }>();
  const told = useRef<RunLive>(undefined);
  const [batch] = useState(() =>
    rafBatch<RunRecord[]>((lists) => {
      const records = lists.flat();
      if (records.length > 0) tell.current(records);
      const state = told.current;
      if (state) setLive((old) => (old?.state === state ? old : { state, at: Date.now() }));
    }),
  );
  /** Nobody reads a history faster than that. */
  const unread = useRef<RunRecord[]>([]);
  const write = useThrottledCallback(() => {
    const records = unread.current;
    unread.current = [];
    tellRecords(client, id, language, records);
  }, 400);
  const tell = useRef((_records: RunRecord[]): void => {});
  tell.current = (records) => {
    unread.current.push(...records);
    write();
    if (showsHands(records)) retrace();
    if (asksForMore(records)) soon();
    else atRest();
  };
  // Another run, or another language, is told anew.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was told belongs to these.
  useEffect(
    () => () => {
      batch.cancel();
      told.current = undefined;
      unread.current = [];
      setLive(undefined);
    },
    [batch, id, language],
  );
  // It has the server follow the run.
  useLive(`run:${id}`, NO_HANDLERS);
  useLive<PictureTold, RunTold>(`runPage:${id}:${language}`, {
    onSnapshot: (picture) => {
      told.current = added(undefined, { ...picture, whole: true });
      batch.push([]);
    },
    onEvents: (events) => {
      for (const event of events) {
        if (event.kind === 'picture') told.current = added(told.current, event);
        batch.push(event.kind === 'lines' ? event.items : []);
      }
    },
  });

  const answered = query.data;
  const answeredAt = query.dataUpdatedAt;
  const run = useMemo(
    (): Run | undefined => answered && newest(answered, answeredAt, live),
    [answered, answeredAt, live],
  );
  const outdated = run !== undefined && run.version !== answered?.version;
  useEffect(() => {
    if (outdated) soon();
  }, [outdated, soon]);

  const past = useQuery({ ...momentQuery(id, at ?? 1, language), enabled: at !== undefined });
  const moment = at === undefined ? undefined : past.data;
  const timeline = useQuery({ ...timelineQuery(id, language), enabled: run !== undefined });
  const interventions = timeline.data?.interventions;
  const hands = useMemo(() => {
    const until = at ?? Number.POSITIVE_INFINITY;
    return handsOf((interventions ?? []).filter((act) => act.seq <= until));
  }, [interventions, at]);
  useEffect(() => {
    if (moment) store.replace(snapshotOf(moment, moment.incidents, hands, true));
    else if (run && at === undefined) store.replace(snapshotOf(run, run.openIncidents, hands));
  }, [run, moment, at, hands, store]);

  return { query, run, store, moment, seq: run?.seq ?? 0 };
}

/** What was asked for, with what was told laid over it unless the answer is newer. */
function newest(answer: Run, answeredAt: number, live: { state: RunLive; at: number } | undefined): Run {
  if (!live || live.state.seq < answer.seq) return answer;
  if (live.state.seq === answer.seq && live.at < answeredAt) return answer;
  return { ...answer, ...live.state, process: answer.process };
}
