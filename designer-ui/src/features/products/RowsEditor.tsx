import { ActionIcon, Button, Checkbox, Group, NumberInput, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Plus, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldErrors, minorUnits } from '@/features/crm/fields';
import { updateDeal } from '@/features/crm/queries';
import type { Deal, DealPatch, ProductRow } from '@/features/crm/types';
import { useMergedSave } from '@/features/crm/useMergedSave';
import { formatMoney } from '@/lib/format';
import { errorText, notifyDone } from '@/ui';
import { LeaveGuard } from '@/ui/LeaveGuard';
import type { Product } from './api';
import { ProductPicker } from './ProductPicker';
import classes from './Products.module.css';
import { RowPicture } from './RowPicture';

/**
 * A row with what only its editor knows: which one it is, and a product whose price is in another currency. Such a row
 * has no price until somebody gives one, and is not saved without it.
 */
type Draft = ProductRow & { key: number; foreign?: Product };

const rowsOf = (drafts: readonly Draft[]): ProductRow[] =>
  drafts.map(({ key: _key, total: _total, foreign: _foreign, ...row }) => row);

/** The rows of a record as a form: picked from the catalogue, or written by hand. */
export function RowsEditor({ deal, onDone }: { deal: Deal; onDone: () => void }) {
  const { t } = useTranslation(['crm', 'common']);
  const { t: products } = useTranslation('products');
  const client = useQueryClient();
  const emptyRow = (key: number, currency: string): Draft => ({
    key,
    name: '',
    quantity: '1',
    price: { amount: 0, currency },
    taxPercent: '0',
    discountPercent: '0',
  });
  const [rows, setRows] = useState<Draft[]>(() =>
    deal.products.length === 0
      ? [emptyRow(0, deal.currency)]
      : deal.products.map((row, key) => ({ ...row, key })),
  );
  const [nextKey, setNextKey] = useState(rows.length);
  // The record is read anew while somebody writes: what clashes is what changed since the rows were opened.
  const [begun] = useState(() => ({ rev: deal.rev, rows: JSON.stringify(rowsOf(rows)) }));
  const [unpriced, setUnpriced] = useState(false);
  const { save, isPending, error, dialog } = useMergedSave<DealPatch, Deal>({
    recordType: deal.type,
    send: (patch, rev) => updateDeal(deal.type, deal.id, rev, patch),
    onSaved: (saved) => {
      client.setQueryData(['deal', deal.id], saved);
      client.invalidateQueries({ queryKey: ['board'] });
      notifyDone(t('deal.saved'));
      onDone();
    },
    onTheirs: () => {
      void client.invalidateQueries({ queryKey: ['deal', deal.id] });
      onDone();
    },
  });
  const errors = fieldErrors(error);
  const errorOf = (index: number, ...fields: string[]) =>
    fields.map((field) => errors[`products/${index}/${field}`]).find(Boolean) ??
    (fields[0] === 'name' ? errors[`products/${index}`] : undefined);
  const currency = rows[0]?.price.currency ?? deal.currency;
  const change = (index: number, patch: Partial<Draft>) =>
    setRows((old) => old.map((row, i) => (i === index ? { ...row, ...patch } : row)));
  const pick = (index: number, product: Product) => {
    const same = product.price.currency === currency;
    change(index, {
      productId: product.id,
      name: product.name,
      unit: product.unit,
      taxPercent: product.taxPercent || '0',
      taxIncluded: product.taxIncluded,
      // Another currency has no price here: to write a number would be to make one up.
      price: same ? product.price : { amount: 0, currency },
      foreign: same ? undefined : product,
    });
  };

  const submit = () => {
    const open = rows.some((row) => row.foreign);
    setUnpriced(open);
    if (open) return;
    save({ products: rowsOf(rows).map((row) => ({ ...row, price: { ...row.price, currency } })) }, begun.rev);
  };

  return (
    <>
      <LeaveGuard active={!isPending && JSON.stringify(rowsOf(rows)) !== begun.rows} />
      <ol className={classes.rows}>
        {rows.map((row, index) => (
          <li key={row.key} className={classes.row}>
            <div className={classes.rowName}>
              <ProductPicker
                label={t('products.name')}
                name={row.name}
                linked={Boolean(row.productId)}
                picture={
                  row.productId && (
                    <RowPicture productId={row.productId} of={rows.map(({ productId }) => productId)} />
                  )
                }
                error={errorOf(index, 'name', 'productId')}
                onName={(name) => change(index, { name, productId: undefined, foreign: undefined })}
                onPick={(product) => pick(index, product)}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                size={34}
                aria-label={t('products.remove', { name: row.name })}
                onClick={() => setRows(rows.filter((_, i) => i !== index))}
              >
                <Trash2 size={16} aria-hidden />
              </ActionIcon>
            </div>
            {row.foreign && (
              <Foreign
                product={row.foreign}
                currency={currency}
                onTake={
                  rows.length === 1 ? (price) => change(index, { price, foreign: undefined }) : undefined
                }
              />
            )}
            <div className={classes.rowNumbers}>
              <TextInput
                size="xs"
                label={t('products.quantity')}
                inputMode="decimal"
                value={row.quantity}
                error={errorOf(index, 'quantity')}
                rightSection={
                  row.unit ? (
                    <Text size="xs" c="dimmed" truncate maw={44} title={row.unit}>
                      {row.unit}
                    </Text>
                  ) : undefined
                }
                rightSectionWidth={row.unit ? 48 : undefined}
                onChange={(event) => change(index, { quantity: decimal(event.currentTarget.value) })}
              />
              <NumberInput
                size="xs"
                label={t('products.price')}
                hideControls
                min={0}
                decimalScale={2}
                value={row.foreign ? '' : row.price.amount / 100}
                placeholder={row.foreign && currency}
                error={
                  unpriced && row.foreign
                    ? products('priceNeeded', { currency })
                    : errorOf(index, 'price', 'price/amount', 'price/currency')
                }
                onChange={(value) =>
                  (value !== '' || !row.foreign) &&
                  change(index, {
                    price: { ...row.price, amount: minorUnits(value) ?? 0 },
                    foreign: undefined,
                  })
                }
              />
              <TextInput
                size="xs"
                label={t('products.discount')}
                inputMode="decimal"
                value={row.discountPercent ?? ''}
                error={errorOf(index, 'discountPercent')}
                onChange={(event) => change(index, { discountPercent: decimal(event.currentTarget.value) })}
              />
              <TextInput
                size="xs"
                label={t('products.tax')}
                inputMode="decimal"
                value={row.taxPercent ?? ''}
                error={errorOf(index, 'taxPercent')}
                onChange={(event) => change(index, { taxPercent: decimal(event.currentTarget.value) })}
              />
              <Included
                checked={row.taxIncluded ?? false}
                onChange={(taxIncluded) => change(index, { taxIncluded })}
              />
            </div>
          </li>
        ))}
      </ol>
      {error && Object.keys(errors).length === 0 && (
        <Text c="red" size="sm" role="alert">
          {errorText(error).title}
        </Text>
      )}
      <Group justify="space-between" gap="sm" mt="sm">
        <Button
          variant="default"
          leftSection={<Plus size={16} aria-hidden />}
          onClick={() => {
            setRows([...rows, emptyRow(nextKey, currency)]);
            setNextKey(nextKey + 1);
          }}
        >
          {t('products.add')}
        </Button>
        <Group gap="sm">
          <Button variant="default" onClick={onDone}>
            {t('common:action.cancel')}
          </Button>
          <Button loading={isPending} onClick={submit}>
            {t('common:action.save')}
          </Button>
        </Group>
      </Group>
      {dialog}
    </>
  );
}

/** Decimal comma of many keyboards becomes a point; the server says what else is wrong. */
const decimal = (text: string) => text.replace(',', '.').trim();

/** Whether the price of a row has the tax in it. */
function Included({ checked, onChange }: { checked: boolean; onChange: (included: boolean) => void }) {
  const { t } = useTranslation('products');
  return (
    <Checkbox
      size="xs"
      className={classes.included}
      label={t('taxIncluded')}
      checked={checked}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

interface ForeignProps {
  readonly product: Product;
  readonly currency: string;
  /** Takes the price as it is; absent where other rows are in the record's currency. */
  readonly onTake: ((price: Product['price']) => void) | undefined;
}

/** A picked product whose price is in another currency: what to do about it. */
function Foreign({ product, currency, onTake }: ForeignProps) {
  const { t } = useTranslation('products');
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    place.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  return (
    <div ref={place} className={classes.foreign} role="alert">
      <span>{t('foreign', { name: product.name, price: formatMoney(product.price), currency })}</span>
      {onTake && (
        <Button size="compact-xs" variant="default" onClick={() => onTake(product.price)}>
          {t('takeCurrency', { currency: product.price.currency })}
        </Button>
      )}
    </div>
  );
}
