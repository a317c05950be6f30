import { Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { cancelJob, jobLinesQuery, jobQuery, running } from '@/features/crm/grid/api';
import jobClasses from '@/features/crm/grid/Job.module.css';
import { formatNumber } from '@/lib/format';
import { announce } from '@/lib/live';
import { ErrorState, notifyError, PageSkeleton } from '@/ui';
import { columnsQuery, faultsHref, type ImportDraft } from './api';
import classes from './Import.module.css';

type ImportResultProps = { draft: ImportDraft; job: string; onAnother: () => void };

/** Progress of an import, and what became of it: also long after, because the address names it. */
export function ImportResult({ draft, job: id, onAnother }: ImportResultProps) {
  const { t } = useTranslation('transfer');
  const client = useQueryClient();
  const job = useQuery(jobQuery(id));
  const columns = useQuery(columnsQuery(draft.type)).data?.items;
  const refused = useQuery({
    ...jobLinesQuery(id, 'refused', job.data?.refused ?? 0),
    enabled: (job.data?.refused ?? 0) > 0,
  });
  const cancel = useMutation({
    mutationFn: () => cancelJob(id),
    onSuccess: (next) => client.setQueryData(jobQuery(id).queryKey, next),
    onError: notifyError,
  });
  const data = job.data;
  const open = running(data);
  const begun = useRef(false);
  const status = data?.status;
  useEffect(() => {
    if (open) begun.current = true;
    else if (begun.current && status) {
      announce(t(`job.${status}`));
      // What lists, boards and pages of clients have kept is old now.
      void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'transfer' });
    }
  }, [open, status, client, t]);
  if (job.error) return <ErrorState error={job.error} onRetry={() => void job.refetch()} />;
  if (!data) return <PageSkeleton />;
  const total = Math.max(data.total, draft.rows);
  const label = (path: string) => {
    const key = path.replace(/^\//, '');
    return columns?.find((column) => column.key === key)?.label ?? key;
  };
  return (
    <Stack gap="md" className={classes.result}>
      <Stack gap={4}>
        <Group justify="space-between" gap="sm">
          <Text fw={600}>{draft.name}</Text>
          <Text c="dimmed">
            {t('progress', { done: formatNumber(data.done), total: formatNumber(total) })}
          </Text>
        </Group>
        <progress
          className={jobClasses.progress}
          aria-label={draft.name}
          max={Math.max(1, total)}
          value={data.status === 'collecting' ? undefined : data.done}
        />
        <Text fw={500}>{t(`job.${data.status}`)}</Text>
        {data.why && <Text c="var(--mantine-color-error)">{data.why.text}</Text>}
      </Stack>
      <dl className={classes.numbers}>
        {(['changed', 'same', 'refused'] as const).map((what) => (
          <div key={what} data-bad={what === 'refused' && data.refused > 0}>
            <dt>{t(what)}</dt>
            <dd>{formatNumber(data[what])}</dd>
          </div>
        ))}
      </dl>
      {data.refused > 0 && (
        <section aria-labelledby="import-refused">
          <h2 id="import-refused" className={classes.heading}>
            {t('refusedTitle')}
          </h2>
          <Text size="sm" c="dimmed">
            {t('refusedText')}
          </Text>
          <Group gap="md" my={8}>
            {(['xlsx', 'csv'] as const).map((format) => (
              <Anchor key={format} href={faultsHref(draft.id, format)} download size="sm">
                {t('faults', { format: format.toUpperCase() })}
              </Anchor>
            ))}
          </Group>
          <ul className={jobClasses.lines}>
            {refused.data?.items.map((line) => (
              <li key={line.key}>
                <Text size="sm" fw={500}>
                  {[t('rowNumber', { n: line.n + 1 }), line.title].filter(Boolean).join(' · ')}
                </Text>
                <Text size="sm" c="dimmed">
                  {line.why?.fields?.length
                    ? line.why.fields
                        .map(({ path, text }) => (path ? `${label(path)}: ${text}` : text))
                        .join('; ')
                    : line.why?.text}
                </Text>
              </li>
            ))}
          </ul>
        </section>
      )}
      <Group gap="sm">
        {open ? (
          <Button
            variant="default"
            loading={cancel.isPending}
            disabled={data.stop}
            onClick={() => cancel.mutate()}
          >
            {t('cancel')}
          </Button>
        ) : (
          <>
            {draft.type === 'product' ? (
              <Button component={Link} to="/crm/products">
                {t('show')}
              </Button>
            ) : (
              <Button
                component={Link}
                to={`/crm/${draft.type === 'company' ? 'companie' : draft.type}s/list`}
              >
                {t('show')}
              </Button>
            )}
            <Button variant="default" onClick={onAnother}>
              {t('another')}
            </Button>
          </>
        )}
      </Group>
    </Stack>
  );
}
