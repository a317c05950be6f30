import { Button } from '@mantine/core';
import { CornerDownRight, Zap } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { formatDateTime } from '@/lib/format';
import type { Status } from '@/theme/status';
import { StatusBadge } from '@/ui';
import type { RobotOutcome, RobotState, Trigger } from '../api';
import { useBoard } from '../context';
import { Tile } from '../Tile';
import { WhyNot } from '../WhyNot';
import type { Act, Report } from './api';
import classes from './Trial.module.css';

const LOOKS: Record<RobotState, Status> = {
  waiting: 'waitingTimer',
  waitingPrevious: 'idle',
  running: 'running',
  done: 'done',
  failed: 'failed',
  skipped: 'skipped',
  disabled: 'skipped',
  canceled: 'canceled',
  notArmed: 'idle',
};

interface Props {
  readonly report: Report;
  readonly busy: boolean;
  readonly onAct: (act: Act) => void;
}

/** The stages with their robots as they stand for the record of the trial. */
export function TrialColumns({ report, busy, onAct }: Props) {
  const { t } = useTranslation('trial');
  const { rules } = useBoard();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the stages scroll sideways, also by keyboard.
    <section className={classes.columns} aria-label={t('stages')} tabIndex={0}>
      {report.stages.map((stage) => (
        <div
          key={stage.stage}
          className={classes.column}
          data-current={stage.current || undefined}
          data-trial-stage={stage.stage}
        >
          <div className={classes.head}>
            <h2>{stage.name}</h2>
            {stage.current ? (
              <span className={classes.here}>{t('here')}</span>
            ) : (
              <Button
                size="compact-xs"
                variant="default"
                disabled={busy || report.deleted}
                aria-label={t('moveTo', { stage: stage.name })}
                onClick={() => onAct({ do: 'move', stage: stage.stage })}
              >
                {t('move')}
              </Button>
            )}
          </div>
          {rules.stages
            .find((own) => own.stage === stage.stage)
            ?.triggers.map((trigger) => (
              <TriggerRow key={trigger.id} trigger={trigger} stage={stage.stage} busy={busy} onAct={onAct} />
            ))}
          {stage.robots.map((robot) => (
            <RobotRow key={robot.id} robot={robot} stage={stage.stage} busy={busy} onAct={onAct} />
          ))}
        </div>
      ))}
    </section>
  );
}

function TriggerRow(props: { trigger: Trigger; stage: string; busy: boolean; onAct: (act: Act) => void }) {
  const { t } = useTranslation('trial');
  const { nameOf, kindOf } = useBoard();
  const { trigger } = props;
  return (
    <div className={classes.row} data-trial-trigger={trigger.id}>
      <Tile kind={kindOf(trigger)} />
      <span className={classes.name}>{nameOf(trigger)}</span>
      <Button
        size="compact-xs"
        variant="default"
        disabled={props.busy}
        leftSection={<Zap size={12} aria-hidden />}
        aria-label={t('fireOf', { name: nameOf(trigger) })}
        onClick={() => props.onAct({ do: 'fire', stage: props.stage, trigger: trigger.id })}
      >
        {t('fire')}
      </Button>
    </div>
  );
}

function RobotRow(props: { robot: RobotOutcome; stage: string; busy: boolean; onAct: (act: Act) => void }) {
  const { t } = useTranslation(['trial', 'automation']);
  const { robotKinds, fieldName, say } = useBoard();
  const { robot, stage, busy, onAct } = props;
  const kind = robotKinds.find(({ key }) => key === robot.robot);
  return (
    <div className={classes.row} data-trial-robot={robot.id} data-state={robot.state}>
      <Tile kind={{ icon: kind?.icon ?? 'bot', look: kind?.look ?? 'robot' }} />
      <div className={classes.what}>
        <span className={classes.name}>
          {robot.timing.mode === 'afterPrevious' && <CornerDownRight size={12} aria-hidden />} {robot.name}
        </span>
        <StatusBadge status={LOOKS[robot.state]} label={t(`state.${robot.state}`)} />
        {robot.until && <span className={classes.muted}>{formatDateTime(robot.until)}</span>}
        {robot.reason && <span className={classes.muted}>{robot.reason}</span>}
        {robot.why && (
          <WhyNot
            why={robot.why}
            label={(path) => fieldName(path.replace(/^record\./, ''))}
            say={(source) => say(source)?.parts.join(' · ') ?? source}
          />
        )}
      </div>
      {robot.state === 'waiting' && (
        <Button
          size="compact-xs"
          variant="default"
          disabled={busy}
          aria-label={t('skipOf', { name: robot.name })}
          onClick={() => onAct({ do: 'skip', stage, robot: robot.id })}
        >
          {t('skip')}
        </Button>
      )}
      {robot.state === 'failed' && robot.incident && (
        <Button
          size="compact-xs"
          variant="default"
          disabled={busy}
          aria-label={t('retryOf', { name: robot.name })}
          onClick={() => onAct({ do: 'retry', stage, robot: robot.id })}
        >
          {t('retry')}
        </Button>
      )}
    </div>
  );
}
