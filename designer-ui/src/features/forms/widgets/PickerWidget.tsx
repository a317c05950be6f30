import { type ComboboxItem, Loader, MultiSelect, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, type Page } from '@/api/client';
import { directoryQuery } from '@/api/queries/directory';
import { secretsQuery } from '@/api/queries/secrets';
import type { DefinitionSummary, Directory } from '@/api/types';
import type { Outcome } from '@/lib/process/types';
import { useFormContext, type WidgetProps } from '../context';
import { useWho } from '../roles';
import { type JsonSchema, type Path, typeOf, type WidgetName } from '../schema';
import { described } from './described';
import { aboutRecords, type Choice, useRecordChoices } from './recordChoices';

type Template = { id: string; key: string; name: string };
type Resource = { id: string; name: string; active: boolean };
type WebForm = { id: string; name: string; active: boolean };
type Choices = { data: Choice[]; loading: boolean };

const people = (directory: Directory | undefined) =>
  (directory?.users ?? [])
    .filter((user) => user.active)
    .map((user) => ({ value: user.id, label: user.title ? `${user.name} · ${user.title}` : user.name }));
const groups = (directory: Directory | undefined) =>
  (directory?.groups ?? []).map((group) => ({ value: group.id, label: group.name }));

/** The answers that people may give, as the same form has them. */
function useOutcomes(): Outcome[] {
  const { outcomes } = useFormContext().value;
  return Array.isArray(outcomes)
    ? outcomes.filter((one: Partial<Outcome> | null): one is Outcome => typeof one?.name === 'string')
    : [];
}

/** Choices of a picker. Each kind has one source; the others are not asked. */
function useChoices(kind: WidgetName, schema: JsonSchema, path: Path): Choices {
  const fromDirectory = ['user', 'group', 'performer', 'department'].includes(kind);
  const directory = useQuery({ ...directoryQuery, enabled: fromDirectory });
  const who = useWho(directory.data);
  const templates = useQuery({
    queryKey: ['templates'],
    queryFn: ({ signal }) => api.get<Page<Template>>('/templates', undefined, signal),
    staleTime: 60_000,
    enabled: kind === 'template-file',
  });
  const definitions = useQuery({
    queryKey: ['definitions', 'choices'],
    queryFn: ({ signal }) => api.get<Page<DefinitionSummary>>('/definitions', { limit: 200 }, signal),
    staleTime: 60_000,
    enabled: kind === 'process',
  });

  const outcomes = useOutcomes();
  const records = useRecordChoices(kind, schema, path);
  const sort = typeof schema['x-kind'] === 'string' ? schema['x-kind'] : undefined;
  const forms = useQuery({
    queryKey: ['forms', 'choices', sort],
    queryFn: ({ signal }) => api.get<Page<WebForm>>('/forms', { kind: sort, limit: 200 }, signal),
    staleTime: 60_000,
    enabled: kind === 'web-form',
  });

  const resources = useQuery({
    queryKey: ['resources'],
    queryFn: ({ signal }) => api.get<Page<Resource>>('/resources', undefined, signal),
    staleTime: 60_000,
    enabled: kind === 'resource',
  });

  const secrets = useQuery({ ...secretsQuery, enabled: kind === 'secret' });

  if (aboutRecords.has(kind)) return records;
  switch (kind) {
    case 'resource':
      return {
        data: (resources.data?.items ?? [])
          .filter(({ active }) => active)
          .map(({ id, name }) => ({ value: id, label: name })),
        loading: resources.isLoading,
      };
    case 'outcome':
      return {
        data: outcomes.map(({ name, label }) => ({ value: name, label: label || name })),
        loading: false,
      };
    case 'secret':
      return {
        data: (secrets.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
        loading: secrets.isLoading,
      };
    case 'web-form':
      return {
        data: (forms.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
        loading: forms.isLoading,
      };
    case 'user':
      return { data: people(directory.data), loading: directory.isLoading };
    case 'group':
      return { data: groups(directory.data), loading: directory.isLoading };
    case 'performer':
      return {
        data: schema['x-departments'] === true ? who.everybody : who.assignable,
        loading: directory.isLoading,
      };
    case 'department':
      return {
        data: (directory.data?.departments ?? []).map(({ id, name }) => ({ value: id, label: name })),
        loading: directory.isLoading,
      };
    case 'template-file':
      return {
        data: (templates.data?.items ?? []).map(({ key, name }) => ({ value: key, label: name })),
        loading: templates.isLoading,
      };
    case 'process':
      return {
        data: (definitions.data?.items ?? []).map(({ key, name }) => ({ value: key, label: name })),
        loading: definitions.isLoading,
      };
    default:
      return { data: [], loading: false };
  }
}

const flatten = (data: Choices['data']): ComboboxItem[] =>
  data.flatMap((item) => ('group' in item ? item.items : [item]));

/** Chooses a person, group, stage, template … by name; the value is its id or key. */
export function PickerWidget({ kind, ...props }: WidgetProps & { kind: WidgetName }) {
  const { t } = useTranslation();
  const { data, loading } = useChoices(kind, props.schema, props.path);
  const { schema, value, onChange, required } = props;
  const common = { ...described(props), 'aria-required': required };

  const known = new Set(flatten(data).map((item) => item.value));
  // A value that is no longer offered stays visible instead of vanishing on the next save.
  const missing = (
    Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : []
  ).filter((name) => name !== '' && !known.has(name));
  const extended = loading
    ? [...data, ...missing.map((name) => ({ value: name, label: '…' }))]
    : [...data, ...missing.map((name) => ({ value: name, label: t('form.unknownChoice', { value: name }) }))];
  const shared = {
    ...common,
    data: extended,
    searchable: true,
    nothingFoundMessage: t('form.nothingFound'),
    rightSection: loading ? <Loader size={14} /> : undefined,
    maxDropdownHeight: 280,
  };
  if (typeOf(schema) === 'array') {
    return (
      <MultiSelect
        {...shared}
        value={Array.isArray(value) ? value.map(String) : []}
        onChange={(next) => onChange(next.length === 0 ? undefined : next)}
      />
    );
  }
  return (
    <Select
      {...shared}
      clearable={!required}
      value={typeof value === 'string' && value !== '' ? value : null}
      onSearchChange={(text) => {
        if (text === '=') props.onExpression?.();
      }}
      onChange={(next) => onChange(next ?? undefined)}
    />
  );
}
