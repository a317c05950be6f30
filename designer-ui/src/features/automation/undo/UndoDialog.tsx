import { Anchor, Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Undo2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cancelJob, type Job, running } from '@/features/crm/grid/api';
import jobClasses from '@/features/crm/grid/Job.module.css';
import { formatNumber } from '@/lib/format';
import { isStaged, recordPath } from '@/lib/records';
import { ErrorState, notifyError } from '@/ui';
import { showValue } from '../WhyNot';
import { startUndo, type UndoItem, undoingQuery, undoLinesQuery } from './api';
import classes from './Undo.module.css';

interface UndoDialogProps {
  readonly part: UndoPart;
  /** Where it is asked for, such as `/status-processes/review`. */
  readonly path: string;
  readonly name: string;
  /** The version that is followed now. */
  readonly version: number | undefined;
  readonly words: UndoWords;
  readonly onClose: () => void;
}

export type UndoPart = 'robots' | 'triggers' | 'process' | 'step';

/** How what was changed is called. */
export interface UndoWords {
  readonly fieldName: (key: string) => string;
  readonly stageName: (id: string) => string | undefined;
}

const VERDICTS = ['back', 'kept', 'left'] as const;
const ABOUT = {
  robots: 'undo.about',
  triggers: 'undo.aboutTrigger',
  process: 'undo.aboutProcess',
  step: 'undo.aboutStep',
} as const;
const VERSIONS_SHOWN = 50;

/** What a robot, a trigger or a status-driven process has done, and taking it back: looked at first, then done, both as a job with a line per record. */
export function UndoDialog({ part, path, name, version, words, onClose }: UndoDialogProps) {
  const { t } = useTranslation(['automation', 'common']);
  const [job, setJob] = useState<string>();
  const [only, setOnly] = useState<string | null>('all');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const instant = (local: string) => (local === '' ? undefined : new Date(local).toISOString());
  const start = useMutation({
    mutationFn: (dry: boolean) => {
      const [since, until] = [instant(from), instant(to)];
      return startUndo(path, {
        dry,
        ...(only && only !== 'all' ? { version: Number(only) } : {}),
        ...(since ? { from: since } : {}),
        ...(until ? { to: until } : {}),
      });
    },
    onSuccess: (started) => setJob(started.id),
    onError: notifyError,
  });
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t('undo.title', { name })}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      {job === undefined ? (
        <Stack gap="sm">
          <Text size="sm">{t(ABOUT[part])}</Text>
          {part !== 'triggers' && (
            <Select
              label={t('undo.versions')}
              data={[
                { value: 'all', label: t('undo.allVersions') },
                ...versionsUpTo(version).map((one) => ({
                  value: String(one),
                  label: t(one === version ? 'undo.thisVersion' : 'undo.oneVersion', { version: one }),
                })),
              ]}
              value={only}
              onChange={setOnly}
              allowDeselect={false}
            />
          )}
          <Group grow>
            <TextInput
              type="datetime-local"
              label={t('undo.from')}
              value={from}
              onChange={(event) => setFrom(event.currentTarget.value)}
            />
            <TextInput
              type="datetime-local"
              label={t('undo.to')}
              value={to}
              onChange={(event) => setTo(event.currentTarget.value)}
            />
          </Group>
          <Group justify="flex-end">
            <Button loading={start.isPending} onClick={() => start.mutate(true)} data-undo-look>
              {t('undo.look')}
            </Button>
          </Group>
        </Stack>
      ) : (
        <Result
          id={job}
          words={words}
          starting={start.isPending}
          onTakeBack={() => start.mutate(false)}
          onAgain={() => setJob(undefined)}
          onClose={onClose}
        />
      )}
    </Modal>
  );
}

/** The newest versions, newest first. */
function versionsUpTo(version = 0): readonly number[] {
  return Array.from({ length: Math.min(version, VERSIONS_SHOWN) }, (_, at) => version - at);
}

interface ResultProps {
  readonly id: string;
  readonly words: UndoWords;
  readonly starting: boolean;
  readonly onTakeBack: () => void;
  readonly onAgain: () => void;
  readonly onClose: () => void;
}

