import { Anchor, Badge, Button, Group, NativeSelect, Progress, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { Upload } from 'lucide-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ErrorState, notifyError, Page, PageSkeleton } from '@/ui';
import { WideTable } from '@/ui/WideTable';
import {
  changeImport,
  columnsQuery,
  faultsHref,
  type ImportDraft,
  type ImportEdit,
  jobQuery,
  previewQuery,
  startImport,
  uploadImport,
} from './api';
import { RulesForm, rulesOf } from './RulesForm';

const encodings = [
  'utf-8',
  'windows-1250',
  'windows-1251',
  'windows-1252',
  'iso-8859-2',
  'koi8-r',
  'cp866',
  'utf-16le',
  'utf-16be',
] as const;
const delimiters = [',', ';', '\t', '|'] as const;
const colors = { new: 'green', update: 'blue', known: 'gray', fault: 'red' } as const;

/** A file becomes records: upload, what its columns are, what its rows would become, and the job. */
export function ImportPage() {
  const { t } = useTranslation('transfer');
  const { type } = useParams({ strict: false }) as { type: string };
  const [draft, setDraft] = useState<ImportDraft | null>(null);
  const [job, setJob] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const upload = useMutation({
    mutationFn: (file: File) => uploadImport(type, file),
    onSuccess: (made) => {
      setJob(null);
      setDraft(made);
    },
    onError: notifyError,
  });
  const start = useMutation({
    mutationFn: (id: string) => startImport(id),
    onSuccess: (started) => setJob(started.id),
    onError: notifyError,
  });
  return (
    <Page
      title={t('importTitle')}
      actions={
        <Button
          variant={draft ? 'default' : 'filled'}
          leftSection={<Upload size={16} aria-hidden />}
          loading={upload.isPending}
          onClick={() => input.current?.click()}
        >
          {t('choose')}
        </Button>
      }
    >
      <input
        ref={input}
        type="file"
        accept=".csv,.txt,.tsv,.xlsx"
        hidden
        aria-label={t('choose')}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (file) upload.mutate(file);
        }}
      />
      {!draft && <Text c="dimmed">{t('hint')}</Text>}
      {draft && job && <Running draft={draft} job={job} />}
      {draft && !job && (
        <Plan
          draft={draft}
          onChange={setDraft}
          onStart={() => start.mutate(draft.id)}
          starting={start.isPending}
        />
      )}
    </Page>
  );
}

type PlanProps = {
  draft: ImportDraft;
  onChange: (draft: ImportDraft) => void;
  onStart: () => void;
  starting: boolean;
};

