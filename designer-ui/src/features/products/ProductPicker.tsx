import { Combobox, Loader, Text, TextInput, useCombobox } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Package } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { formatMoney } from '@/lib/format';
import { foundProductsQuery, type Product } from './api';
import { ProductPicture } from './ProductPicture';
import classes from './Products.module.css';

interface ProductPickerProps {
  readonly label: string;
  readonly name: string;
  /** True when the row stands for a product of the catalogue. */
  readonly linked: boolean;
  /** How the product looks, instead of the sign that it is one. */
  readonly picture: ReactNode;
  readonly error: string | undefined;
  readonly onName: (name: string) => void;
  readonly onPick: (product: Product) => void;
}

/** The name of a row: picked from the catalogue while typing, or any text. */
export function ProductPicker({ label, name, linked, picture, error, onName, onPick }: ProductPickerProps) {
  const { t } = useTranslation('products');
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  // What was picked is no search: the whole catalogue is offered to who changes it.
  const [settled] = useDebouncedValue(linked ? '' : name.trim(), 200);
  const found = useQuery({ ...foundProductsQuery(settled), enabled: combobox.dropdownOpened });
  const items = found.data?.items ?? [];
  return (
    <Combobox
      store={combobox}
      position="bottom-start"
      width={340}
      onOptionSubmit={(id) => {
        const product = items.find((one) => one.id === id);
        if (product) onPick(product);
        combobox.closeDropdown();
      }}
    >
      <Combobox.Target>
        <TextInput
          aria-label={label}
          placeholder={t('pick')}
          leftSection={
            linked ? (
              <span role="img" aria-label={t('fromCatalogue')} className={classes.linked}>
                <Package size={14} aria-hidden />
                {picture}
              </span>
            ) : undefined
          }
          rightSection={combobox.dropdownOpened && found.isFetching ? <Loader size={14} /> : undefined}
          value={name}
          error={error}
          onClick={() => combobox.openDropdown()}
          onFocus={() => combobox.openDropdown()}
          onBlur={() => combobox.closeDropdown()}
          onChange={(event) => {
            onName(event.currentTarget.value);
            combobox.openDropdown();
            combobox.resetSelectedOption();
          }}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={items.length === 0 && (settled === '' || !found.data)}>
        <Combobox.Options mah={280} style={{ overflowY: 'auto' }} aria-label={t('title')}>
          {items.map((product) => (
            <Combobox.Option value={product.id} key={product.id}>
              <span className={classes.option}>
                <span className={classes.optionPicture}>
                  <ProductPicture id={product.pictureId} />
                </span>
                <span className={classes.optionName}>{product.name}</span>
                <span className={classes.optionPrice}>{formatMoney(product.price)}</span>
                <span className={classes.optionMore}>
                  {[product.sku, product.section].filter(Boolean).join(' · ')}
                </span>
                <span className={classes.optionMore}>{product.unit}</span>
              </span>
            </Combobox.Option>
          ))}
          {items.length === 0 && (
            <Combobox.Empty>
              <Text size="sm">{t('freeText')}</Text>
            </Combobox.Empty>
          )}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
