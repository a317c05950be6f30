import { NumberInput, Select } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatMoney, type Money } from '@/lib/format';
import type { WidgetProps } from '../context';
import classes from '../SchemaForm.module.css';

const currencies = ['BRL', 'EUR', 'GBP', 'PLN', 'RUB', 'USD'];

function isMoney(value: unknown): value is Money {
  return typeof value === 'object' && value !== null && typeof (value as Money).amount === 'number';
}

const digitsOf = (currency: string) =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;

/** Money is kept in whole minor units, so that no cent is ever lost to a binary fraction. */
export function MoneyWidget({ value, onChange, id, describedBy, error, readOnly }: WidgetProps) {
  const { t } = useTranslation();
  const money = isMoney(value) ? value : undefined;
  const [chosen, setChosen] = useState('EUR');
  const currency = money?.currency ?? chosen;
  const digits = digitsOf(currency);
  return (
    <fieldset className={classes.inline} aria-describedby={describedBy}>
      <NumberInput
        id={id}
        flex={1}
        miw={120}
        decimalScale={digits}
        thousandSeparator=" "
        error={error !== undefined}
        readOnly={readOnly}
        title={money ? formatMoney(money) : undefined}
        value={money ? money.amount / 10 ** digits : ''}
        onChange={(next) =>
          onChange(next === '' ? undefined : { amount: Math.round(Number(next) * 10 ** digits), currency })
        }
      />
      <Select
        w={96}
        aria-label={t('form.currency')}
        allowDeselect={false}
        readOnly={readOnly}
        data={currencies.includes(currency) ? currencies : [currency, ...currencies]}
        value={currency}
        onChange={(next) => {
          if (!next) return;
          setChosen(next);
          if (money) onChange({ ...money, currency: next });
        }}
      />
    </fieldset>
  );
}
