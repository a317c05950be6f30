import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { calendarsQuery } from '@/api/queries/calendars';

type CalendarSelectProps = {
  value: string;
  readOnly: boolean | undefined;
  onChange: (calendar: string) => void;
};

/** Whose working time a span goes by. */
export function CalendarSelect({ value, readOnly, onChange }: CalendarSelectProps) {
  const { t } = useTranslation();
  const { data } = useQuery(calendarsQuery);
  const options = [
    { value: 'company', label: t('form.calendarOf.company') },
    { value: 'responsible', label: t('form.calendarOf.responsible') },
    { value: 'assignee', label: t('form.calendarOf.assignee') },
    ...(data?.items ?? [])
      .filter(({ id }) => id !== 'company')
      .map(({ id, name }) => ({ value: id, label: name })),
  ];
  const known = options.some((option) => option.value === value);
  return (
    <Select
      flex={1}
      miw={160}
      aria-label={t('form.calendar')}
      allowDeselect={false}
      readOnly={readOnly}
      data={known ? options : [...options, { value, label: value }]}
      value={value}
      onChange={(next) => next && onChange(next)}
    />
  );
}
