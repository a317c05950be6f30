import { ActionIcon, Button, Group, NumberInput, ScrollArea, Table, Text, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatMoney } from '@/lib/format';
import { errorText, notifyDone } from '@/ui';
import classes from './Deal.module.css';
import { fieldErrors, minorUnits } from './fields';
import { updateDeal } from './queries';
import type { Deal, ProductRow } from './types';

/** Product rows of a deal. The server computes totals; decimals stay text all the way. */
export function Products({ deal, mayEdit }: { deal: Deal; mayEdit: boolean }) {
  const { t } = useTranslation(['crm', 'common']);
  const client = useQueryClient();
  const [draft, setDraft] = useState<(ProductRow & { key: number })[] | null>(null);
  const [nextKey, setNextKey] = useState(0);
  const save = useMutation({
    mutationFn: (rows: ProductRow[]) => updateDeal(deal.type, deal.id, deal.rev, { products: rows }),
    onSuccess: (saved) => {
      client.setQueryData(['deal', deal.id], saved);
      client.invalidateQueries({ queryKey: ['board'] });
      notifyDone(t('deal.saved'));
      setDraft(null);
    },
  });
  // Discount and tax are on the wider screens; the total has them in it.
  const phone = useMediaQuery('(max-width: 48em)') ?? false;
  const errors = fieldErrors(save.error);
  const rows = draft ?? deal.products.map((row, key) => ({ ...row, key }));
  const edit = () => {
    const copy = deal.products.map((row, key) => ({ ...row, key }));
    if (copy.length === 0) copy.push(emptyRow(0));
    setNextKey(copy.length);
    setDraft(copy);
  };
  const emptyRow = (key: number) => ({
    key,
    name: '',
    quantity: '1',
    price: { amount: 0, currency: deal.currency },
    taxPercent: '0',
    discountPercent: '0',
  });
  const change = (index: number, patch: Partial<ProductRow>) =>
    setDraft((old) => old?.map((row, i) => (i === index ? { ...row, ...patch } : row)) ?? null);

  return (
    <section className={classes.card} aria-label={t('products.title')}>
      <header className={classes.cardHead}>
        <h2 className={classes.cardTitle}>{t('products.title')}</h2>
        {mayEdit && !draft && (
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<Pencil size={14} aria-hidden />}
            onClick={edit}
          >
            {t('common:action.edit')}
          </Button>
        )}
      </header>
      {rows.length === 0 ? (
        <Text c="dimmed" size="sm">
          {t('products.none')}
        </Text>
      ) : (
        <ScrollArea
          type="auto"
          offsetScrollbars="x"
          viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': t('products.title') }}
        >
          <Table verticalSpacing={6} horizontalSpacing="xs" miw={draft ? 620 : phone ? 0 : 440}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('products.name')}</Table.Th>
                <Table.Th ta="right">{t('products.quantity')}</Table.Th>
                <Table.Th ta="right">{t('products.price')}</Table.Th>
                {(draft || !phone) && <Table.Th ta="right">{t('products.discount')}</Table.Th>}
                {(draft || !phone) && <Table.Th ta="right">{t('products.tax')}</Table.Th>}
                {draft ? (
                  <Table.Th aria-label={t('common:action.delete')} />
                ) : (
                  <Table.Th ta="right">{t('products.total')}</Table.Th>
                )}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row, index) =>
                draft ? (
                  <Table.Tr key={row.key}>
                    <Table.Td>
                      <TextInput
                        aria-label={t('products.name')}
                        value={row.name}
                        error={errors[`products/${index}/name`]}
                        onChange={(event) => change(index, { name: event.currentTarget.value })}
                      />
                    </Table.Td>
                    <Table.Td w={84}>
                      <TextInput
                        aria-label={t('products.quantity')}
                        inputMode="decimal"
                        value={row.quantity}
                        error={errors[`products/${index}/quantity`]}
                        onChange={(event) => change(index, { quantity: decimal(event.currentTarget.value) })}
                      />
                    </Table.Td>
                    <Table.Td w={120}>
                      <NumberInput
                        aria-label={t('products.price')}
                        hideControls
                        min={0}
                        decimalScale={2}
                        value={row.price.amount / 100}
                        error={errors[`products/${index}/price`]}
                        onChange={(value) =>
                          change(index, { price: { ...row.price, amount: minorUnits(value) ?? 0 } })
                        }
                      />
                    </Table.Td>
                    <Table.Td w={76}>
                      <TextInput
                        aria-label={t('products.discount')}
                        inputMode="decimal"
                        value={row.discountPercent ?? ''}
                        error={errors[`products/${index}/discountPercent`]}
                        onChange={(event) =>
                          change(index, { discountPercent: decimal(event.currentTarget.value) })
                        }
                      />
                    </Table.Td>
                    <Table.Td w={76}>
                      <TextInput
                        aria-label={t('products.tax')}
                        inputMode="decimal"
                        value={row.taxPercent ?? ''}
                        error={errors[`products/${index}/taxPercent`]}
                        onChange={(event) =>
                          change(index, { taxPercent: decimal(event.currentTarget.value) })
                        }
                      />
                    </Table.Td>
                    <Table.Td w={36}>
                      <ActionIcon
                        variant="subtle"
                        color="gray"
                        aria-label={t('products.remove', { name: row.name })}
                        onClick={() => setDraft(draft.filter((_, i) => i !== index))}
                      >
                        <Trash2 size={16} aria-hidden />
                      </ActionIcon>
                    </Table.Td>
                  </Table.Tr>
                ) : (
                  <Table.Tr key={row.key}>
                    <Table.Td>{row.name}</Table.Td>
                    <Table.Td ta="right">{row.quantity}</Table.Td>
                    <Table.Td ta="right">{formatMoney(row.price)}</Table.Td>
                    {!phone && <Table.Td ta="right">{percent(row.discountPercent)}</Table.Td>}
                    {!phone && <Table.Td ta="right">{percent(row.taxPercent)}</Table.Td>}
                    <Table.Td ta="right" fw={500}>
                      {row.total && formatMoney(row.total)}
                    </Table.Td>
                  </Table.Tr>
                ),
              )}
            </Table.Tbody>
            {!draft && (
              <Table.Tfoot>
                <Table.Tr>
                  <Table.Th colSpan={phone ? 3 : 5}>{t('products.total')}</Table.Th>
                  <Table.Th ta="right">{formatMoney(deal)}</Table.Th>
                </Table.Tr>
              </Table.Tfoot>
            )}
          </Table>
        </ScrollArea>
      )}
      {draft && (
        <>
          {save.error && Object.keys(errors).length === 0 && (
            <Text c="red" size="sm" role="alert">
              {errorText(save.error).title}
            </Text>
          )}
          <Group justify="space-between" gap="sm" mt="sm">
            <Button
              variant="default"
              leftSection={<Plus size={16} aria-hidden />}
              onClick={() => {
                setDraft([...draft, emptyRow(nextKey)]);
                setNextKey(nextKey + 1);
              }}
            >
              {t('products.add')}
            </Button>
            <Group gap="sm">
              <Button
                variant="default"
                onClick={() => {
                  setDraft(null);
                  save.reset();
                }}
              >
                {t('common:action.cancel')}
              </Button>
              <Button
                loading={save.isPending}
                onClick={() => save.mutate(draft.map(({ key: _key, total: _total, ...row }) => row))}
              >
                {t('common:action.save')}
              </Button>
            </Group>
          </Group>
        </>
      )}
    </section>
  );
}

/** Decimal comma of many keyboards becomes a point; the server says what else is wrong. */
const decimal = (text: string) => text.replace(',', '.').trim();

const percent = (value?: string) => (value && value !== '0' ? `${value} %` : '–');
