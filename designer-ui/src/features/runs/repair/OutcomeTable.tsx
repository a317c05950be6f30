import { Anchor, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { WideTable } from '@/ui';
import type { Outcome } from './api';
import { useStand } from './useStand';
import { useWords } from './useWords';

type OutcomeTableProps = {
  rows: (Outcome & { skipped?: boolean })[];
  /** Whether the lines tell what was done, not what would be. */
  done: boolean;
  more: boolean;
  nameOf: (node: string) => string;
};

/** One line per instance: what comes or came of it, and where it stands then. */
export function OutcomeTable({ rows, done, more, nameOf }: OutcomeTableProps) {
  const { t } = useTranslation('repair');
  const { why } = useWords();
  const stand = useStand();
  const result = (row: OutcomeTableProps['rows'][number]) => {
    if (row.skipped) return t('did.skipped');
    return done ? t(`did.${row.verdict}`) : t(`verdict.${row.verdict}`);
  };
  // Instances without a record are all called alike: their ids tell them apart.
  const titles = new Map<string, number>();
  for (const { title } of rows) titles.set(title, (titles.get(title) ?? 0) + 1);
  return (
    <>
      <WideTable label={done ? t('bulk.results') : t('preview.title')} minWidth={480}>
        <thead>
          <tr>
            <th>{t('bulk.instance')}</th>
            <th>{t('bulk.result')}</th>
            <th>{done ? t('bulk.standing') : t('bulk.state')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.run}>
              <td>
                <Anchor component={Link} to={`/runs/${row.run}`}>
                  {row.title || row.run}
                </Anchor>
                {(titles.get(row.title) ?? 0) > 1 && (
                  <Text size="xs" c="dimmed">
                    {row.run.slice(-6)}
                  </Text>
                )}
              </td>
              <td data-label={t('bulk.result')}>
                <span>{result(row)}</span>
                {row.why && (
                  <Text size="xs" c="dimmed">
                    {why(row)}
                  </Text>
                )}
              </td>
              <td data-label={done ? t('bulk.standing') : t('bulk.state')}>
                <span>{row.skipped || !row.after.status ? '–' : stand(row.after, nameOf)}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </WideTable>
      {more && (
        <Text size="xs" c="dimmed">
          {t('bulk.more')}
        </Text>
      )}
    </>
  );
}
