import { Button, Group, Switch, Text, TextInput } from '@mantine/core';
import { Eye, Search } from 'lucide-react';
import { memo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fold } from '@/lib/fold';
import { formatTime } from '@/lib/format';
import { useRush } from '@/lib/useRush';
import { ErrorState, notifyError } from '@/ui';
import type { RunRecord } from './queries';
import classes from './Runs.module.css';
import { useRecords } from './useRecords';

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

/** Lines that are shown at first, and that are added each time more are wanted. */
const ROWS = 100;

/** What a reader looks for, by kinds of records. */
const groups = {
  people: ['taskOpened', 'taskCompleted'],
  trouble: ['incidentRaised', 'incidentResolved', 'errorThrown', 'runFailed'],
  hands: ['tokenMoved', 'joinForced', 'runSuspended', 'runResumed', 'runMigrated', 'runCanceled'],
  data: ['variablesChanged', 'conditionChosen', 'runStarted'],
} as const;
type Kinds = keyof typeof groups;
const groupNames = ['people', 'trouble', 'hands', 'data'] as const satisfies readonly Kinds[];

/** Lines that are shown while they come faster than anyone reads. */
const RUSHED_ROWS = 30;

type LineProps = {
  record: RunRecord;
  /** What looking at its moment is called. */
  moment: string;
  here: boolean;
  acts: { readonly current: Pick<HistoryProps, 'onSelect' | 'onMoment'> };
};

/** A record never changes: its line is drawn once. */
const Line = memo(function Line({ record, moment, here, acts }: LineProps) {
  const { seq, node } = record;
  return (
    <li
      className={classes.line}
      data-seq={seq}
      data-kind={record.kind}
      data-node={node}
      data-here={here || undefined}
    >
      <button
        type="button"
        className={classes.record}
        disabled={!node}
        onClick={() => node && acts.current.onSelect(node)}
      >
        <span className={classes.seq}>{seq}</span>
        <time className={classes.at} dateTime={record.at}>
          {formatTime(record.at)}
        </time>
        <span className={classes.what}>{record.text}</span>
      </button>
      <button
        type="button"
        className={classes.moment}
        aria-label={moment}
        title={moment}
        onClick={() => acts.current.onMoment(seq)}
      >
        <Eye size={14} aria-hidden />
      </button>
    </li>
  );
});

/** Every record of a run, newest first. */
export function History({ runId, seq, at, node, onSelect, onMoment }: HistoryProps) {
  const { t } = useTranslation(['runs', 'room', 'common']);
  const [group, setGroup] = useState<Kinds | null>(null);
  const [here, setHere] = useState(false);
  const [text, setText] = useState('');
  const [all, setAll] = useState(false);
  const [rows, setRows] = useState(ROWS);
  const { query, records, older, reading } = useRecords(runId, seq);
  const rushed = useRush(records.at(-1)?.seq ?? 0);
  const list = useRef<HTMLOListElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const acts = useRef({ onSelect, onMoment });
  acts.current = { onSelect, onMoment };

  if (query.error && records.length === 0)
    return <ErrorState error={query.error} onRetry={() => query.refetch()} />;
  const needle = fold(text.trim());
  const fits = (record: RunRecord): boolean =>
    (group ? groups[group].some((kind) => kind === record.kind) : all || !quiet.has(record.kind)) &&
    (!here || !node || record.node === node) &&
    (needle === '' || fold(record.text).includes(needle));
  // From the newest on, and no more than are shown: a run may have a hundred thousand.
  const shown: RunRecord[] = [];
  // Whoever has scrolled down keeps what is there.
  const most = rushed && !list.current?.closest('section')?.scrollTop ? Math.min(rows, RUSHED_ROWS) : rows;
  let rest = records.length - 1;
  for (; rest >= 0 && shown.length < most; rest--) {
    const record = records[rest] as RunRecord;
    if (fits(record)) shown.push(record);
  }
  const more = rest >= 0 || older !== undefined;
  return (
    <>
      <div className={classes.filters} style={{ alignItems: 'center', marginBottom: 8 }}>
        <TextInput
          ref={search}
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
              size="compact-sm"
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
      <ol ref={list} style={{ margin: 0, padding: 0, listStyle: 'none' }} aria-label={t('tab.history')}>
        {shown.map((record) => (
          <Line
            key={record.seq}
            record={record}
            moment={t('room:history.moment', { seq: record.seq })}
            here={record.seq === at}
            acts={acts}
          />
        ))}
      </ol>
      {more && shown.length > 0 && (
        <Button
          variant="subtle"
          size="compact-sm"
          loading={reading}
          onClick={() => {
            if (rest < 0) void older?.().catch(notifyError);
            setRows(rows + ROWS);
          }}
        >
          {t('room:history.older')}
        </Button>
      )}
      {shown.length === 0 && records.length > 0 && (
        <Group gap="xs">
          <Text size="sm" c="dimmed" role="status">
            {t('room:history.none')}
          </Text>
          <Button
            variant="subtle"
            size="compact-sm"
            onClick={() => {
              setText('');
              setAll(true);
              setGroup(null);
              setHere(false);
              // The button goes away with what it has cleared.
              search.current?.focus();
            }}
          >
            {t('common:action.clearFilters')}
          </Button>
        </Group>
      )}
    </>
  );
}
