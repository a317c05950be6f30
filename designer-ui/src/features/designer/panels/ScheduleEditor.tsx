import { Checkbox, Group, NumberInput, Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { isApiError } from '@/api/problem';
import type * as gen from '@/api/schema.gen';
import type { Trigger } from '@/lib/process/types';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import { become, RECURRENCES, type Recurrence, readCron, writeCron } from './cron';

const WEEK = [1, 2, 3, 4, 5, 6, 0];
/** The first of January 2023 was a Sunday. */
const dayName = (day: number, language: string): string =>
  new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: 'UTC' }).format(Date.UTC(2023, 0, 1 + day));

/** The local time of a firing, as the clocks of its zone show it. */
function shown(local: string, language: string): string {
  return new Intl.DateTimeFormat(language, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'UTC',
  }).format(new Date(`${local}:00Z`));
}

/** When a schedule fires: chosen in plain words or as a rule, with the moments that follow from it. */
export function ScheduleEditor({
  trigger,
  onChange,
}: {
  trigger: Trigger;
  onChange: (trigger: Trigger) => void;
}) {
  const { t, i18n } = useTranslation('designer');
  const { readOnly } = useDesigner();
  const cron = typeof trigger.cron === 'string' ? trigger.cron : '';
  const zone = typeof trigger.zone === 'string' ? trigger.zone : '';
  // A rule that plain words can say may still be wanted as a rule.
  const [own, setOwn] = useState(false);
  const rule: Recurrence = own ? { kind: 'custom', cron } : readCron(cron);
  const set = (next: Recurrence): void => onChange({ ...trigger, on: 'schedule', cron: writeCron(next) });
  const number = (label: string, value: number, most: number, change: (n: number) => void, least = 1) => (
    <NumberInput
      label={label}
      min={least}
      max={most}
      clampBehavior="strict"
      allowDecimal={false}
      readOnly={readOnly}
      value={value}
      onChange={(n) => typeof n === 'number' && n >= least && change(n)}
    />
  );
  return (
    <>
      <Select
        label={t('schedule.every')}
        value={rule.kind}
        data={RECURRENCES.map((value) => ({ value, label: t(`schedule.${value}`) }))}
        allowDeselect={false}
        readOnly={readOnly}
        onChange={(kind) => {
          setOwn(kind === 'custom');
          if (kind && kind !== rule.kind) set(become(rule, kind as Recurrence['kind']));
        }}
      />
      {rule.kind === 'minutes' &&
        number(t('schedule.minuteStep'), rule.step, 30, (step) => set({ ...rule, step }))}
      {rule.kind === 'hours' && (
        <>
          {number(t('schedule.hourStep'), rule.step, 12, (step) => set({ ...rule, step }))}
          {number(t('schedule.minute'), rule.minute, 59, (minute) => set({ ...rule, minute }), 0)}
        </>
      )}
      {rule.kind === 'weekly' && (
        <Checkbox.Group
          label={t('schedule.days')}
          value={rule.days.map(String)}
          readOnly={readOnly}
          onChange={(days) => days.length > 0 && set({ ...rule, days: days.map(Number) })}
        >
          <Group gap={10} mt={4}>
            {WEEK.map((day) => (
              <Checkbox key={day} size="xs" value={String(day)} label={dayName(day, i18n.language)} />
            ))}
          </Group>
        </Checkbox.Group>
      )}
      {rule.kind === 'monthly' &&
        number(t('schedule.monthDay'), rule.day, 31, (day) => set({ ...rule, day }))}
      {'time' in rule && (
        <TextInput
          type="time"
          label={t('schedule.at')}
          value={rule.time}
          readOnly={readOnly}
          onChange={(event) => {
            const time = event.currentTarget.value;
            if (time) set({ ...rule, time });
          }}
        />
      )}
      {rule.kind === 'custom' && (
        <TextInput
          label={t('schedule.cron')}
          description={t('trigger.cronHelp')}
          required
          value={cron}
          readOnly={readOnly}
          spellCheck={false}
          onChange={(event) => {
            setOwn(true);
            onChange({ ...trigger, on: 'schedule', cron: event.currentTarget.value });
          }}
        />
      )}
      <Select
        label={t('trigger.zone')}
        placeholder={t('schedule.zoneOfCompany')}
        clearable
        searchable
        limit={50}
        readOnly={readOnly}
        value={zone || null}
        data={zonesWith(zone)}
        onChange={(next) => {
          const { zone: _, ...rest } = trigger;
          onChange(next ? { ...rest, zone: next } : rest);
        }}
      />
      {!readOnly && cron !== '' && <NextTimes cron={cron} zone={zone} />}
    </>
  );
}

function zonesWith(zone: string): string[] {
  const all = Intl.supportedValuesOf('timeZone');
  return zone === '' || all.includes(zone) ? all : [zone, ...all];
}

/** The next ten firings in the zone of the schedule, and what the change of clocks does to them. */
function NextTimes(given: { cron: string; zone: string }) {
  const { t, i18n } = useTranslation('designer');
  const [cron] = useDebouncedValue(given.cron, 250);
  const { zone } = given;
  const { data, error } = useQuery({
    queryKey: ['schedule-preview', cron, zone],
    queryFn: ({ signal }) =>
      api.post<gen.SchedulePreview>('/schedules/preview', { cron, ...(zone ? { zone } : {}) }, { signal }),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 30_000,
  });
  if (isApiError(error, 422)) {
    const [first] = error.details;
    return (
      <p className={classes.hint} role="alert">
        {t('schedule.wrong', { why: first?.message ?? error.message })}
      </p>
    );
  }
  if (!data) return null;
  const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <section aria-label={t('schedule.next')} data-firings>
      <h3 className={classes.blockTitle}>{t('schedule.nextIn', { zone: data.zone })}</h3>
      <ol className={classes.firings}>
        {(data.firings ?? []).map((firing) => (
          <li key={firing.at}>
            <time dateTime={firing.at}>{shown(firing.local, i18n.language)}</time>
            {mine !== data.zone && (
              <span className={classes.hint}>
                {' '}
                {t('schedule.yours', {
                  time: new Intl.DateTimeFormat(i18n.language, {
                    weekday: 'short',
                    hour: '2-digit',
                    minute: '2-digit',
                  }).format(new Date(firing.at)),
                })}
              </span>
            )}
            {firing.asked && (
              <span className={classes.hint}> — {t('schedule.moved', { time: firing.asked.slice(11) })}</span>
            )}
            {firing.twice && <span className={classes.hint}> — {t('schedule.twice')}</span>}
          </li>
        ))}
      </ol>
      {(data.firings ?? []).length === 0 && <p className={classes.hint}>{t('schedule.never')}</p>}
    </section>
  );
}