function Result({ id, words, starting, onTakeBack, onAgain, onClose }: ResultProps) {
  const { t } = useTranslation(['automation', 'common']);
  const undoing = useQuery(undoingQuery(id));
  const job = undoing.data?.job as Job | undefined;
  const open = running(job);
  const lines = useQuery({ ...undoLinesQuery(id, job?.done ?? 0), enabled: !open });
  const cancel = useMutation({ mutationFn: () => cancelJob(id), onError: notifyError });
  if (undoing.error) return <ErrorState error={undoing.error} onRetry={() => undoing.refetch()} />;
  const counts = undoing.data?.counts ?? [];
  const dry = undoing.data?.dry ?? true;
  const back = counts.filter(({ verdict }) => verdict === 'back').reduce((sum, { count }) => sum + count, 0);
  return (
    <Stack gap="sm" data-undo={open ? 'running' : dry ? 'looked' : 'done'}>
      <progress
        className={jobClasses.progress}
        aria-label={t('undo.progress')}
        max={Math.max(1, job?.total ?? 1)}
        value={job?.status === 'collecting' ? undefined : (job?.done ?? 0)}
      />
      {!open && (
        <Text size="sm" role="status">
          {counts.length > 0
            ? t(dry ? 'undo.looked' : 'undo.done', { count: undoing.data?.records ?? 0 })
            : (job?.refused ?? 0) === 0 && t('undo.nothing')}
        </Text>
      )}
      {!open && (job?.refused ?? 0) > 0 && (
        <Text size="sm">{t('undo.refused', { count: job?.refused ?? 0 })}</Text>
      )}
      {VERDICTS.map((verdict) => {
        const own = counts.filter((count) => count.verdict === verdict);
        if (own.length === 0) return null;
        return (
          <section key={verdict} aria-label={t(`undo.verdict.${verdict}`)} data-verdict={verdict}>
            <h3 className={classes.head}>{t(`undo.verdict.${verdict}`)}</h3>
            <ul className={classes.counts}>
              {own.map(({ kind, because, count }) => (
                <li key={kind + because}>
                  {t(`undo.kind.${word(kind)}`)}: {formatNumber(count)}
                  {because && <span> · {t(`undo.because.${reason(because)}`)}</span>}
                </li>
              ))}
            </ul>
          </section>
        );
      })}
      {!open && (lines.data?.items.length ?? 0) > 0 && (
        <details className={classes.lines}>
          <summary>{t('undo.lines')}</summary>
          {lines.data?.items
            .filter(({ result, why }) => why || (result?.length ?? 0) > 0)
            .map((line) => (
              <div key={line.key} className={classes.line}>
                {line.type && line.record && isStaged(line.type) ? (
                  <Anchor component={Link} to={recordPath(line.type, line.record)} size="sm">
                    {line.title || line.key}
                  </Anchor>
                ) : (
                  line.title || line.key
                )}
                {line.why && <Text size="sm">{line.why.text}</Text>}
                <ul>
                  {line.result?.map((item, at) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes.
                    <li key={at}>
                      <One item={item} words={words} />
                    </li>
                  ))}
                </ul>
              </div>
            ))}
        </details>
      )}
      <Group justify="flex-end">
        {open ? (
          <Button
            variant="default"
            loading={cancel.isPending}
            disabled={job?.stop}
            onClick={() => cancel.mutate()}
          >
            {t('undo.stop')}
          </Button>
        ) : (
          <Button variant="default" onClick={onAgain}>
            {t('undo.again')}
          </Button>
        )}
        {!open && dry && back > 0 && (
          <Button
            color="red"
            leftSection={<Undo2 size={16} aria-hidden />}
            loading={starting}
            onClick={onTakeBack}
            data-undo-take
          >
            {t('undo.takeBack', { count: back })}
          </Button>
        )}
        <Button variant={dry ? 'subtle' : 'filled'} onClick={onClose}>
          {t('common:action.close')}
        </Button>
      </Group>
    </Stack>
  );
}

/** One thing in words: the field with both values, or what was made. */
function One({ item, words }: { item: UndoItem; words: UndoWords }) {
  const { t } = useTranslation('automation');
  const { fieldName, stageName } = words;
  const value = (of: unknown): string =>
    (item.kind === 'stage' && stageName(String(of))) || showValue(of) || t('record.empty');
  const client = item.type === 'contact' ? 'client' : item.type === 'company' ? 'company' : undefined;
  if (client && item.field)
    return (
      <>
        {`${item.title} · ${fieldName(`${client}.${item.field}`)}: `}
        {value(item.is)}
        {item.verdict === 'back' && ` → ${value(item.was)}`}
        <Because item={item} />
      </>
    );
  if (item.kind === 'run' || item.kind === 'status')
    return (
      <>
        {t(`undo.one.${item.kind}`)}: {item.kind === 'status' && `${value(item.was)} → `}
        {value(item.is)}
        <Because item={item} />
      </>
    );
  return (
    <>
      {item.field ? fieldName(item.field) : t(`undo.kind.${word(item.kind)}`)}
      {(item.kind === 'field' || item.kind === 'stage') && item.because !== 'gone' && (
        <>
          {': '}
          {value(item.is)}
          {item.verdict === 'back' && ` → ${value(item.was)}`}
        </>
      )}
      {item.title && `: ${item.title}`}
      <Because item={item} />
    </>
  );
}

/** Why a thing stays. */
function Because({ item: { because } }: { item: UndoItem }) {
  const { t } = useTranslation('automation');
  if (!because) return null;
  return <span className={classes.because}> · {t(`undo.because.${reason(because)}`)}</span>;
}

const KINDS = [
  'field',
  'stage',
  'status',
  'run',
  'deleted',
  'created',
  'task',
  'activity',
  'waiting',
  'unsent',
  'mail',
  'webhook',
  'notification',
  'post',
  'comment',
  'history',
  'document',
  'process',
  'client',
  'exception',
] as const;
const word = (kind: string) => KINDS.find((known) => known === kind) ?? 'other';

const REASONS = [
  'changed',
  'stageGone',
  'refused',
  'touched',
  'gone',
  'done',
  'underWay',
  'forbidden',
  'ended',
] as const;
const reason = (because: string) => REASONS.find((known) => known === because) ?? 'outside';
