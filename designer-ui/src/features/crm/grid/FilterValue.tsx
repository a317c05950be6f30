import { Group, MultiSelect, NativeSelect, NumberInput, Select, TagsInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { minorUnits } from '../fields';
import { OwnInputs } from '../OwnInputs';
import { dictionariesQuery, each } from '../ownFields';
import { pipelinesQuery } from '../queries';
import { useRecordRoute } from '../recordRoute';
import type { GridColumn } from './columns';
import { daysFromToday, type FilterOp, fromToday } from './filter';

type FilterValueProps = {
  column: GridColumn;
  op: FilterOp;
  value: unknown;
  onChange: (value: unknown) => void;
};

const days = [0, 1, 7, 30, -1, -7, -30, -90];

/** What a field is compared with, by its type. */
export function FilterValue({ column, op, value, onChange }: FilterValueProps) {
  const { t } = useTranslation(['grid', 'crm']);
  const label = t('filter.value', { field: column.label });
  const text = typeof value === 'string' ? value : '';
  switch (column.type) {
    case 'number':
      return (
        <NumberInput
          aria-label={label}
          hideControls
          value={typeof value === 'number' ? value : ''}
          onChange={(next) => onChange(next === '' ? undefined : Number(next))}
        />
      );
    case 'money':
      return (
        <NumberInput
          aria-label={label}
          hideControls
          decimalScale={2}
          value={typeof value === 'number' ? value / 100 : ''}
          onChange={(next) => onChange(minorUnits(next))}
        />
      );
    case 'date':
    case 'dateTime': {
      const relative = daysFromToday(value);
      const known = relative === null || days.includes(relative) ? days : [...days, relative];
      return (
        <Group gap={4} wrap="nowrap" grow>
          <NativeSelect
            aria-label={t('filter.day')}
            value={relative === null ? '' : String(relative)}
            data={[
              { value: '', label: t('filter.date') },
              ...known.map((day) => ({
                value: String(day),
                label:
                  day === 0
                    ? t('filter.today')
                    : day > 0
                      ? t('filter.inDays', { count: day })
                      : t('filter.daysAgo', { count: -day }),
              })),
            ]}
            onChange={(event) => {
              const day = event.currentTarget.value;
              onChange(day === '' ? undefined : fromToday(Number(day)));
            }}
          />
          {relative === null && (
            <TextInput
              type="date"
              aria-label={label}
              value={text.slice(0, 10)}
              onChange={(event) => onChange(event.currentTarget.value || undefined)}
            />
          )}
        </Group>
      );
    }
    case 'boolean':
      return (
        <NativeSelect
          aria-label={label}
          value={typeof value === 'boolean' ? String(value) : ''}
          data={[
            { value: '', label: '' },
            { value: 'true', label: t('crm:own.yes') },
            { value: 'false', label: t('crm:own.no') },
          ]}
          onChange={(event) =>
            onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value === 'true')
          }
        />
      );
    case 'user':
    case 'list':
      return <Choices {...{ column, op, value, onChange, label }} />;
    case 'reference':
      return (
        <OwnInputs
          fields={[{ ...column.info, multiple: op === 'in', help: undefined }]}
          values={{ [column.key]: value }}
          names={{}}
          errors={{}}
          isRequired={() => false}
          onChange={(_, next) => onChange(next ?? undefined)}
        />
      );
    default:
      return op === 'in' ? (
        <TagsInput aria-label={label} value={each(value).map(String)} onChange={onChange} />
      ) : (
        <TextInput
          aria-label={label}
          maxLength={200}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value || undefined)}
        />
      );
  }
}

function Choices({ column, op, value, onChange, label }: FilterValueProps & { label: string }) {
  const { t } = useTranslation('grid');
  const { type } = useRecordRoute();
  const dictionaries = useQuery(dictionariesQuery).data?.items;
  const people = useQuery(directoryQuery).data?.users;
  const pipelines = useQuery(pipelinesQuery).data?.items.filter((one) => one.type === type) ?? [];
  const data = (): { value: string; label: string }[] => {
    if (column.type === 'user')
      return [
        { value: 'me', label: t('filter.me') },
        ...(people ?? []).map(({ id, name }) => ({ value: id, label: name })),
      ];
    if (column.own)
      return (dictionaries?.find((one) => one.id === column.info.dictionary)?.items ?? []).map((item) => ({
        value: item.id ?? '',
        label: item.name,
      }));
    if (column.key === 'pipeline') return pipelines.map(({ id, name }) => ({ value: id, label: name }));
    return pipelines.flatMap((pipeline) =>
      pipeline.stages.map((stage) => ({
        value: `${pipeline.id}:${stage.id}`,
        label: pipelines.length > 1 ? `${pipeline.name} · ${stage.name}` : stage.name,
      })),
    );
  };
  const shared = { 'aria-label': label, data: data(), searchable: true };
  return op === 'in' ? (
    <MultiSelect {...shared} value={each(value).map(String)} onChange={onChange} />
  ) : (
    <Select
      {...shared}
      value={typeof value === 'string' ? value : null}
      onChange={(next) => onChange(next ?? undefined)}
    />
  );
}
