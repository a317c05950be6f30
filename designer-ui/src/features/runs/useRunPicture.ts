import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useLive } from '@/api/useLive';
import { RunStore } from '@/canvas/lazy';
import { snapshotOf } from './looks';
import { type Run, type RunPicture, type RunRecord, runQuery } from './queries';

/**
 * A run and its picture, kept live. The stream says that something happened; the picture itself comes from the server,
 * at most once per 150 ms however many records arrive.
 */
export function useRunPicture(id: string) {
  const client = useQueryClient();
  const [store] = useState(() => new RunStore());
  const [seq, setSeq] = useState(0);
  const query = useQuery(runQuery(id));

  const refresh = useDebouncedCallback(
    () => client.invalidateQueries({ queryKey: ['run', id], exact: true }),
    150,
  );
  useLive<Partial<RunPicture>, RunRecord>(`run:${id}`, {
    onSnapshot: (picture) => {
      const { nodeStates, flowsTaken } = picture;
      if (nodeStates)
        store.replace(snapshotOf({ status: 'active', nodeStates, flowsTaken: flowsTaken ?? {} }));
      refresh();
    },
    onEvents: (records) => {
      for (const record of records) if (record.seq > 0) setSeq((old) => Math.max(old, record.seq));
      refresh();
    },
  });

  const run: Run | undefined = query.data;
  useEffect(() => {
    if (run) store.replace(snapshotOf(run, run.openIncidents));
  }, [run, store]);

  return { query, run, store, seq: Math.max(seq, run?.seq ?? 0) };
}
