import { Button, Skeleton, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { formatDateTime } from '@/lib/format';
import { ErrorState } from '@/ui';
import type { Run } from '../queries';
import { type Mover, type OutlookFinding, outlookQuery, type Wish } from '../repair/api';
import { RepairDialog } from '../repair/RepairDialog';
import { headline } from './headline';
import classes from './Outlook.module.css';

const kinds = [
  'task',
  'timer',
  'timeout',
  'message',
  'signal',
  'condition',
  'effect',
  'child',
  'join',
  'incident',
  'step',
] as const;
const codes = [
  'nobody_active',
  'timer_far',
  'join_starved',
  'incident',
  'workspace_suspended',
  'definition_suspended',
  'suspended',
  'quarantined',
  'record_gone',
  'nothing_expected',
] as const;

type OutlookPanelProps = { run: Run; seq: number; nameOf: (node: string) => string };

/** Why does it not go on? Everything that could move the run, what is wrong, and the repairs for it. */
export function OutlookPanel({ run, seq, nameOf }: OutlookPanelProps) {
  const { t } = useTranslation('repair');
  const mayOperate = useMay('runs.operate');
  const outlook = useQuery({ ...outlookQuery(run.id, seq), refetchInterval: 10_000 });
  const [wish, setWish] = useState<Wish>();
  if (outlook.error && !outlook.data) {
    return <ErrorState error={outlook.error} onRetry={() => outlook.refetch()} />;
  }
  if (!outlook.data) return <Skeleton height={48} />;
  const { movers, findings, kept } = outlook.data;
  const told = (finding: OutlookFinding) => {
    const code = codes.find((known) => known === finding.code);
    const text = code
      ? t(`finding.${code}`, { message: finding.message ?? '', names: finding.names?.join(', ') || '–' })
      : (finding.message ?? finding.code);
    return finding.node ? `${nameOf(finding.node)}: ${text}` : text;
  };
  return (
    <div className={classes.outlook}>
      <Text fw={600}>
        {t(...headline(outlook.data))} {kept > 0 && t('outlook.kept', { count: kept })}
      </Text>
      {findings.map((finding) => (
        <div key={`${finding.code}.${finding.node}.${finding.message}`} className={classes.finding}>
          <p>{told(finding)}</p>
          {mayOperate &&
            finding.repairs.map((repair) => (
              <Button
                key={`${repair.action}.${repair.incident}.${repair.node}`}
                size="compact-sm"
                variant="default"
                onClick={() => setWish(repair)}
              >
                {t(`action.${repair.action}`)}
              </Button>
            ))}
        </div>
      ))}
      {movers.length > 0 && (
        <dl className={classes.movers} aria-label={t('outlook.movers')}>
          {movers.map((mover) => (
            <MoverLine key={`${mover.kind}.${mover.wait}.${mover.node}`} mover={mover} nameOf={nameOf} />
          ))}
        </dl>
      )}
      {wish && <RepairDialog run={run} nameOf={nameOf} initial={wish} onClose={() => setWish(undefined)} />}
    </div>
  );
}

function MoverLine({ mover, nameOf }: { mover: Mover; nameOf: (node: string) => string }) {
  const { t } = useTranslation('repair');
  const kind = kinds.find((known) => known === mover.kind);
  const facts = [
    mover.node && nameOf(mover.node),
    mover.people?.map((person) => person.name).join(', '),
    mover.name,
    mover.key,
    mover.dueAt && formatDateTime(mover.dueAt),
    mover.attempt && mover.attempt > 1 ? t('outlook.try', { count: mover.attempt }) : undefined,
    mover.coming && mover.coming.length > 0
      ? t('outlook.coming', { nodes: mover.coming.map(nameOf).join(', ') })
      : undefined,
    mover.hopeless && mover.kind !== 'incident' ? t('outlook.hopeless') : undefined,
  ];
  return (
    <>
      <dt>{kind ? t(`mover.${kind}`) : mover.kind}</dt>
      <dd>{facts.filter(Boolean).join(' · ')}</dd>
    </>
  );
}
