import {
  Button,
  FileButton,
  Group,
  Input,
  MultiSelect,
  NumberInput,
  Pill,
  Select,
  TagsInput,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Upload } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type Page } from '@/api/client';
import { directoryQuery } from '@/api/queries/directory';
import { notifyError } from '@/ui';
import { currencies, minorUnits } from './fields';
import { dictionariesQuery, each, type FieldInfo, fromLocal, toLocal, type Values } from './ownFields';
import { uploadFile } from './queries';
import type { Money } from './types';

type OwnInputsProps = {
  fields: FieldInfo[];
  values: Values;
  /** What people read for the ids of users, records and files among the values. */
  names: Record<string, string>;
  errors: Record<string, string>;
  /** Record that uploaded files belong to ("deal:17"); without one nothing can be uploaded yet. */
  owner?: string;
  isRequired: (field: FieldInfo) => boolean;
  onChange: (key: string, value: unknown) => void;
};

/** An input for every own field, by its type. */
export function OwnInputs(props: OwnInputsProps) {
  return props.fields.map((field) => <OwnInput key={field.key} {...props} field={field} />);
}

const single = (picked: readonly string[]) => picked.at(-1) ?? null;

function OwnInput({
  field,
  values,
  names,
  errors,
  owner,
  isRequired,
  onChange,
}: OwnInputsProps & { field: FieldInfo }) {
  const { t } = useTranslation('crm');
  const value = values[field.key];
  const put = (next: unknown) => onChange(field.key, next === '' ? null : next);
  const nested = Object.entries(errors).find(([path]) => path.startsWith(`fields/${field.key}/`))?.[1];
  const common = {
    label: field.label,
    description: field.help || undefined,
    error: errors[`fields/${field.key}`] ?? nested,
    withAsterisk: isRequired(field),
  };
  const texts = each(value).map(String);

  switch (field.type) {
    case 'longText':
    case 'address':
      return (
        <Textarea
          {...common}
          autosize
          minRows={2}
          maxRows={10}
          value={texts[0] ?? ''}
          onChange={(event) => put(event.currentTarget.value)}
        />
      );
    case 'number':
      return (
        <NumberInput
          {...common}
          hideControls
          value={typeof value === 'number' ? value : ''}
          onChange={(next) => put(next === '' ? null : Number(next))}
        />
      );
    case 'money':
      return <MoneyInput common={common} value={value as Money | undefined} onChange={put} />;
    case 'date':
      return (
        <TextInput
          {...common}
          type="date"
          value={texts[0]?.slice(0, 10) ?? ''}
          onChange={(event) => put(event.currentTarget.value)}
        />
      );
    case 'dateTime':
      return (
        <TextInput
          {...common}
          type="datetime-local"
          value={toLocal(value)}
          onChange={(event) => put(fromLocal(event.currentTarget.value))}
        />
      );
    case 'boolean':
      return (
        <Select
          {...common}
          clearable
          data={[
            { value: 'true', label: t('own.yes') },
            { value: 'false', label: t('own.no') },
          ]}
          value={typeof value === 'boolean' ? String(value) : null}
          onChange={(next) => put(next === null ? null : next === 'true')}
        />
      );
    case 'booking':
      // Booked, moved and canceled on the card, never written.
      return (
        <Input.Wrapper {...common} description={t('own.booked')}>
          {texts.map((id) => names[id] ?? id).join(', ')}
        </Input.Wrapper>
      );
    case 'list':
      return <ListInput field={field} common={common} value={texts} onChange={put} />;
    case 'user':
      return <UserInput field={field} common={common} value={texts} names={names} onChange={put} />;
    case 'reference':
      return <RecordInput field={field} common={common} value={texts} names={names} onChange={put} />;
    case 'file':
      return (
        <FileInput field={field} common={common} value={texts} names={names} owner={owner} onChange={put} />
      );
    default:
      return field.multiple ? (
        <TagsInput {...common} value={texts} onChange={put} />
      ) : (
        <TextInput
          {...common}
          type={field.type === 'email' ? 'email' : field.type === 'phone' ? 'tel' : 'text'}
          inputMode={field.type === 'link' ? 'url' : undefined}
          value={texts[0] ?? ''}
          onChange={(event) => put(event.currentTarget.value)}
        />
      );
  }
}

type Common = { label: string; description?: string; error?: string; withAsterisk: boolean };
type PartProps = {
  field: FieldInfo;
  common: Common;
  value: string[];
  onChange: (value: unknown) => void;
};

function MoneyInput({ common, value, onChange }: Omit<PartProps, 'field' | 'value'> & { value?: Money }) {
  const { t } = useTranslation('crm');
  const [currency, setCurrency] = useState(value?.currency ?? 'EUR');
  const amountOf = (amount: number | string, of: string) => {
    const minor = minorUnits(amount);
    onChange(minor === undefined ? null : { amount: minor, currency: of });
  };
  return (
    <Group gap="sm" wrap="nowrap" align="flex-end" grow preventGrowOverflow={false}>
      <NumberInput
        {...common}
        decimalScale={2}
        hideControls
        value={value ? value.amount / 100 : ''}
        onChange={(amount) => amountOf(amount, currency)}
      />
      <Select
        aria-label={t('own.currencyOf', { field: common.label })}
        w={100}
        data={currencies}
        allowDeselect={false}
        value={currency}
        onChange={(next) => {
          if (!next) return;
          setCurrency(next);
          if (value) onChange({ amount: value.amount, currency: next });
        }}
      />
    </Group>
  );
}

