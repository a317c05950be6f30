import { NumberInput, Select, Switch, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import classes from './Automation.module.css';
import {
  type Direction,
  TIMING_MODES,
  TIMING_UNITS,
  type Timing,
  type TimingMode,
  type TimingUnit,
} from './api';
import { takesClock, withMode, withPart } from './timing';

interface TimingFormProps {
  readonly timing: Timing;
  /** Without it, all; with it, only these, and nobody's day is waited for. */
  readonly modes?: readonly TimingMode[];
  /** What the whole says. */
  readonly said: string;
  /** Nothing stands above it to wait for. */
  readonly first: boolean;
  readonly dateFields: readonly { readonly value: string; readonly label: string }[];
  readonly readOnly: boolean;
  readonly error: string | undefined;
  readonly onChange: (timing: Timing, part: string) => void;
}

/** When a robot runs: at once, after the one above, after a while, or by a date of the record. */
export function TimingForm(props: TimingFormProps) {
  const { timing, readOnly, dateFields } = props;
  const { t } = useTranslation('automation');
  const set = (part: Partial<Timing>): void =>
    props.onChange(withPart(timing, part), Object.keys(part).join());
  const spans = timing.mode === 'delay' || (timing.mode === 'date' && timing.direction !== 'at');
  // Most wait for a date to come; that the record was made is past already.
  const ahead = dateFields.find(({ value }) => value !== 'createdAt') ?? dateFields[0];
  const fields = [...dateFields];
  if (timing.field && !fields.some(({ value }) => value === timing.field))
    fields.push({ value: timing.field, label: timing.field });
  return (
    <section className={classes.block} aria-label={t('timing.title')}>
      <h3 className={classes.blockTitle}>{t('timing.title')}</h3>
      <Select
        aria-label={t('timing.title')}
        data={(props.modes ?? TIMING_MODES).map((mode) => ({ value: mode, label: t(`timing.mode.${mode}`) }))}
        allowDeselect={false}
        readOnly={readOnly}
        value={timing.mode}
        error={timing.mode === 'immediate' || timing.mode === 'afterPrevious' ? props.error : undefined}
        onChange={(mode) => props.onChange(withMode(timing, mode as Timing['mode'], ahead?.value), 'mode')}
      />
      {timing.mode === 'date' && (
        <div className={classes.pair}>
          <Select
            label={t('timing.direction')}
            data={(['before', 'at', 'after'] as const).map((direction) => ({
              value: direction,
              label: t(`timing.is.${direction}`),
            }))}
            allowDeselect={false}
            readOnly={readOnly}
            value={timing.direction ?? 'at'}
            onChange={(direction) => set({ direction: direction as Direction })}
          />
          <Select
            label={t('timing.field')}
            data={fields}
            allowDeselect={false}
            readOnly={readOnly}
            error={!timing.field && props.error}
            value={timing.field ?? null}
            onChange={(field) => field && set({ field })}
          />
        </div>
      )}
      {spans && (
        <div className={classes.pair}>
          <NumberInput
            label={t('timing.amount')}
            min={0}
            max={10_000}
            allowDecimal={false}
            readOnly={readOnly}
            error={timing.mode === 'delay' || timing.field ? props.error : undefined}
            value={timing.amount ?? 0}
            onChange={(amount) => set({ amount: Number(amount) || 0 })}
          />
          <Select
            label={t('timing.unit')}
            data={TIMING_UNITS.map((unit) => ({ value: unit, label: t(`timing.units.${unit}`) }))}
            allowDeselect={false}
            readOnly={readOnly}
            value={timing.unit ?? 'day'}
            onChange={(unit) => set({ unit: unit as TimingUnit })}
          />
        </div>
      )}
      {takesClock(timing) && (
        <TextInput
          type="time"
          className={classes.clock}
          label={t('timing.at')}
          description={t('timing.atHelp')}
          readOnly={readOnly}
          value={timing.at ?? ''}
          onChange={(event) => set({ at: event.currentTarget.value })}
        />
      )}
      <Switch
        size="xs"
        label={t('timing.company')}
        disabled={readOnly}
        checked={timing.workingTime?.company ?? false}
        onChange={(event) =>
          set({ workingTime: { ...timing.workingTime, company: event.currentTarget.checked } })
        }
      />
      {!props.modes && (
        <Switch
          size="xs"
          label={t('timing.responsible')}
          disabled={readOnly}
          checked={timing.workingTime?.responsible ?? false}
          onChange={(event) =>
            set({ workingTime: { ...timing.workingTime, responsible: event.currentTarget.checked } })
          }
        />
      )}
      <p className={classes.said} role="status">
        {t('timing.runs', { when: props.said })}
      </p>
      {timing.mode === 'afterPrevious' && (
        <p className={classes.hint}>{t(props.first ? 'timing.noneAbove' : 'timing.previousHelp')}</p>
      )}
      {timing.mode === 'date' && <p className={classes.hint}>{t('timing.pastHelp')}</p>}
    </section>
  );
}
