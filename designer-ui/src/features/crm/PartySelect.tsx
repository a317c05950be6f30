import { Select, type SelectProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type Page } from '@/api/client';
import { notifyError } from '@/ui';

type Kind = 'contacts' | 'companies';
type Found = { id: string; name: string; email?: string; phone?: string };

/** Contacts or companies that fit what was typed; the first ones by name while nothing was. */
export function useFoundParties(kind: Kind, text: string) {
  const [settled] = useDebouncedValue(text.trim(), 200);
  const found = useQuery({
    queryKey: [kind, 'find', settled],
    queryFn: ({ signal }) => api.get<Page<Found>>(`/${kind}`, { q: settled || undefined, limit: 20 }, signal),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });
  return (found.data?.items ?? []).map(({ id, name, email, phone }) => ({
    value: id,
    label: [name, email || phone].filter(Boolean).join(' · '),
  }));
}

type PartySelectProps = Omit<SelectProps, 'data' | 'value' | 'onChange'> & {
  kind: Kind;
  value: string | null;
  /** What is called so now; it is offered even when the search does not find it. */
  name?: string;
  onChange: (id: string | null) => void;
  /** Whether a company that is not there can be made of what was typed; of a contact more has to be asked. */
  makes?: boolean;
};

const NEW = 'new:';

/** One contact or company, found while typing: a company has thousands of them. */
export function PartySelect({ kind, value, name, onChange, makes, ...props }: PartySelectProps) {
  const { t } = useTranslation('crm');
  const client = useQueryClient();
  const [text, setText] = useState('');
  const [named, setNamed] = useState<Record<string, string>>({});
  const read = useQuery({
    queryKey: [kind, 'name', value],
    queryFn: ({ signal }) => api.get<Found>(`/${kind}/${value}`, undefined, signal),
    enabled: value !== null && value !== '' && !name && !named[value],
    retry: false,
    staleTime: 60_000,
  });
  const label = value
    ? (named[value] ?? (name || read.data?.name || (read.error ? t('party.hidden') : value)))
    : '';
  const found = useFoundParties(kind, text === label ? '' : text);
  const make = useMutation({
    mutationFn: (of: string) => api.post<Found>('/companies', { name: of }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ['companies'] });
      setNamed((old) => ({ ...old, [made.id]: made.name }));
      onChange(made.id);
    },
    onError: notifyError,
  });
  const fresh = text === label ? '' : text.trim();
  const there = found.some((one) => one.label.toLowerCase() === fresh.toLowerCase());
  const data =
    value && !found.some((one) => one.value === value)
      ? [...found, { value, label }]
      : found.map((one) => (one.value === value ? { value, label } : one));
  return (
    <Select
      {...props}
      searchable
      data={
        makes && fresh && !there
          ? [...data, { value: NEW, label: t('party.makeCompany', { name: fresh }) }]
          : data
      }
      disabled={props.disabled || make.isPending}
      // The server has searched.
      filter={({ options }) => options}
      nothingFoundMessage={t('own.nothing')}
      value={value}
      onSearchChange={setText}
      onChange={(id, option) => {
        if (id === NEW) return make.mutate(fresh);
        if (id && option) setNamed((old) => ({ ...old, [id]: option.label.split(' · ')[0] ?? option.label }));
        onChange(id);
      }}
    />
  );
}