function Choice({
  field,
  common,
  value,
  onChange,
  data,
  ...search
}: PartProps & {
  data: { value: string; label: string }[];
  searchValue?: string;
  onSearchChange?: (text: string) => void;
}) {
  const { t } = useTranslation('crm');
  const shared = { ...common, ...search, data, searchable: true, nothingFoundMessage: t('own.nothing') };
  return field.multiple ? (
    <MultiSelect {...shared} clearable value={value} onChange={onChange} />
  ) : (
    <Select {...shared} clearable value={single(value)} onChange={onChange} />
  );
}

function ListInput(props: PartProps) {
  const dictionaries = useQuery(dictionariesQuery);
  const items = dictionaries.data?.items.find((one) => one.id === props.field.dictionary)?.items ?? [];
  return (
    <Choice
      {...props}
      data={items
        .filter((item) => !item.retired || props.value.includes(item.id ?? ''))
        .map((item) => ({ value: item.id ?? '', label: item.name }))}
    />
  );
}

type NamedProps = PartProps & { names: Record<string, string> };

function UserInput({ names, ...props }: NamedProps) {
  const directory = useQuery(directoryQuery);
  const active = (directory.data?.users ?? []).filter((user) => user.active);
  const gone = props.value.filter((id) => !active.some((user) => user.id === id));
  return (
    <Choice
      {...props}
      data={[
        ...active.map(({ id, name }) => ({ value: id, label: name })),
        ...gone.map((id) => ({ value: id, label: names[id] ?? id })),
      ]}
    />
  );
}

const listOf = { deal: 'deals', contact: 'contacts', company: 'companies' } as const;

function RecordInput({ names, ...props }: NamedProps) {
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text, 250);
  const path = listOf[props.field.target as keyof typeof listOf];
  const [picked, setPicked] = useState<Record<string, string>>({});
  const known = { ...names, ...picked };
  const query = Object.values(known).includes(q) ? '' : q;
  const found = useQuery({
    queryKey: [path, 'named', query],
    queryFn: ({ signal }) =>
      api.get<Page<{ id: string; name?: string; title?: string }>>(
        `/${path}`,
        { q: query, limit: 50 },
        signal,
      ),
    staleTime: 30_000,
    placeholderData: (old) => old,
  });
  const options = (found.data?.items ?? []).map(({ id, name, title }) => ({
    value: id,
    label: name ?? title ?? id,
  }));
  const missing = props.value.filter((id) => !options.some((option) => option.value === id));
  return (
    <Choice
      {...props}
      data={[...options, ...missing.map((id) => ({ value: id, label: known[id] ?? id }))]}
      searchValue={text}
      onSearchChange={setText}
      onChange={(next) => {
        const chosen = each(next).map(String);
        setPicked((old) => ({
          ...old,
          ...Object.fromEntries(
            options.filter(({ value }) => chosen.includes(value)).map((o) => [o.value, o.label]),
          ),
        }));
        props.onChange(next);
      }}
    />
  );
}

function FileInput({ field, common, value, names, owner, onChange }: NamedProps & { owner?: string }) {
  const { t } = useTranslation('crm');
  const id = useId();
  const [fresh, setFresh] = useState<Record<string, string>>({});
  const upload = useMutation({
    mutationFn: (file: File) => uploadFile(owner ?? '', file),
    onSuccess: (file) => {
      setFresh((old) => ({ ...old, [file.id]: file.name }));
      onChange(field.multiple ? [...value, file.id] : file.id);
    },
    onError: notifyError,
  });
  return (
    <Input.Wrapper {...common} id={id} labelElement="div" aria-describedby={undefined}>
      <Group gap="xs" mt={4}>
        {value.map((file) => (
          <Pill
            key={file}
            withRemoveButton
            removeButtonProps={{
              'aria-label': t('own.removeFile', { name: fresh[file] ?? names[file] ?? file }),
            }}
            onRemove={() => onChange(field.multiple ? value.filter((one) => one !== file) : null)}
          >
            {fresh[file] ?? names[file] ?? file}
          </Pill>
        ))}
        {owner ? (
          <FileButton onChange={(file) => file && upload.mutate(file)}>
            {(button) => (
              <Button
                {...button}
                variant="default"
                size="compact-sm"
                loading={upload.isPending}
                leftSection={<Upload size={14} aria-hidden />}
                aria-label={t('own.uploadFor', { field: field.label })}
              >
                {t('documents.upload')}
              </Button>
            )}
          </FileButton>
        ) : (
          <Input.Description>{t('own.fileLater')}</Input.Description>
        )}
      </Group>
    </Input.Wrapper>
  );
}
