import { SegmentedControl } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { type Period, periods } from '../search';

type PeriodChooserProps = { value: Period; onChange: (period: Period) => void };

/** The time that figures are about. */
export function PeriodChooser({ value, onChange }: PeriodChooserProps) {
  const { t } = useTranslation('room');
  return (
    <SegmentedControl
      aria-label={t('period.title')}
      value={value}
      onChange={(next) => onChange(next as Period)}
      data={periods.map((period) => ({ value: period, label: t(`period.${period}`) }))}
    />
  );
}
