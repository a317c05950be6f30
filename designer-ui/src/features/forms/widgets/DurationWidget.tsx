import { NumberInput, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Later, later } from '@/lib/later';
import type { WidgetProps } from '../context';
import { buildDuration, type DurationUnit, durationUnits, parseDuration } from '../duration';
import classes from '../SchemaForm.module.css';

const CalendarSelect = later(() => import('./CalendarSelect').then((module) => module.CalendarSelect));

const DurationEnd = later(() => import('./DurationEnd').then((module) => module.DurationEnd));

/** Amount and unit; a span that these cannot say is edited as ISO 8601 text. */
export function DurationWidget({ schema, value, onChange, id, describedBy, error, readOnly }: WidgetProps) {
  const { t } = useTranslation();
  const parsed = parseDuration(value ?? schema.default);
  const [unit, setUnit] = useState<DurationUnit>(parsed?.unit ?? 'day');
  const shownUnit = parsed?.unit ?? unit;
  const onlyIso = schema['x-working-time'] === false;
  const units = onlyIso ? durationUnits.filter((name) => !name.startsWith('working')) : durationUnits;

  if (value !== undefined && parsed === null) {
    return (
      <TextInput
        id={id}
        error={error !== undefined}
        readOnly={readOnly}
        value={typeof value === 'string' ? value : JSON.stringify(value)}
        onChange={(event) =>
          onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value)
        }
      />
    );
  }
  const calendar =
    typeof value === 'object' && value !== null ? (value as { calendar?: string }).calendar : undefined;
  return (
    <>
      <fieldset className={classes.inline} aria-describedby={describedBy}>
        <NumberInput
          id={id}
          w={96}
          min={0}
          allowDecimal={false}
          error={error !== undefined}
          readOnly={readOnly}
          value={value === undefined ? '' : (parsed?.amount ?? '')}
          placeholder={parsed ? String(parsed.amount) : undefined}
          onChange={(next) =>
            onChange(next === '' ? undefined : buildDuration(Number(next), shownUnit, calendar))
          }
        />
        <Select
          flex={1}
          miw={120}
          aria-label={t('form.durationUnit')}
          allowDeselect={false}
          readOnly={readOnly}
          data={units.map((name) => ({ value: name, label: t(`form.unit.${name}`) }))}
          value={shownUnit}
          onChange={(next) => {
            const chosen = durationUnits.find((name) => name === next);
            if (!chosen) return;
            setUnit(chosen);
            if (value !== undefined && parsed) onChange(buildDuration(parsed.amount, chosen, calendar));
          }}
        />
        {parsed?.unit.startsWith('working') && value !== undefined && (
          <Later fallback={null}>
            <CalendarSelect
              value={calendar ?? 'company'}
              readOnly={readOnly}
              onChange={(next) => onChange(buildDuration(parsed.amount, parsed.unit, next))}
            />
          </Later>
        )}
      </fieldset>
      {value !== undefined && parsed && parsed.amount > 0 && schema['x-from-now'] !== false && (
        <Later fallback={null}>
          <DurationEnd value={value} calendar={calendar} />
        </Later>
      )}
    </>
  );
}
