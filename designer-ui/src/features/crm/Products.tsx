import { Button, ScrollArea, Skeleton, Table, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Pencil } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatMoney } from '@/lib/format';
import { Later, later } from '@/lib/later';
import classes from './Deal.module.css';
import type { Deal, ProductRow } from './types';

const RowsEditor = later(
  () => import('@/features/products/RowsEditor').then((module) => module.RowsEditor),
  'products',
);

const RowPicture = later(() => import('@/features/products/RowPicture').then((module) => module.RowPicture));

/** Product rows of a record. The server computes totals; decimals stay text all the way. */
export function Products({ deal, mayEdit }: { deal: Deal; mayEdit: boolean }) {
  const { t } = useTranslation(['crm', 'common']);
  const [editing, setEditing] = useState(false);
  return (
    <section className={classes.card} aria-label={t('products.title')}>
      <header className={classes.cardHead}>
        <h2 className={classes.cardTitle}>{t('products.title')}</h2>
        {mayEdit && !editing && (
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<Pencil size={14} aria-hidden />}
            onClick={() => setEditing(true)}
          >
            {t('common:action.edit')}
          </Button>
        )}
      </header>
      {editing ? (
        <Later fallback={<Skeleton height={140} />}>
          <RowsEditor deal={deal} onDone={() => setEditing(false)} />
        </Later>
      ) : deal.products.length === 0 ? (
        <Text c="dimmed" size="sm">
          {t('products.none')}
        </Text>
      ) : (
        <Rows deal={deal} />
      )}
    </section>
  );
}

function Rows({ deal }: { deal: Deal }) {
  const { t } = useTranslation('crm');
  const products = deal.products.map(({ productId }) => productId);
  // Discount and tax are on the wider screens; the total has them in it.
  const phone = useMediaQuery('(max-width: 48em)') ?? false;
  return (
    <ScrollArea
      type="auto"
      offsetScrollbars="x"
      viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': t('products.title') }}
    >
      <Table verticalSpacing={6} horizontalSpacing="xs" miw={phone ? 0 : 440}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('products.name')}</Table.Th>
            <Table.Th ta="right">{t('products.quantity')}</Table.Th>
            <Table.Th ta="right">{t('products.price')}</Table.Th>
            {!phone && <Table.Th ta="right">{t('products.discount')}</Table.Th>}
            {!phone && <Table.Th ta="right">{t('products.tax')}</Table.Th>}
            <Table.Th ta="right">{t('products.total')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {deal.products.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place in the table.
            <Table.Tr key={index}>
              <Table.Td>
                <div className={classes.rowName}>
                  {row.productId && (
                    <Later>
                      <RowPicture productId={row.productId} of={products} />
                    </Later>
                  )}
                  {row.name}
                </div>
              </Table.Td>
              <Table.Td ta="right">
                {row.quantity}
                {row.unit && ` ${row.unit}`}
              </Table.Td>
              <Table.Td ta="right">{formatMoney(row.price)}</Table.Td>
              {!phone && <Table.Td ta="right">{percent(row.discountPercent)}</Table.Td>}
              {!phone && <Table.Td ta="right">{tax(row, t('products.included'))}</Table.Td>}
              <Table.Td ta="right" fw={500}>
                {row.total && formatMoney(row.total)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
        <Table.Tfoot>
          <Table.Tr>
            <Table.Th colSpan={phone ? 3 : 5}>{t('products.total')}</Table.Th>
            <Table.Th ta="right">{formatMoney(deal)}</Table.Th>
          </Table.Tr>
        </Table.Tfoot>
      </Table>
    </ScrollArea>
  );
}

const percent = (value?: string) => (value && value !== '0' ? `${value} %` : '–');

const tax = (row: ProductRow, included: string) =>
  row.taxIncluded && percent(row.taxPercent) !== '–'
    ? `${percent(row.taxPercent)} ${included}`
    : percent(row.taxPercent);
