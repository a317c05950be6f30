import { Group, Select, Stack } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type Page } from '@/api/client';
import { recordTypesQuery } from '@/features/crm/ownFields';

export type RecordChoice = { record?: { type: string; id: string }; field?: string };

type Props = {
  value: RecordChoice;
  errors: Record<string, string>;
  onChange: (value: RecordChoice) => void;
};

/** As the fields above, whose help stands below the input. */
const order: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error'];

const standard = ['deal', 'lead', 'quote', 'invoice'] as const;

/** What a booking is for: a record, found while typing, and the field of it that holds the booking. */
export function ForRecord({ value, errors, onChange }: Props) {
  const { t } = useTranslation(['bookings', 'common']);
  const [type, setType] = useState<string>('deal');
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [named, setNamed] = useState<{ value: string; label: string } | null>(null);
  const [sought] = useDebouncedValue(text === named?.label ? '' : text.trim(), 200);
  const types = useQuery(recordTypesQuery).data?.items ?? [];
  const found = useQuery({
    queryKey: ['records', 'to-book', type, sought],
    queryFn: ({ signal }) =>
      api.get<Page<{ id: string; title: string }>>(
        `/records/${encodeURIComponent(type)}`,
        { q: sought || undefined, limit: 20 },
        signal,
      ),
    enabled: open,
    retry: false,
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  });
  const fields = (of: string) =>
    (types.find(({ key }) => key === of)?.fields ?? []).filter(
      (field) => field.type === 'booking' && !field.retired,
    );
  const options = (found.data?.items ?? []).map(({ id, title }) => ({ value: id, label: title }));
  const offered = fields(type);
  return (
    <Stack gap="sm">
      <Group gap="sm" align="flex-start" wrap="nowrap">
        <Select
          label={t('bookings:field.recordType')}
          w={150}
          style={{ flex: 'none' }}
          allowDeselect={false}
          data={[
            ...standard.map((key) => ({ value: key as string, label: t(`common:form.recordType.${key}`) })),
            ...types.filter(({ own }) => own).map(({ key, name }) => ({ value: key, label: name || key })),
          ]}
          value={type}
          onChange={(next) => {
            if (!next) return;
            setType(next);
            setNamed(null);
            setText('');
            onChange({});
          }}
        />
        <Select
          label={t('bookings:field.record')}
          description={t('bookings:field.recordHelp')}
          inputWrapperOrder={order}
          style={{ flex: 1 }}
          searchable
          clearable
          data={named && !options.some((one) => one.value === named.value) ? [...options, named] : options}
          // The server has searched.
          filter={({ options: all }) => all}
          nothingFoundMessage={t('common:form.nothingFound')}
          value={value.record?.id ?? null}
          error={errors.record}
          onDropdownOpen={() => setOpen(true)}
          onSearchChange={setText}
          onChange={(id, option) => {
            setNamed(id && option ? { value: id, label: option.label } : null);
            onChange(id ? { record: { type, id }, field: offered[0]?.key } : {});
          }}
        />
      </Group>
      {value.record && offered.length > 0 && (
        <Select
          label={t('bookings:field.holder')}
          description={t('bookings:field.holderHelp')}
          inputWrapperOrder={order}
          clearable
          data={offered.map(({ key, label }) => ({ value: key, label }))}
          value={value.field ?? null}
          error={errors.field}
          onChange={(field) => onChange({ ...value, field: field ?? undefined })}
        />
      )}
    </Stack>
  );
}
