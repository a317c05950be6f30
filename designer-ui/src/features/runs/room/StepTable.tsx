import { Anchor } from '@mantine/core';
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
            <td>{formatNumber(row.active)}</td>
            <td>{formatNumber(row.incidents)}</td>
            <td>{formatNumber(row.times?.count ?? 0)}</td>
            <td>{row.times ? formatDuration(row.times.medianMs) : '–'}</td>
            <td>{row.times ? formatDuration(row.times.p95Ms) : '–'}</td>
          </tr>
        ))}
      </tbody>
    </WideTable>
  );
}
