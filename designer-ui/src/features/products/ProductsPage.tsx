import { Badge, Button, Group, Select, Switch, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Package, Plus, Search } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { formatMoney } from '@/lib/format';
import { Later, later } from '@/lib/later';
import { EmptyState, ErrorState, Page, PageSkeleton } from '@/ui';
import { DataTable } from '@/ui/DataTable';
import { asked, type Product, productsQuery, sectionsQuery } from './api';
import { ProductPicture } from './ProductPicture';
import { orders, type ProductsSearch } from './search';

const TransferMenu = later(
  () => import('@/features/transfer/TransferMenu').then((module) => module.TransferMenu),
  'transfer',
);
const ProductDialog = later(() => import('./ProductDialog').then((module) => module.ProductDialog));

const orderKeys = {
  name: 'name',
  price: 'cheapest',
  '-price': 'dearest',
  sku: 'sku',
  section: 'section',
  '-createdAt': 'newest',
} as const;

/** Products and services: what rows of records are picked from. */
export function ProductsPage() {
  const { t } = useTranslation(['products', 'common']);
  const search = useSearch({ from: '/app/crm/products' });
  const navigate = useNavigate({ from: '/crm/products' });
  const mayEdit = useMay('products.edit');
  const list = useInfiniteQuery(productsQuery(search));
  const sections = useQuery(sectionsQuery).data?.items ?? [];
  const [text, setText] = useState(search.q ?? '');
  const [opened, setOpened] = useState<Product | 'new' | null>(null);
  const look = (change: Partial<ProductsSearch>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const find = useDebouncedCallback((q: string) => look({ q: q || undefined }), 250);

  if (list.error) return <ErrorState error={list.error} onRetry={() => list.refetch()} />;
  if (!list.data) return <PageSkeleton />;
  const items = list.data.pages.flatMap((page) => page.items);
  const filtered = Boolean(search.q || search.section || search.kind || search.archived);
  const add = mayEdit && (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setOpened('new')}>
      {t('new')}
    </Button>
  );
  return (
    <Page
      title={t('title')}
      description={t('text')}
      actions={
        <>
          <Later>
            <TransferMenu type="product" search={asked(search)} />
          </Later>
          {add}
        </>
      }
    >
      <Group gap="sm" align="center">
        <TextInput
          type="search"
          w={{ base: '100%', xs: 260 }}
          aria-label={t('search')}
          placeholder={t('search')}
          leftSection={<Search size={16} aria-hidden />}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            find(event.currentTarget.value.trim());
          }}
        />
        <Select
          w={{ base: '100%', xs: 220 }}
          aria-label={t('section')}
          placeholder={t('allSections')}
          clearable
          searchable
          nothingFoundMessage={t('common:form.nothingFound')}
          data={sections.map(({ name, count }) => ({ value: name, label: `${name} (${count})` }))}
          value={search.section ?? null}
          onChange={(section) => look({ section: section ?? undefined })}
        />
        <Select
          w={{ base: '100%', xs: 180 }}
          aria-label={t('kind')}
          placeholder={t('allKinds')}
          clearable
          data={(['product', 'service'] as const).map((kind) => ({ value: kind, label: t(`kinds.${kind}`) }))}
          value={search.kind ?? null}
          onChange={(kind) => look({ kind: (kind as ProductsSearch['kind']) ?? undefined })}
        />
        <Select
          w={{ base: '100%', xs: 200 }}
          aria-label={t('order')}
          allowDeselect={false}
          data={orders.map((order) => ({ value: order, label: t(`orders.${orderKeys[order]}`) }))}
          value={search.sort ?? 'name'}
          onChange={(sort) => look({ sort: sort === 'name' ? undefined : (sort as ProductsSearch['sort']) })}
        />
        <Switch
          label={t('archived')}
          checked={search.archived ?? false}
          onChange={(event) => look({ archived: event.currentTarget.checked || undefined })}
        />
      </Group>
      {items.length === 0 ? (
        <EmptyState
          icon={Package}
          title={filtered ? t('noHits') : t('none')}
          text={filtered ? undefined : t(mayEdit ? 'noneText' : 'noneReader')}
          action={
            filtered ? (
              <Button
                variant="default"
                onClick={() => {
                  setText('');
                  void navigate({ search: {}, replace: true });
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
        <DataTable<Product>
          label={t('title')}
          items={items}
          keyOf={(product) => product.id}
          columns={[
            {
              key: 'name',
              title: t('name'),
              bare: true,
              render: (product) => (
                <Group gap={8} wrap="nowrap">
                  <ProductPicture id={product.pictureId} />
                  <Button
                    variant="transparent"
                    size="compact-md"
                    p={0}
                    justify="start"
                    styles={{ label: { whiteSpace: 'normal', textAlign: 'start', overflow: 'visible' } }}
                    h="auto"
                    onClick={() => setOpened(product)}
                  >
                    {product.name}
                  </Button>
                  {product.kind === 'service' && (
                    <Badge variant="light" color="gray" style={{ flex: 'none' }}>
                      {t('kinds.service')}
                    </Badge>
                  )}
                </Group>
              ),
            },
            { key: 'sku', title: t('sku'), render: (product) => product.sku || '–' },
            { key: 'section', title: t('section'), render: (product) => product.section || '–' },
            {
              key: 'price',
              title: t('price'),
              end: true,
              render: (product) => (
                <span>
                  {formatMoney(product.price)}
                  {product.unit && (
                    <Text span c="dimmed" size="sm">
                      {' / '}
                      {product.unit}
                    </Text>
                  )}
                </span>
              ),
            },
            {
              key: 'tax',
              title: t('tax'),
              end: true,
              render: (product) => taxOf(product, t('included')),
            },
          ]}
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
        {opened && (
          <ProductDialog
            product={opened === 'new' ? undefined : opened}
            sections={sections.map(({ name }) => name)}
            mayEdit={mayEdit}
            onClose={() => setOpened(null)}
          />
        )}
      </Later>
    </Page>
  );
}

const taxOf = (product: Product, included: string) =>
  !product.taxPercent || product.taxPercent === '0'
    ? '–'
    : `${product.taxPercent} %${product.taxIncluded ? ` ${included}` : ''}`;
