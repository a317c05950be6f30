import { Anchor, Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Undo2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cancelJob, type Job, running } from '@/features/crm/grid/api';
import { formatNumber } from '@/lib/format';
import { isStaged, recordPath } from '@/lib/records';
import { ErrorState, notifyError } from '@/ui';
import { useBoard } from '../context';
import { showValue } from '../WhyNot';
import { startUndo, type UndoItem, undoingQuery, undoLinesQuery } from './api';
import classes from './Undo.module.css';

interface UndoDialogProps {
  readonly stage: string;
  readonly part: 'robots' | 'triggers';
  readonly id: string;
  readonly name: string;
  /** The version by which records enter the stage now. */
  readonly version: number | undefined;
  readonly onClose: () => void;
}

const VERDICTS = ['back', 'kept', 'left'] as const;

/** What a robot or trigger has done, and taking it back: looked at first, then done, both as a job with a line per record. */
export function UndoDialog({ stage, part, id, name, version, onClose }: UndoDialogProps) {
  const { t } = useTranslation(['automation', 'common']);
  const { pipeline } = useBoard();
  const [job, setJob] = useState<string>();
  const [only, setOnly] = useState<string | null>('all');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const instant = (local: string) => (local === '' ? undefined : new Date(local).toISOString());
  const start = useMutation({
    mutationFn: (dry: boolean) => {
      const [since, until] = [instant(from), instant(to)];
      return startUndo(pipeline.id, stage, part, id, {
        dry,
        ...(part === 'robots' && only === 'version' && version !== undefined ? { version } : {}),
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
          <Text size="sm">{t(part === 'robots' ? 'undo.about' : 'undo.aboutTrigger')}</Text>
          {part === 'robots' && (
            <Select
              label={t('undo.versions')}
              data={[
                { value: 'all', label: t('undo.allVersions') },
                ...(version === undefined
                  ? []
                  : [{ value: 'version', label: t('undo.thisVersion', { version }) }]),
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
          starting={start.isPending}
          onTakeBack={() => start.mutate(false)}
          onAgain={() => setJob(undefined)}
          onClose={onClose}
        />
      )}
    </Modal>
  );
}

interface ResultProps {
  readonly id: string;
  readonly starting: boolean;
  readonly onTakeBack: () => void;
  readonly onAgain: () => void;
  readonly onClose: () => void;
}

function Result({ id, starting, onTakeBack, onAgain, onClose }: ResultProps) {
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
        className={classes.progress}
        aria-label={t('undo.progress')}
        max={Math.max(1, job?.total ?? 1)}
        value={job?.status === 'collecting' ? undefined : (job?.done ?? 0)}
      />
      {!open && (
        <Text size="sm" role="status">
          {counts.length === 0
            ? t('undo.nothing')
            : t(dry ? 'undo.looked' : 'undo.done', { count: undoing.data?.records ?? 0 })}
        </Text>
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
                      <One item={item} />
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
function One({ item }: { item: UndoItem }) {
  const { t } = useTranslation('automation');
  const { fieldName, stages } = useBoard();
  const value = (of: unknown): string =>
    (item.kind === 'stage' && stages.find(({ id }) => id === of)?.name) || showValue(of) || t('record.empty');
  const client = item.type === 'contact' ? 'client' : item.type === 'company' ? 'company' : undefined;
  if (client && item.field)
    return (
      <>
        {`${item.title} · ${fieldName(`${client}.${item.field}`)}: `}
        {value(item.is)} → {item.verdict === 'back' ? value(item.was) : t('undo.verdict.kept')}
        {item.because && (
          <span className={classes.because}> {t(`undo.because.${reason(item.because)}`)}</span>
        )}
      </>
    );
  return (
    <>
      {item.field ? fieldName(item.field) : t(`undo.kind.${word(item.kind)}`)}
      {(item.kind === 'field' || item.kind === 'stage') && item.because !== 'gone' && (
        <>
          {': '}
          {value(item.is)} → {item.verdict === 'back' ? value(item.was) : t('undo.verdict.kept')}
        </>
      )}
      {item.title && ` ${item.title}`}
      {item.because && <span className={classes.because}> {t(`undo.because.${reason(item.because)}`)}</span>}
    </>
  );
}

const KINDS = [
  'field',
  'stage',
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
] as const;
const reason = (because: string) => REASONS.find((known) => known === because) ?? 'outside';
