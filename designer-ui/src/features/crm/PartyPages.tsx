import { Button, Group, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Building2, Plus, Search, UserRound } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { Later, later } from '@/lib/later';
import { EmptyState, ErrorState, Page, PageSkeleton } from '@/ui';
import { DataTable } from '@/ui/DataTable';
import { partyQuery } from './queries';
import type { CrmSearch } from './search';
import type { Company, Contact } from './types';

const TransferMenu = later(
  () => import('@/features/transfer/TransferMenu').then((module) => module.TransferMenu),
  'transfer',
);
const Ways = later(() => import('./grid/Ways').then((module) => module.Ways));
// A list of choices is heavy, and the page is read without it.
const ResponsibleFilter = later(() =>
  import('./ResponsibleFilter').then((module) => module.ResponsibleFilter),
);
const PartyModal = later(() => import('./PartyModal').then((module) => module.PartyModal));

type Kind = 'contacts' | 'companies';
type Party = Partial<Contact & Company>;

export function ContactsPage() {
  return <PartyPage kind="contacts" />;
}

export function CompaniesPage() {
  return <PartyPage kind="companies" />;
}

const columns = {
  contacts: ['name', 'position', 'email', 'phone', 'responsible'],
  companies: ['name', 'taxId', 'email', 'phone', 'responsible'],
} as const;

/** Contacts and companies differ in their columns only. */
function PartyPage({ kind }: { kind: Kind }) {
  const { t } = useTranslation(['crm', 'common']);
  const search = useSearch({ strict: false }) as CrmSearch;
  const navigate = useNavigate();
  const mayEdit = useMay('crm.edit');
  const [text, setText] = useState(search.q ?? '');
  const [edited, setEdited] = useState<Party | null>(null);
  const list = useInfiniteQuery(partyQuery<Contact & Company>(kind, search.q ?? '', search.responsible));
  const filtered = Boolean(search.q || search.responsible);
  const find = useDebouncedCallback((q: string) => {
    navigate({
      to: `/crm/${kind}`,
      search: (old: CrmSearch) => ({ ...old, q: q || undefined }),
      replace: true,
    });
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
    <Page
      title={t(`${kind}.title`)}
      actions={
        <>
          <Later>
            <TransferMenu
              type={kind === 'contacts' ? 'contact' : 'company'}
              search={{
                ...(search.q && { q: search.q }),
                ...(search.responsible && { responsible: search.responsible }),
              }}
            />
          </Later>
          {add}
        </>
      }
    >
      <Group gap="sm">
        <TextInput
          type="search"
          w={320}
          maw="100%"
          aria-label={t('party.search')}
          placeholder={t('party.search')}
          leftSection={<Search size={16} aria-hidden />}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            find(event.currentTarget.value.trim());
          }}
        />
        <Later>
          <ResponsibleFilter
            value={search.responsible}
            onChange={(responsible) =>
              navigate({
                to: `/crm/${kind}`,
                search: (old: CrmSearch) => ({ ...old, responsible }),
                replace: true,
              })
            }
          />
        </Later>
      </Group>
      <div>
        <Later>
          <Ways type={kind === 'contacts' ? 'contact' : 'company'} here="board" />
        </Later>
      </div>
      {items.length === 0 ? (
        <EmptyState
          icon={kind === 'contacts' ? UserRound : Building2}
          title={filtered ? t('party.noHits') : t(`${kind}.none`)}
          text={filtered ? undefined : t(`${kind}.noneText`)}
          action={
            filtered ? (
              <Button
                variant="default"
                onClick={() => {
                  setText('');
                  find('');
                  navigate({ to: `/crm/${kind}`, search: {}, replace: true });
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
        <DataTable<Contact & Company>
          label={t(`${kind}.title`)}
          items={items}
          keyOf={(party) => party.id}
          columns={columns[kind].map((column) => ({
            key: column,
            title: t(`field.${column}`),
            bare: column === 'name',
            render: (party) =>
              column === 'name' && mayEdit ? (
                <Button
                  variant="transparent"
                  size="compact-md"
                  p={0}
                  justify="start"
                  onClick={() => setEdited(party)}
                >
                  {party.name}
                </Button>
              ) : (
                party[column === 'responsible' ? 'responsibleName' : column]
              ),
          }))}
        />
      )}
      {list.hasNextPage && (
        <Group justify="center">
          <Button variant="subtle" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
            {t('common:action.loadMore')}
          </Button>
        </Group>
      )}
      <Later>
        {edited && (
          <PartyModal
            key={edited.id}
            kind={kind}
            party={edited}
            onClose={() => setEdited(null)}
            onTake={setEdited}
          />
        )}
      </Later>
    </Page>
  );
}
