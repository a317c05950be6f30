import { Button, Group, Modal, ScrollArea, Select, Stack, Table, Textarea, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Building2, Plus, Search, UserRound } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { useMay } from '@/features/identity/useSession';
import { EmptyState, ErrorState, errorText, notifyDone, Page, PageSkeleton } from '@/ui';
import { fieldErrors } from './fields';
import { partyOptionsQuery, partyQuery } from './queries';
import type { Company, Contact } from './types';

type Kind = 'contacts' | 'companies';
type Party = Partial<Contact & Company>;

export function ContactsPage() {
  return <PartyPage kind="contacts" />;
}

export function CompaniesPage() {
  return <PartyPage kind="companies" />;
}

const columns = {
  contacts: ['name', 'position', 'email', 'phone'],
  companies: ['name', 'taxId', 'email', 'phone'],
} as const;

/** Contacts and companies differ in their columns only. */
function PartyPage({ kind }: { kind: Kind }) {
  const { t } = useTranslation(['crm', 'common']);
  const search = useSearch({ strict: false }) as { q?: string };
  const navigate = useNavigate();
  const mayEdit = useMay('crm.edit');
  const [text, setText] = useState(search.q ?? '');
  const [edited, setEdited] = useState<Party | null>(null);
  const list = useInfiniteQuery(partyQuery<Contact & Company>(kind, search.q ?? ''));
  const find = useDebouncedCallback((q: string) => {
    navigate({ to: `/crm/${kind}`, search: q ? { q } : {}, replace: true });
  }, 250);

  if (list.error) return <ErrorState error={list.error} onRetry={() => list.refetch()} />;
  if (!list.data) return <PageSkeleton />;
  const items = list.data.pages.flatMap((page) => page.items);
  const add = mayEdit && (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setEdited({})}>
      {t(`${kind}.new`)}
    </Button>
  );
  return (
    <Page title={t(`${kind}.title`)} actions={add}>
      <TextInput
        type="search"
        maw={320}
        aria-label={t('party.search')}
        placeholder={t('party.search')}
        leftSection={<Search size={16} aria-hidden />}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          find(event.currentTarget.value.trim());
        }}
      />
      {items.length === 0 ? (
        <EmptyState
          icon={kind === 'contacts' ? UserRound : Building2}
          title={search.q ? t('party.noHits') : t(`${kind}.none`)}
          text={search.q ? undefined : t(`${kind}.noneText`)}
          action={
            search.q ? (
              <Button
                variant="default"
                onClick={() => {
                  setText('');
                  find('');
                }}
              >
                {t('common:action.clearFilters')}
              </Button>
            ) : (
              add
            )
          }
        />
      ) : (
        <ScrollArea
          type="auto"
          viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': t(`${kind}.title`) }}
        >
          <Table highlightOnHover miw={560} verticalSpacing={8} stickyHeader={false}>
            <Table.Thead>
              <Table.Tr>
                {columns[kind].map((column) => (
                  <Table.Th key={column}>{t(`field.${column}`)}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((party) => (
                <Table.Tr key={party.id}>
                  {columns[kind].map((column) => (
                    <Table.Td key={column}>
                      {column === 'name' && mayEdit ? (
                        <Button
                          variant="transparent"
                          size="compact-sm"
                          p={0}
                          onClick={() => setEdited(party)}
                        >
                          {party.name}
                        </Button>
                      ) : (
                        party[column]
                      )}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollArea>
      )}
      {list.hasNextPage && (
        <Group justify="center">
          <Button variant="subtle" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
            {t('common:action.loadMore')}
          </Button>
        </Group>
      )}
      {edited && <PartyModal kind={kind} party={edited} onClose={() => setEdited(null)} />}
    </Page>
  );
}

const formFields = {
  contacts: ['firstName', 'lastName', 'position', 'email', 'phone'],
  companies: ['name', 'taxId', 'email', 'phone'],
} as const;

function PartyModal({ kind, party, onClose }: { kind: Kind; party: Party; onClose: () => void }) {
  const { t } = useTranslation(['crm', 'common']);
  const client = useQueryClient();
  const [value, setValue] = useState<Party>(party);
  const companies = useQuery({ ...partyOptionsQuery('companies'), enabled: kind === 'contacts' });
  const save = useMutation({
    mutationFn: () => {
      const { firstName, lastName, position, email, phone, companyId, name, taxId, address } = value;
      const body =
        kind === 'contacts'
          ? { firstName, lastName, position, email, phone, companyId }
          : { name, taxId, email, phone, address };
      return party.id
        ? api.patch(`/${kind}/${party.id}`, body, { rev: party.rev })
        : api.post(`/${kind}`, body);
    },
    onSuccess: () => {
      client.invalidateQueries({ queryKey: [kind] });
      notifyDone(t('party.saved'));
      onClose();
    },
  });
  const errors = fieldErrors(save.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={party.id ? party.name : t(`${kind}.new`)}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          {formFields[kind].map((field, index) => (
            <TextInput
              key={field}
              data-autofocus={index === 0 || undefined}
              required={field === 'name' || field === 'lastName'}
              type={field === 'email' ? 'email' : 'text'}
              label={t(`field.${field}`)}
              value={value[field] ?? ''}
              error={errors[field]}
              onChange={(event) => setValue({ ...value, [field]: event.currentTarget.value })}
            />
          ))}
          {kind === 'companies' && (
            <Textarea
              label={t('field.address')}
              autosize
              minRows={2}
              value={value.address ?? ''}
              error={errors.address}
              onChange={(event) => setValue({ ...value, address: event.currentTarget.value })}
            />
          )}
          {kind === 'contacts' && (
            <Select
              label={t('field.company')}
              searchable
              clearable
              data={companies.data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? []}
              value={value.companyId || null}
              error={errors.companyId}
              onChange={(companyId) => setValue({ ...value, companyId: companyId ?? '' })}
            />
          )}
          {save.error && Object.keys(errors).length === 0 && (
            <div role="alert" style={{ color: 'var(--mantine-color-error)' }}>
              {errorText(save.error).title}
            </div>
          )}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {t('common:action.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
