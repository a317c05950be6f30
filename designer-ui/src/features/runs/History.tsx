import { ActionIcon, Button, Switch, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Eye, Search } from 'lucide-react';
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
  /** The past moment that is looked at. */
  at: number | undefined;
  node: string | undefined;
  onSelect: (node: string) => void;
  onMoment: (seq: number) => void;
};

/** What a reader looks for, by kinds of records. */
const groups = {
  people: ['taskOpened', 'taskCompleted'],
  trouble: ['incidentRaised', 'incidentResolved', 'errorThrown', 'runFailed'],
  hands: ['tokenMoved', 'joinForced', 'runSuspended', 'runResumed', 'runMigrated', 'runCanceled'],
  data: ['variablesChanged', 'conditionChosen', 'runStarted'],
} as const;
type Group = keyof typeof groups;
const groupNames = ['people', 'trouble', 'hands', 'data'] as const satisfies readonly Group[];

/** Every record of a run, newest first. */
export function History({ runId, seq, at, node, onSelect, onMoment }: HistoryProps) {
  const { t, i18n } = useTranslation(['runs', 'room', 'common']);
  const [group, setGroup] = useState<Group | null>(null);
  const [here, setHere] = useState(false);
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
    .filter((record) =>
      group ? groups[group].some((kind) => kind === record.kind) : all || !quiet.has(record.kind),
    )
    .filter((record) => !here || !node || record.node === node)
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
        <fieldset className={classes.kinds} aria-label={t('room:history.group')}>
          {groupNames.map((name) => (
            <Button
              key={name}
              size="compact-xs"
              variant={group === name ? 'light' : 'subtle'}
              aria-pressed={group === name}
              onClick={() => setGroup(group === name ? null : name)}
            >
              {t(`room:history.${name}`)}
            </Button>
          ))}
        </fieldset>
        {node && (
          <Switch
            size="xs"
            label={t('room:history.here')}
            checked={here}
            onChange={(event) => setHere(event.currentTarget.checked)}
          />
        )}
        <Switch
          size="xs"
          label={t('history.all')}
          checked={all}
          onChange={(event) => setAll(event.currentTarget.checked)}
        />
      </div>
      <ol style={{ margin: 0, padding: 0, listStyle: 'none' }} aria-label={t('tab.history')}>
        {shown.map((record) => (
          <li
            key={record.seq}
            className={classes.line}
            data-seq={record.seq}
            data-kind={record.kind}
            data-node={record.node}
            data-here={record.seq === at || undefined}
          >
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
            <ActionIcon
              variant="subtle"
              size={24}
              aria-label={t('room:history.moment', { seq: record.seq })}
              title={t('room:history.moment', { seq: record.seq })}
              onClick={() => onMoment(record.seq)}
            >
              <Eye size={14} aria-hidden />
            </ActionIcon>
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
            setGroup(null);
            setHere(false);
          }}
        >
          {t('common:action.clearFilters')}
        </Button>
      )}
    </>
  );
}
