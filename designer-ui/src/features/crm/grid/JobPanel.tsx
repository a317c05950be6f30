import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { formatNumber } from '@/lib/format';
import { announce } from '@/lib/live';
import { notifyError } from '@/ui';
import { cancelJob, isParty, type Job, jobLinesQuery, jobQuery, running, startMass } from './api';
import classes from './Job.module.css';

type JobPanelProps = {
  id: string;
  title: string;
  onClose: () => void;
  /** Another job that takes this one back. */
  onStarted?: (job: Job) => void;
  /** It has ended: what lists show is old. */
  onEnded: () => void;
};

/** Progress of a long act, and why what was refused was refused. */
export function JobPanel({ id, title, onClose, onStarted, onEnded }: JobPanelProps) {
  const { t } = useTranslation(['grid', 'common']);
  const client = useQueryClient();
  const job = useQuery(jobQuery(id)).data;
  const open = running(job);
  const refused = useQuery({
    ...jobLinesQuery(id, 'refused', job?.refused ?? 0),
    enabled: (job?.refused ?? 0) > 0,
  });
  const cancel = useMutation({
    mutationFn: () => cancelJob(id),
    onSuccess: (next) => client.setQueryData(jobQuery(id).queryKey, next),
    onError: notifyError,
  });
  const restore = useMutation({
    mutationFn: () => startMass(job?.type ?? '', { wish: { action: 'restore', job: id }, select: {} }),
    onSuccess: (next) => onStarted?.(next),
    onError: notifyError,
  });
  const told = useRef(false);
  const ended = useRef(onEnded);
  useEffect(() => {
    ended.current = onEnded;
  });
  const summary = job
    ? t('job.summary', {
        changed: formatNumber(job.changed),
        same: formatNumber(job.same),
        refused: formatNumber(job.refused),
      })
    : '';
  useEffect(() => {
    if (!job || open || told.current) return;
    told.current = true;
    announce(`${t(`job.status.${job.status}`)}. ${summary}`);
    ended.current();
  }, [job, open, summary, t]);
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      title={title}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <Stack gap="sm">
        <progress
          className={classes.progress}
          aria-label={title}
          max={Math.max(1, job?.total ?? 1)}
          value={job?.status === 'collecting' ? undefined : (job?.done ?? 0)}
        />
        <Group justify="space-between" gap="sm">
          <Text fw={500}>{t(`job.status.${job?.status ?? 'collecting'}`)}</Text>
          <Text c="dimmed">
            {t('job.progress', { done: formatNumber(job?.done ?? 0), total: formatNumber(job?.total ?? 0) })}
          </Text>
        </Group>
        <Text size="sm">{summary}</Text>
        {job?.why && <Text c="red">{job.why.text}</Text>}
        {refused.data && refused.data.items.length > 0 && (
          <section aria-label={t('job.refusedTitle')}>
            <Text fw={500} size="sm" mb={4}>
              {t('job.refusedTitle')}
            </Text>
            <ul className={classes.lines}>
              {refused.data.items.map((line) => (
                <li key={line.key}>
                  <Text size="sm" fw={500}>
                    {line.record && line.type && !isParty(line.type) ? (
                      <Link
                        to="/crm/$type/$recordId"
                        params={{ type: `${line.type}s`, recordId: line.record }}
                        search={{}}
                      >
                        {line.title || line.key}
                      </Link>
                    ) : (
                      line.title || line.key
                    )}
                  </Text>
                  <Text size="sm" c="dimmed">
                    {line.why?.text}
                    {(line.why?.fields ?? []).map((field) => ` ${field.path}: ${field.text}`).join(';')}
                  </Text>
                </li>
              ))}
            </ul>
          </section>
        )}
        <Group justify="flex-end" gap="sm">
          {open && (
            <Button
              variant="default"
              loading={cancel.isPending}
              disabled={job?.stop}
              onClick={() => cancel.mutate()}
            >
              {t('job.cancel')}
            </Button>
          )}
          {!open && job?.name === 'delete' && job.changed > 0 && onStarted && (
            <Button variant="default" loading={restore.isPending} onClick={() => restore.mutate()}>
              {t('job.takeBack')}
            </Button>
          )}
          <Button onClick={onClose}>{t(open ? 'job.behind' : 'common:action.close')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
