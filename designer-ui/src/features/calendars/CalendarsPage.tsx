import { Button, FileButton, Group, MultiSelect, NumberInput, Select, Stack, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { CalendarPlus, FileUp, Plus, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  addCalendar,
  type Calendar,
  type CalendarDay,
  calendarsQuery,
  deleteCalendar,
  holidaysQuery,
  previewRules,
  type Rules,
  readHolidayFile,
  saveCalendar,
} from '@/api/queries/calendars';
import { formatDateTime } from '@/lib/format';
import { ConfirmDialog, ErrorState, errorText, notifyDone, notifyError, Page, PageSkeleton } from '@/ui';
import classes from './CalendarsPage.module.css';
import { HoursText, WeekGrid } from './WeekGrid';

const company = 'company';

/** When work is done: the company's hours and days off, and other calendars beside. */
export function CalendarsPage() {
  const { t } = useTranslation(['settings', 'common']);
  const calendars = useQuery(calendarsQuery);
  const [chosen, setChosen] = useState(company);
  const all = calendars.data?.items ?? [];
  const shown = all.find(({ id }) => id === chosen) ?? all[0];
  const nameOf = (calendar: Calendar) =>
    calendar.id === company && calendar.rev === 0 ? t('settings:calendars.company') : calendar.name;
  const add = async () => {
    if (!shown) return;
    try {
      const { id: _id, rev: _rev, ...rules } = plain(shown);
      const added = await addCalendar({ ...rules, name: t('settings:calendars.newName') });
      await calendars.refetch();
      setChosen(added.id);
    } catch (error) {
      notifyError(error);
    }
  };

  return (
    <Page
      title={t('settings:calendars.title')}
      description={t('settings:calendars.text')}
      actions={
        <Button
          variant="default"
          leftSection={<CalendarPlus size={16} aria-hidden />}
          onClick={() => void add()}
        >
          {t('settings:calendars.add')}
        </Button>
      }
    >
      {calendars.error && <ErrorState error={calendars.error} onRetry={() => void calendars.refetch()} />}
      {calendars.isPending && <PageSkeleton />}
      {all.length > 1 && (
        <Select
          mb="md"
          maw={360}
          allowDeselect={false}
          label={t('settings:calendars.which')}
          data={all.map((calendar) => ({ value: calendar.id, label: nameOf(calendar) }))}
          value={shown?.id ?? null}
          onChange={(id) => id && setChosen(id)}
        />
      )}
      {shown && (
        <CalendarForm
          key={`${shown.id}:${shown.rev}`}
          calendar={{ ...shown, name: nameOf(shown) }}
          onGone={() => setChosen(company)}
        />
      )}
    </Page>
  );
}

/** A calendar as it is sent: without what the server keeps itself. */
function plain({ id, rev, name, zone, week, sets, days }: Calendar): Calendar {
  return { id, rev, name, zone, week, sets, days };
}

function CalendarForm({ calendar, onGone }: { calendar: Calendar; onGone: () => void }) {
  const { t, i18n } = useTranslation(['settings', 'common']);
  const queryClient = useQueryClient();
  const { id, rev, ...initial } = plain(calendar);
  const [rules, setRules] = useState<Rules>(initial);
  const [busy, setBusy] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const { data: holidays } = useQuery(holidaysQuery);
  const countries = new Intl.DisplayNames(i18n.language, { type: 'region' });
  const change = (part: Partial<Rules>) => setRules((old) => ({ ...old, ...part }));
  const changeDay = (index: number, part: Partial<CalendarDay>) =>
    change({ days: rules.days.map((day, at) => (at === index ? { ...day, ...part } : day)) });

  const act = async (work: () => Promise<unknown>, done: string) => {
    setBusy(true);
    try {
      await work();
      notifyDone(done);
      await queryClient.invalidateQueries({ queryKey: ['calendars'] });
    } catch (error) {
      notifyError(error);
    }
    setBusy(false);
  };
  const readFile = async (file: File | null) => {
    if (!file) return;
    try {
      const { days } = await readHolidayFile(await file.text());
      const known = new Set(rules.days.map(({ date }) => date));
      const added = days.filter(({ date }) => !known.has(date)).map((day) => ({ ...day, hours: [] }));
      change({ days: [...rules.days, ...added].sort((a, b) => a.date.localeCompare(b.date)) });
      notifyDone(t('settings:calendars.read', { count: added.length }));
    } catch (error) {
      notifyError(error);
    }
  };

  return (
    <Stack gap="xl">
      <Group grow align="start">
        <TextInput
          label={t('settings:calendars.name')}
          value={rules.name}
          maxLength={100}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <Select
          label={t('settings:calendars.zone')}
          searchable
          allowDeselect={false}
          limit={100}
          data={zones(rules.zone)}
          value={rules.zone}
          onChange={(zone) => zone && change({ zone })}
        />
      </Group>
      <section>
        <h2 className={classes.heading}>{t('settings:calendars.hours')}</h2>
        <WeekGrid week={rules.week} onChange={(week) => change({ week })} />
      </section>
      <section>
        <h2 className={classes.heading}>{t('settings:calendars.days')}</h2>
        <Stack gap="sm">
          <MultiSelect
            label={t('settings:calendars.sets')}
            description={t('settings:calendars.setsHelp')}
            data={(holidays?.items ?? []).map(({ key }) => ({ value: key, label: countries.of(key) ?? key }))}
            value={rules.sets ?? []}
            onChange={(sets) => change({ sets })}
          />
          {rules.days.map((day, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: dates may be empty or twice while they are typed
            <div key={index} className={classes.day}>
              <TextInput
                type="date"
                label={t('settings:calendars.date')}
                value={day.date}
                onChange={(event) => changeDay(index, { date: event.currentTarget.value })}
              />
              <TextInput
                label={t('settings:calendars.dayName')}
                value={day.name}
                maxLength={100}
                onChange={(event) => changeDay(index, { name: event.currentTarget.value })}
              />
              <HoursText
                label={t('settings:calendars.dayHours')}
                hours={day.hours}
                onChange={(hours) => changeDay(index, { hours })}
              />
              <Button
                variant="subtle"
                color="gray"
                aria-label={t('settings:deleteOne', { name: day.name || day.date })}
                onClick={() => change({ days: rules.days.filter((_, at) => at !== index) })}
              >
                <Trash2 size={16} aria-hidden />
              </Button>
            </div>
          ))}
          <Group>
            <Button
              variant="default"
              leftSection={<Plus size={16} aria-hidden />}
              onClick={() => change({ days: [...rules.days, { date: '', name: '', hours: [] }] })}
            >
              {t('settings:calendars.addDay')}
            </Button>
            <FileButton accept=".ics,text/calendar" onChange={(file) => void readFile(file)}>
              {(props) => (
                <Button {...props} variant="default" leftSection={<FileUp size={16} aria-hidden />}>
                  {t('settings:calendars.import')}
                </Button>
              )}
            </FileButton>
          </Group>
        </Stack>
      </section>
      <Preview rules={rules} />
      <Group>
        <Button
          loading={busy}
          onClick={() => void act(() => saveCalendar(id, rev, rules), t('settings:saved'))}
        >
          {t('common:action.save')}
        </Button>
        {id !== company && (
          <Button variant="subtle" color="red" onClick={() => setDeleting(true)}>
            {t('common:action.delete')}
          </Button>
        )}
      </Group>
      <ConfirmDialog
        opened={deleting}
        onClose={() => setDeleting(false)}
        title={t('settings:deleteOne', { name: calendar.name })}
        text={t('settings:calendars.deleteText')}
        confirmLabel={t('common:action.delete')}
        danger
        onConfirm={() => {
          setDeleting(false);
          void act(
            () => deleteCalendar(calendar).then(onGone),
            t('settings:deleted', { name: calendar.name }),
          );
        }}
      />
    </Stack>
  );
}

const zones = (own: string) => [...new Set([own, 'UTC', ...Intl.supportedValuesOf('timeZone')])];

/** What an amount of working time from now comes to, by rules that need not be saved yet. */
function Preview({ rules }: { rules: Rules }) {
  const { t } = useTranslation(['settings', 'common']);
  const [amount, setAmount] = useState(2);
  const [unit, setUnit] = useState('workingDay');
  const [asked, setAsked] = useState(rules);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(rules), 300);
    return () => clearTimeout(timer);
  }, [rules]);
  const preview = useQuery({
    queryKey: ['calendar preview', asked, amount, unit],
    queryFn: () => previewRules(asked, amount, unit),
    enabled: asked.days.every(({ date }) => date !== ''),
    placeholderData: (before) => before,
    retry: false,
  });
  return (
    <section>
      <h2 className={classes.heading}>{t('settings:calendars.preview')}</h2>
      <Group align="end">
        <NumberInput
          w={110}
          label={t('settings:calendars.amount')}
          min={-1000}
          max={1000}
          allowDecimal={false}
          value={amount}
          onChange={(next) => setAmount(Number(next) || 0)}
        />
        <Select
          w={180}
          label={t('common:form.durationUnit')}
          allowDeselect={false}
          data={['workingHour', 'workingDay'].map((name) => ({
            value: name,
            label: t(`common:form.unit.${name as 'workingHour' | 'workingDay'}`),
          }))}
          value={unit}
          onChange={(next) => next && setUnit(next)}
        />
      </Group>
      <p role="status" className={classes.answer}>
        {preview.error
          ? errorText(preview.error).title
          : preview.data && t('settings:calendars.due', { at: formatDateTime(preview.data.due) })}
      </p>
    </section>
  );
}
