import {
  Anchor,
  Autocomplete,
  Button,
  Group,
  Modal,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import type { FieldPatch } from '@/features/crm/clash';
import { currencies, fieldErrors, minorUnits } from '@/features/crm/fields';
import { useMergedSave } from '@/features/crm/useMergedSave';
import { ConfirmDialog, errorText, notifyDone } from '@/ui';
import {
  archiveProduct,
  deleteProduct,
  type Product,
  type ProductInput,
  readProduct,
  saveProduct,
} from './api';
import { PictureField } from './PictureField';

interface ProductDialogProps {
  /** The product to be shown; a new one without. */
  readonly product: Product | undefined;
  readonly sections: readonly string[];
  readonly mayEdit: boolean;
  readonly onClose: () => void;
}

/** One product or service: shown to everybody, written by those who look after the catalogue. */
export function ProductDialog({ product: given, sections, mayEdit, onClose }: ProductDialogProps) {
  const { t } = useTranslation(['products', 'common']);
  const client = useQueryClient();
  const [product, setProduct] = useState(given);
  const [value, setValue] = useState<ProductInput>(() => ({
    kind: 'product',
    taxPercent: '',
    price: { amount: 0, currency: 'EUR' },
    ...given,
  }));
  const [deleting, setDeleting] = useState(false);
  const price = value.price ?? { amount: 0, currency: 'EUR' };
  const done = (text: string) => {
    void client.invalidateQueries({ queryKey: ['products'] });
    notifyDone(text);
    onClose();
  };
  const save = useMergedSave<FieldPatch, Product>({
    recordType: 'product',
    send: (patch, rev) => saveProduct({ id: product?.id, rev }, patch as ProductInput),
    onSaved: (saved) => done(t('saved', { name: saved.name })),
    onTheirs: () => done(t('theirs', { name: product?.name })),
  });
  // What was not touched is not sent: somebody else may have changed it meanwhile.
  const changed = (): ProductInput => {
    const { name, sku, kind, unit, taxIncluded, description, section, link } = value;
    const taxPercent = value.taxPercent?.replace(',', '.').trim();
    const all = { name, sku, kind, unit, price, taxPercent, taxIncluded, description, section, link };
    if (!product) return all;
    return Object.fromEntries(
      Object.entries(all).filter(
        ([key, to]) => JSON.stringify(to) !== JSON.stringify(product[key as keyof typeof all]),
      ),
    );
  };
  const archive = useMutation({
    mutationFn: (archived: boolean) => archiveProduct(product as Product, archived),
    onSuccess: (saved) => done(t(saved.archivedAt ? 'nowArchived' : 'nowRestored', { name: saved.name })),
  });
  const remove = useMutation({
    mutationFn: () => deleteProduct(product as Product),
    onSuccess: () => done(t('deleted', { name: product?.name })),
  });
  const reload = useMutation({
    mutationFn: () => readProduct((product as Product).id),
    onSuccess: (fresh) => {
      setProduct(fresh);
      setValue({ ...fresh });
      for (const one of [save, archive, remove]) one.reset();
    },
  });
  const failed = [save, archive, remove, reload].find((one) => one.error)?.error;
  const errors = fieldErrors(save.error);
  const words = failed && Object.keys(errors).length === 0 ? errorText(failed) : null;
  const set = (change: Partial<ProductInput>) => setValue((old) => ({ ...old, ...change }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.save(changed() as FieldPatch, product?.rev ?? 0);
  };
  const archived = Boolean(product?.archivedAt);
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      title={product ? product.name : t('new')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          {archived && <p style={{ margin: 0, color: 'var(--fx-text-muted)' }}>{t('isArchived')}</p>}
          <TextInput
            data-autofocus
            required={mayEdit}
            readOnly={!mayEdit}
            label={t('name')}
            value={value.name ?? ''}
            error={errors.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
          />
          {product && <PictureField product={product} mayEdit={mayEdit} onChange={setProduct} />}
          <SegmentedControl
            aria-label={t('kind')}
            disabled={!mayEdit}
            data={(['product', 'service'] as const).map((kind) => ({
              value: kind,
              label: t(`kinds.${kind}`),
            }))}
            value={value.kind ?? 'product'}
            onChange={(kind) => set({ kind: kind as 'product' })}
          />
          <Group gap="sm" grow align="flex-start">
            <TextInput
              readOnly={!mayEdit}
              label={t('sku')}
              value={value.sku ?? ''}
              error={errors.sku}
              onChange={(event) => set({ sku: event.currentTarget.value })}
            />
            <TextInput
              readOnly={!mayEdit}
              label={t('unit')}
              placeholder={t('unitHint')}
              value={value.unit ?? ''}
              error={errors.unit}
              onChange={(event) => set({ unit: event.currentTarget.value })}
            />
          </Group>
          <Group gap="sm" grow preventGrowOverflow={false} wrap="nowrap" align="flex-start">
            <NumberInput
              readOnly={!mayEdit}
              label={t('price')}
              min={0}
              decimalScale={2}
              hideControls
              value={price.amount / 100}
              error={errors['price/amount'] ?? errors.price}
              onChange={(amount) => set({ price: { ...price, amount: minorUnits(amount) ?? 0 } })}
            />
            <Select
              readOnly={!mayEdit}
              label={t('currency')}
              w={110}
              data={currencies.includes(price.currency) ? currencies : [...currencies, price.currency]}
              allowDeselect={false}
              value={price.currency}
              error={errors['price/currency']}
              onChange={(currency) => set({ price: { ...price, currency: currency ?? price.currency } })}
            />
            <TextInput
              readOnly={!mayEdit}
              label={t('taxPercent')}
              w={110}
              inputMode="decimal"
              value={value.taxPercent ?? ''}
              error={errors.taxPercent}
              onChange={(event) => set({ taxPercent: event.currentTarget.value })}
            />
          </Group>
          <Switch
            disabled={!mayEdit}
            label={t('taxIncluded')}
            checked={value.taxIncluded ?? false}
            onChange={(event) => set({ taxIncluded: event.currentTarget.checked })}
          />
          <Autocomplete
            readOnly={!mayEdit}
            label={t('section')}
            description={mayEdit ? t('sectionHint') : undefined}
            data={[...sections]}
            value={value.section ?? ''}
            error={errors.section}
            onChange={(section) => set({ section })}
          />
          <TextInput
            readOnly={!mayEdit}
            type="url"
            label={t('link')}
            placeholder="https://"
            value={value.link ?? ''}
            error={errors.link}
            onChange={(event) => set({ link: event.currentTarget.value })}
          />
          {product?.link && (
            <Anchor href={product.link} target="_blank" rel="noreferrer" size="sm">
              {t('openLink')}
            </Anchor>
          )}
          <Textarea
            readOnly={!mayEdit}
            label={t('description')}
            autosize
            minRows={2}
            maxRows={10}
            value={value.description ?? ''}
            error={errors.description}
            onChange={(event) => set({ description: event.currentTarget.value })}
          />
          {words && (
            <div role="alert" style={{ color: 'var(--mantine-color-error)' }}>
              {words.title} {words.remedy}{' '}
              {product && isApiError(failed) && failed.code === 'stale' && (
                <Button
                  size="compact-xs"
                  variant="default"
                  loading={reload.isPending}
                  onClick={() => reload.mutate()}
                >
                  {t('reload')}
                </Button>
              )}
            </div>
          )}
          <Group justify="space-between" gap="sm" mt="xs">
            <Group gap="sm">
              {mayEdit && product && (
                <Button
                  variant="default"
                  loading={archive.isPending}
                  onClick={() => archive.mutate(!archived)}
                >
                  {t(archived ? 'restore' : 'archive')}
                </Button>
              )}
              {mayEdit && product && (
                <Button variant="subtle" color="red" onClick={() => setDeleting(true)}>
                  {t('common:action.delete')}
                </Button>
              )}
            </Group>
            <Group gap="sm">
              <Button variant="default" onClick={onClose}>
                {t(mayEdit ? 'common:action.cancel' : 'common:action.close')}
              </Button>
              {mayEdit && (
                <Button type="submit" loading={save.isPending}>
                  {t('common:action.save')}
                </Button>
              )}
            </Group>
          </Group>
        </Stack>
      </form>
      {save.dialog}
      <ConfirmDialog
        opened={deleting}
        title={t('deleteTitle', { name: product?.name })}
        text={t('deleteText')}
        confirmLabel={t('common:action.delete')}
        danger
        onClose={() => setDeleting(false)}
        onConfirm={() => {
          setDeleting(false);
          remove.mutate();
        }}
      />
    </Modal>
  );
}
