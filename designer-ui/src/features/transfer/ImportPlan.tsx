import { Badge, Button, Checkbox, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ErrorState, notifyError, PageSkeleton } from '@/ui';
import { WideTable } from '@/ui/WideTable';
import {
  changeImport,
  columnsQuery,
  draftQuery,
  type ImportDraft,
  type ImportEdit,
  previewQuery,
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

type Reading = NonNullable<ImportEdit['reading']>;

type PlanProps = {
  draft: ImportDraft;
  onChange: (draft: ImportDraft) => void;
  onStart: () => void;
  starting: boolean;
};

/** How a file is read, what its columns are, and what its rows would become. */
export function ImportPlan({ draft, onChange, onStart, starting }: PlanProps) {
  const { t } = useTranslation('transfer');
  const client = useQueryClient();
  const columns = useQuery(columnsQuery(draft.type));
  const preview = useQuery(previewQuery(draft));
  // One after the other, each from what the one before has made of it: two quick choices both count.
  const change = useMutation({
    scope: { id: `import-${draft.id}` },
    mutationFn: (edit: (now: ImportDraft) => ImportEdit) =>
      changeImport(draft.id, edit(client.getQueryData(draftQuery(draft.id).queryKey) ?? draft)),
    onSuccess: onChange,
    onError: notifyError,
  });
  if (columns.error) return <ErrorState error={columns.error} onRetry={() => columns.refetch()} />;
  if (!columns.data) return <PageSkeleton />;
  const fields = columns.data.items.filter((column) => column.import);
  const label = (key: string) => fields.find((column) => column.key === key)?.label ?? key;
  const mapping = draft.mapping ?? [];
  const read = (edit: Partial<Reading>) =>
    change.mutate(({ encoding, delimiter, sheet, noHeader }) => ({
      reading: { encoding, delimiter, sheet, noHeader, ...edit },
    }));
  const rows = preview.data?.items ?? [];
  const faults = rows.filter((row) => row.becomes === 'fault').length;
  const choice = (key: string, i: number) => (
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
        change.mutate((now) => ({
          mapping: (now.mapping ?? []).map((had, at) => (at === i ? to : had)),
        }));
      }}
    />
  );
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
        <Checkbox
          label={t('headings')}
          checked={!draft.noHeader}
          onChange={(event) => read({ noHeader: !event.currentTarget.checked })}
          mb={8}
        />
        <RulesForm
          draft={draft}
          columns={fields}
          onChange={(rules) => change.mutate((now) => ({ rules: { ...rulesOf(now), ...rules } }))}
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
      {/* The head of the table, which cards on a phone do not have. */}
      <Stack gap="xs" hiddenFrom="xs">
        {mapping.map((key, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place in the file.
          <div key={i}>{choice(key, i)}</div>
        ))}
      </Stack>
      <WideTable label={t('preview')} minWidth={Math.max(600, (mapping.length + 1) * 170)}>
        <thead>
          <tr>
            <th>{t('becomes')}</th>
            {mapping.map((key, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place in the file.
              <th key={i}>{choice(key, i)}</th>
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
