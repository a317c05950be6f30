import { MultiSelect, NativeSelect, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { pipelinesQuery } from '@/features/crm/queries';
import { isStaged } from '@/lib/records';
import type { ImportColumn, ImportDraft, ImportEdit } from './api';

type Rules = NonNullable<ImportEdit['rules']>;

/** How the rows of a file become records, as it is sent. */
export const rulesOf = ({
  duplicates,
  by,
  decimal,
  dates,
  currency,
  pipelineId,
  stageId,
  responsibleId,
}: ImportDraft): Rules => ({ duplicates, by, decimal, dates, currency, pipelineId, stageId, responsibleId });

const kept = ['skip', 'update', 'add'] as const;
const ways = ['email', 'phone', 'taxId', 'name'] as const;
const dates = ['dmy', 'mdy', 'ymd'] as const;
/** Types of own fields by which a record is known again. */
const tellingTypes = ['text', 'number', 'email', 'phone', 'link'];

type RulesFormProps = {
  draft: ImportDraft;
  columns: readonly ImportColumn[];
  onChange: (rules: Partial<Rules>) => void;
};

/** Where new records go, whose they are, how those that are there already are found, and what becomes of them. */
export function RulesForm({ draft, columns, onChange }: RulesFormProps) {
  const { t } = useTranslation('transfer');
  const staged = isStaged(draft.type) && draft.type !== 'product';
  const directory = useQuery({ ...directoryQuery, enabled: staged });
  const pipelines = useQuery({ ...pipelinesQuery, enabled: staged });
  const fitting = (pipelines.data?.items ?? []).filter(({ type }) => type === draft.type);
  const pipeline = fitting.find(({ id }) => id === draft.pipelineId);
  const mapping = draft.mapping ?? [];
  const has = (key: string) => mapping.includes(key);
  // A record is found by what the file has: an own field, or one of the usual ways.
  const standard = ways.filter((way) =>
    draft.type === 'company' || draft.type === 'contact' || draft.type === 'lead'
      ? way !== 'taxId' || draft.type === 'company'
      : way === 'name',
  );
  const own = columns.filter((column) => has(column.key) && tellingTypes.includes(column.type) && column.own);
  return (
    <>
      {staged && !has('pipeline') && (
        <Select
          label={t('pipeline')}
          data={fitting.map(({ id, name }) => ({ value: id, label: name }))}
          value={pipeline?.id ?? null}
          placeholder={t('choosePipeline')}
          onChange={(id) => onChange({ pipelineId: id ?? '', stageId: '' })}
        />
      )}
      {pipeline && !has('stage') && (
        <Select
          label={t('stage')}
          data={pipeline.stages.map(({ id, name }) => ({ value: id, label: name }))}
          value={draft.stageId || null}
          placeholder={pipeline.stages[0]?.name}
          clearable
          onChange={(id) => onChange({ stageId: id ?? '' })}
        />
      )}
      {staged && (
        <Select
          label={t('responsible')}
          description={has('responsible') ? t('responsibleElse') : undefined}
          searchable
          clearable
          data={(directory.data?.users ?? [])
            .filter(({ active }) => active)
            .map(({ id, name }) => ({ value: id, label: name }))}
          value={draft.responsibleId || null}
          onChange={(id) => onChange({ responsibleId: id ?? '' })}
        />
      )}
      <NativeSelect
        label={t('known')}
        data={kept.map((rule) => ({ value: rule, label: t(`rule.${rule}`) }))}
        value={draft.duplicates}
        onChange={(event) =>
          onChange({ duplicates: kept.find((rule) => rule === event.currentTarget.value) })
        }
      />
      {draft.duplicates !== 'add' && (
        <MultiSelect
          label={t('knownBy')}
          data={[
            ...standard.map((way) => ({ value: way, label: t(`by.${way}`) })),
            ...own.map(({ key, label }) => ({ value: key, label })),
          ]}
          value={[...(draft.by ?? [])]}
          onChange={(by) => by.length > 0 && onChange({ by })}
        />
      )}
      <NativeSelect
        label={t('dates')}
        data={dates.map((form) => ({ value: form, label: t(`dateForm.${form}`) }))}
        value={draft.dates}
        onChange={(event) => onChange({ dates: dates.find((form) => form === event.currentTarget.value) })}
      />
    </>
  );
}
