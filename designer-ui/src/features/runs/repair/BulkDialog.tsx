import { Anchor, Button, Group, Modal, Select, Stack, Text, Textarea } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { notifyError, WideTable } from '@/ui';
import { versionQuery, versionsQuery } from '../queries';
import {
  cancelRepair,
  type Job,
  jobQuery,
  type Outcome,
  previewRepair,
  resultsQuery,
  type Selection,
  startRepair,
  takeBackRepair,
  type Wish,
  type WishAction,
} from './api';
import { useWords } from './useWords';
import { WishForm } from './WishForm';

const actions = ['retry', 'skip', 'suspend', 'resume', 'cancel', 'resend', 'drop'] as const;
const perDefinition = [...actions, 'move', 'migrate'] as const;

type BulkDialogProps = { select: Selection; definition?: string; onClose: () => void };

/** One repair of many instances: look first, then a job with a line for each. */
export function BulkDialog({ select, definition, onClose }: BulkDialogProps) {
  const { t } = useTranslation(['repair', 'common']);
  const [wish, setWish] = useState<Wish>({ action: 'retry' });
  const [reason, setReason] = useState('');
  const [job, setJob] = useState<Job>();
  const versions = useQuery({ ...versionsQuery(definition ?? ''), enabled: definition !== undefined });
  const current = Math.max(0, ...(versions.data?.items ?? []).map((item) => item.version));
  const base = select.filter?.version ?? Math.max(1, current - 1);
  const shown = wish.action === 'migrate' ? base : current;
  const version = useQuery({
    ...versionQuery(definition ?? '', shown),
    enabled: definition !== undefined && shown > 0,
  });
  const process = version.data?.process;
  const names = new Map((process?.nodes ?? []).map((node) => [node.id, node.name || node.id]));
  const nameOf = (node: string) => names.get(node) ?? node;
  const asked = { ...wish, reason: reason.trim() };
  const look = useMutation({ mutationFn: () => previewRepair(asked, select), onError: notifyError });
  const start = useMutation({
    mutationFn: () => startRepair(asked, select),
    onSuccess: setJob,
    onError: notifyError,
  });
  const offered: readonly WishAction[] = definition ? perDefinition : actions;
  const change = (next: Wish) => {
    look.reset();
    setWish(next);
  };
  return (
    <Modal
      opened
      onClose={onClose}
      size="xl"
      title={t('bulk.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      {job ? (
        <JobView id={job.id} nameOf={nameOf} onJob={setJob} />
      ) : (
        <Stack gap="md">
          <Text size="sm" c="dimmed">
            {select.runs ? t('bulk.selected', { count: select.runs.length }) : t('bulk.matching')}
          </Text>
          <Select
            label={t('field.action')}
            data={offered.map((action) => ({ value: action, label: t(`action.${action}`) }))}
            value={wish.action}
            onChange={(action) => action && change({ action: action as WishAction })}
            allowDeselect={false}
          />
          {process && definition && (
            <WishForm
              wish={wish}
              onChange={change}
              process={process}
              definition={definition}
              version={wish.action === 'migrate' ? base : 0}
              standing={process.nodes.map((node) => node.id)}
              nameOf={nameOf}
            />
          )}
          <Textarea
            label={t('field.reason')}
            required
            autosize
            minRows={2}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          {look.data && (
            <OutcomeTable rows={look.data.items} more={Boolean(look.data.next)} nameOf={nameOf} />
          )}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" loading={look.isPending} onClick={() => look.mutate()}>
              {t('bulk.look')}
            </Button>
            <Button
              disabled={!look.data || reason.trim() === ''}
              loading={start.isPending}
              onClick={() => start.mutate()}
            >
              {t('bulk.start')}
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}

type OutcomeTableProps = { rows: Outcome[]; more: boolean; nameOf: (node: string) => string };

/** One line per instance: what comes of it, and where it stands then. */
function OutcomeTable({ rows, more, nameOf }: OutcomeTableProps) {
  const { t } = useTranslation('repair');
  const { why } = useWords();
  return (
    <>
      <WideTable label={t('preview.title')} minWidth={520}>
        <thead>
          <tr>
            <th>{t('bulk.instance')}</th>
            <th>{t('bulk.result')}</th>
            <th>{t('bulk.state')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.run}>
              <td>
                <Anchor component={Link} to={`/runs/${row.run}`}>
                  {row.title || row.run}
                </Anchor>
              </td>
              <td>
                {t(`verdict.${row.verdict}`)}
                {row.why && (
                  <Text size="xs" c="dimmed">
                    {why(row)}
                  </Text>
                )}
              </td>
              <td>{row.after?.nodes?.map(nameOf).join(', ') || t('preview.nowhere')}</td>
            </tr>
          ))}
        </tbody>
      </WideTable>
      {more && (
        <Text size="xs" c="dimmed">
          {t('bulk.more')}
        </Text>
      )}
    </>
  );
}

type JobViewProps = { id: string; nameOf: (node: string) => string; onJob: (job: Job) => void };

/** How far the job is, and its lines. It goes on when the dialog is closed. */
function JobView({ id, nameOf, onJob }: JobViewProps) {
  const { t } = useTranslation('repair');
  const client = useQueryClient();
  const job = useQuery(jobQuery(id));
  const results = useInfiniteQuery(resultsQuery(id, job.data?.done ?? 0));
  const cancel = useMutation({
    mutationFn: () => cancelRepair(id),
    onSuccess: () => client.invalidateQueries({ queryKey: ['repair', id] }),
    onError: notifyError,
  });
  const back = useMutation({
    mutationFn: () => takeBackRepair(id, t('migrate.takeBack')),
    onSuccess: onJob,
    onError: notifyError,
  });
  if (!job.data) return null;
  const { total, done, changed, refused, open, status, wish, undoneBy } = job.data;
  const rows = results.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Stack gap="md">
      <div aria-live="polite">
        <Text fw={600}>
          {t(`action.${wish.action}`)} · {t(`bulk.status.${status}`)}
        </Text>
        <Text size="sm">{t('bulk.progress', { done, total, changed, refused })}</Text>
      </div>
      <progress
        value={done}
        max={Math.max(total, 1)}
        aria-label={t('bulk.title')}
        style={{ width: '100%' }}
      />
      <OutcomeTable
        rows={rows
          .filter((row) => row.status === 'done' || row.status === 'refused')
          .map((row) => row.outcome)}
        more={results.hasNextPage}
        nameOf={nameOf}
      />
      <Group justify="flex-end" gap="sm">
        {open && (
          <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>
            {t('bulk.stop')}
          </Button>
        )}
        {!open && wish.action === 'migrate' && !undoneBy && changed > 0 && (
          <Button variant="default" loading={back.isPending} onClick={() => back.mutate()}>
            {t('migrate.takeBack')}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
