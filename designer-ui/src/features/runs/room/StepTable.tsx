import { Anchor, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { formatDuration, formatNumber } from '@/lib/format';
import { EmptyState, WideTable } from '@/ui';
import type { Counts } from '../queries';
import { type StepStatistic, stepRows } from './statistics';

type StepTableProps = {
  counts: Counts | undefined;
  steps: StepStatistic | undefined;
  nameOf: (node: string) => string;
  onSelect: (node: string) => void;
};

/** The heat map as a table: what waits where, and how long the steps take. */
export function StepTable({ counts, steps, nameOf, onSelect }: StepTableProps) {
  const { t } = useTranslation(['runs', 'room']);
  const rows = stepRows(counts, steps);
  if (rows.length === 0) return <EmptyState title={t('room:steps.none')} />;
  return (
    <>
      {steps && (
        <Text size="xs" c="dimmed" mb={6}>
          {steps.all
            ? t('room:heat.all', { count: steps.runs })
            : t('room:heat.sample', { count: steps.runs })}
        </Text>
      )}
      <WideTable label={t('room:steps.title')} minWidth={640}>
        <thead>
          <tr>
            <th>{t('room:filter.step')}</th>
            <th>{t('room:heat.now')}</th>
            <th>{t('state.incident')}</th>
            <th>{t('room:heat.visits')}</th>
            <th>{t('room:heat.median')}</th>
            <th>{t('room:heat.p95')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>
                <Anchor component="button" type="button" onClick={() => onSelect(row.id)}>
                  {nameOf(row.id)}
                </Anchor>
              </td>
              <td data-label={t('room:heat.now')}>
                <span>{formatNumber(row.active)}</span>
              </td>
              <td data-label={t('state.incident')}>
                <span>{formatNumber(row.incidents)}</span>
              </td>
              <td data-label={t('room:heat.visits')}>
                <span>{formatNumber(row.times?.count ?? 0)}</span>
              </td>
              <td data-label={t('room:heat.median')}>
                <span>{row.times ? formatDuration(row.times.medianMs) : '–'}</span>
              </td>
              <td data-label={t('room:heat.p95')}>
                <span>{row.times ? formatDuration(row.times.p95Ms) : '–'}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </WideTable>
    </>
  );
}
