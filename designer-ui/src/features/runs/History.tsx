import { Button, Switch, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Search } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fold } from '@/lib/fold';
import { formatTime } from '@/lib/format';
import { ErrorState } from '@/ui';
import { recordsQuery } from './queries';
import classes from './Runs.module.css';

/** Steps of the machinery that rarely matter to a reader. */
const quiet = new Set([
  'tokenParked',
  'tokenConsumed',
  'effectStarted',
  'timerScheduled',
  'messageAwaited',
  'signalAwaited',
  'conditionAwaited',
  'scopeStarted',
  'scopeCompleted',
  'nodeLeft',
]);

type HistoryProps = {
  runId: string;
  /** Number of the run's last record: when it grows, the rest is fetched. */
  seq: number;
  onSelect: (node: string) => void;
};

/** Every record of a run, newest first. */
export function History({ runId, seq, onSelect }: HistoryProps) {
  const { t, i18n } = useTranslation(['runs', 'common']);
  const [text, setText] = useState('');
  const [all, setAll] = useState(false);
  const list = useInfiniteQuery(recordsQuery(runId, i18n.resolvedLanguage ?? 'en'));
  const { refetch, hasNextPage, fetchNextPage, isFetching } = list;
  const records = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const last = records[records.length - 1]?.seq ?? 0;

  useEffect(() => {
    if (hasNextPage && !isFetching) fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  useEffect(() => {
    if (seq > last && last > 0 && !isFetching && !hasNextPage) refetch();
  }, [seq, last, isFetching, hasNextPage, refetch]);

  if (list.error) return <ErrorState error={list.error} onRetry={() => list.refetch()} />;
  const needle = fold(text.trim());
  const shown = records
    .filter((record) => all || !quiet.has(record.kind))
    .filter((record) => needle === '' || fold(record.text).includes(needle))
    .reverse();
  return (
    <>
      <div className={classes.filters} style={{ alignItems: 'center', marginBottom: 8 }}>
        <TextInput
          type="search"
          size="xs"
          aria-label={t('history.search')}
          placeholder={t('history.search')}
          leftSection={<Search size={14} aria-hidden />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Switch
          size="xs"
          label={t('history.all')}
          checked={all}
          onChange={(event) => setAll(event.currentTarget.checked)}
        />
      </div>
      <ol style={{ margin: 0, padding: 0, listStyle: 'none' }} aria-label={t('tab.history')}>
        {shown.map((record) => (
          <li key={record.seq} data-seq={record.seq} data-kind={record.kind} data-node={record.node}>
            <button
              type="button"
              className={classes.record}
              disabled={!record.node}
              onClick={() => record.node && onSelect(record.node)}
            >
              <span className={classes.seq}>{record.seq}</span>
              <time className={classes.at} dateTime={record.at}>
                {formatTime(record.at)}
              </time>
              <span className={classes.what}>{record.text}</span>
            </button>
          </li>
        ))}
      </ol>
      {shown.length === 0 && records.length > 0 && (
        <Button
          variant="subtle"
          size="compact-sm"
          onClick={() => {
            setText('');
            setAll(true);
          }}
        >
          {t('common:action.clearFilters')}
        </Button>
      )}
    </>
  );
}