function Plan({ draft, onChange, onStart, starting }: PlanProps) {
  const { t } = useTranslation('transfer');
  const columns = useQuery(columnsQuery(draft.type));
  const preview = useQuery(previewQuery(draft));
  const change = useMutation({
    mutationFn: (edit: ImportEdit) => changeImport(draft.id, edit),
    onSuccess: onChange,
    onError: notifyError,
  });
  if (columns.error) return <ErrorState error={columns.error} onRetry={() => columns.refetch()} />;
  if (!columns.data) return <PageSkeleton />;
  const fields = columns.data.items.filter((column) => column.import);
  const label = (key: string) => fields.find((column) => column.key === key)?.label ?? key;
  const mapping = draft.mapping ?? [];
  const reading = {
    encoding: draft.encoding,
    delimiter: draft.delimiter,
    sheet: draft.sheet,
    noHeader: draft.noHeader,
  };
  const read = (edit: Partial<typeof reading>) => change.mutate({ reading: { ...reading, ...edit } });
  const rows = preview.data?.items ?? [];
  const faults = rows.filter((row) => row.becomes === 'fault').length;
  return (
    <Stack>
      <Text>{t('file', { name: draft.name, count: draft.rows })}</Text>
      <Group align="end">
        {draft.format === 'csv' && (
          <>
            <NativeSelect
              label={t('encoding')}
              data={[...encodings]}
              value={draft.encoding}
              onChange={(event) => read({ encoding: encodings.find((e) => e === event.currentTarget.value) })}
            />
            <NativeSelect
              label={t('delimiter')}
              data={delimiters.map((d) => ({ value: d, label: d === '\t' ? t('tab') : d }))}
              value={draft.delimiter}
              onChange={(event) => read({ delimiter: event.currentTarget.value })}
            />
          </>
        )}
        {(draft.sheets?.length ?? 0) > 1 && (
          <NativeSelect
            label={t('sheet')}
            data={draft.sheets ?? []}
            value={draft.sheet}
            onChange={(event) => read({ sheet: event.currentTarget.value })}
          />
        )}
        <RulesForm
          draft={draft}
          columns={fields}
          onChange={(rules) => change.mutate({ rules: { ...rulesOf(draft), ...rules } })}
        />
      </Group>
      <Group>
        <Button loading={starting || change.isPending} onClick={onStart}>
          {t('start', { count: draft.rows })}
        </Button>
        {faults > 0 && (
          <Text c="var(--mantine-color-error)">{t('faulty', { count: faults, shown: rows.length })}</Text>
        )}
      </Group>
      <WideTable label={t('preview')} minWidth={Math.max(600, (mapping.length + 1) * 170)}>
        <thead>
          <tr>
            <th>{t('becomes')}</th>
            {mapping.map((key, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place in the file.
              <th key={i}>
                <NativeSelect
                  label={draft.header?.[i] || t('column', { n: i + 1 })}
                  data={[
                    { value: '', label: t('leaveOut') },
                    ...fields
                      .filter((column) => column.key === key || !mapping.includes(column.key))
                      .map((column) => ({ value: column.key, label: column.label })),
                  ]}
                  value={key}
                  onChange={(event) => {
                    const to = event.currentTarget.value;
                    change.mutate({ mapping: mapping.map((had, at) => (at === i ? to : had)) });
                  }}
                />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.n}>
              <td>
                <Badge color={colors[row.becomes]} variant="light" c="var(--fx-text)">
                  {t(`row.${row.becomes}`)}
                </Badge>
                {row.record && <Text size="xs">{row.record.name}</Text>}
                {row.row !== undefined && <Text size="xs">{t('asRow', { n: row.row })}</Text>}
                {row.wrongs?.map((wrong) => (
                  <Text key={wrong.field + wrong.code} size="xs" c="var(--mantine-color-error)">
                    {wrong.field ? `${label(wrong.field)}: ${wrong.message}` : wrong.message}
                  </Text>
                ))}
              </td>
              {mapping.map((key, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place in the file.
                <td key={i} data-label={draft.header?.[i]}>
                  <Text size="sm" c={key ? undefined : 'dimmed'} lineClamp={2}>
                    {row.cells?.[i]}
                  </Text>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </WideTable>
    </Stack>
  );
}

function Running({ draft, job }: { draft: ImportDraft; job: string }) {
  const { t } = useTranslation('transfer');
  const { data, error, refetch } = useQuery(jobQuery(job));
  if (error) return <ErrorState error={error} onRetry={() => refetch()} />;
  if (!data) return <PageSkeleton />;
  const ended = !['collecting', 'running'].includes(data.status);
  return (
    <Stack maw={560} aria-live="polite">
      <Progress
        value={data.total ? (100 * data.done) / Math.max(data.total, draft.rows) : 0}
        aria-label={t('importTitle')}
      />
      <Text>
        {t(ended ? 'ended' : 'running', { done: data.done, total: Math.max(data.total, draft.rows) })}
      </Text>
      <Text>{t('result', { changed: data.changed, same: data.same, refused: data.refused })}</Text>
      {ended && data.refused > 0 && (
        <Group>
          {(['xlsx', 'csv'] as const).map((format) => (
            <Anchor key={format} href={faultsHref(draft.id, format)} download>
              {t('faults', { format: format.toUpperCase() })}
            </Anchor>
          ))}
        </Group>
      )}
    </Stack>
  );
}
