import { Anchor, Button, NativeSelect } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Bot, CornerDownRight } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConditionWords } from '@/features/expressions/conditionWords';
import { InlineProcess } from '@/features/expressions/inline';
import { plainPath, useNames, useNaming } from '@/features/expressions/names';
import { useMay } from '@/features/identity/useSession';
import { formatDateTime } from '@/lib/format';
import type { Status } from '@/theme/status';
import {
  ConfirmDialog,
  EmptyState,
  ErrorState,
  notifyDone,
  notifyError,
  RelativeTime,
  StatusBadge,
} from '@/ui';
import {
  type RecordAutomation as Automation,
  giveUpRobot,
  type RobotOutcome,
  type RobotState,
  recordAutomationQuery,
  recordTriggersQuery,
  stopRobot,
  type TriggerEntry,
} from './api';
import { useRobotKinds } from './catalogue';
import classes from './RecordAutomation.module.css';
import { inlineProcess, scopeKey } from './scope';
import { Tile } from './Tile';
import { WhyNot } from './WhyNot';

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

interface RecordAutomationProps {
  readonly type: string;
  readonly id: string;
  readonly mayStop: boolean;
}

/** What happens by itself to one record: every robot of its stage, and why one did nothing. */
export function RecordAutomation({ type, id, mayStop }: RecordAutomationProps) {
  const { t } = useTranslation('automation');
  const [run, setRun] = useState<string>();
  const state = useQuery(recordAutomationQuery(type, id, run));
  if (state.error) return <ErrorState error={state.error} onRetry={() => void state.refetch()} />;
  if (!state.data) return null;
  const { items, earlier, current, pipeline, stageName } = state.data;
  const entries = [...(run && state.data.run ? [state.data.run] : []), ...earlier]
    .filter((entry) => entry.id !== run || !current)
    .sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  return (
    <div className={classes.list}>
      <div className={classes.head}>
        {entries.length > 0 ? (
          <NativeSelect
            size="xs"
            aria-label={t('record.entry')}
            value={run ?? ''}
            onChange={(event) => setRun(event.currentTarget.value || undefined)}
            data={[
              { value: '', label: t('record.now') },
              ...entries.map((entry) => ({
                value: entry.id,
                label: t('record.entered', {
                  stage: entry.stageName,
                  when: formatDateTime(entry.startedAt),
                }),
              })),
            ]}
          />
        ) : (
          <span className={classes.muted}>{t('record.onStage', { stage: stageName })}</span>
        )}
        <span className={classes.links}>
          {state.data.run && (
            <Anchor component={Link} size="sm" to={`/runs/${state.data.run.id}`}>
              {t('record.run')}
            </Anchor>
          )}
          <Anchor component={Link} size="sm" to={`/crm/automation/${pipeline}`}>
            {t('record.rules')}
          </Anchor>
        </span>
      </div>
      {items.length === 0 && (
        <EmptyState icon={Bot} title={t('record.none')} text={t('record.noneText', { stage: stageName })} />
      )}
      <ul className={classes.robots}>
        {items.map((robot) => (
          <RobotRow key={robot.id} robot={robot} state={state.data} record={{ type, id }} mayStop={mayStop} />
        ))}
      </ul>
      <Triggers type={type} id={id} pipeline={pipeline} />
    </div>
  );
}

/** What triggers did with the record, and why others stayed silent, newest first. */
function Triggers({ type, id, pipeline }: { type: string; id: string; pipeline: string }) {
  const { t } = useTranslation('automation');
  const log = useQuery(recordTriggersQuery(type, id));
  const entries = log.data?.items ?? [];
  if (entries.length === 0) return null;
  return (
    // Rules of triggers stand in no definition: what they read follows from the type of the record.
    <InlineProcess value={inlineProcess(type, [])}>
      <section aria-label={t('record.triggers')}>
        <h3 className={classes.name}>{t('record.triggers')}</h3>
        <ul className={classes.robots}>
          {entries.map((entry) => (
            <TriggerRow key={`${entry.at} ${entry.trigger}`} entry={entry} pipeline={pipeline} />
          ))}
        </ul>
      </section>
    </InlineProcess>
  );
}

function TriggerRow({ entry, pipeline }: { entry: TriggerEntry; pipeline: string }) {
  return (
    <li className={classes.robot} data-trigger={entry.trigger} data-reason={entry.reason}>
      <div className={classes.what}>
        <span className={classes.name}>{entry.name || entry.kindTitle}</span>
        <span className={classes.why}>
          {entry.text}
          {entry.error && ` · ${entry.error}`}
        </span>
        {entry.why && <Named why={entry.why} definition={scopeKey(pipeline, '')} />}
      </div>
      <span className={classes.muted}>
        <RelativeTime at={entry.at} />
        {entry.times > 1 && ` · ×${entry.times}`}
      </span>
    </li>
  );
}

/** Why a condition did not hold, in the names that people know. */
function Named({ why, definition }: { why: NonNullable<RobotOutcome['why']>; definition: string }) {
  const names = useNames({ definitionKey: definition }, false);
  const naming = useNaming();
  const say = useConditionWords(names);
  return (
    <WhyNot
      why={why}
      label={(path) => {
        const name = names.byPath.get(plainPath(path));
        return name ? naming.label(name).replace(/^[^:]+: /, '') : path;
      }}
      say={(source) => say(source)?.parts.join(' · ') ?? source}
    />
  );
}

function RobotRow(props: {
  robot: RobotOutcome;
  state: Automation;
  record: { type: string; id: string };
  mayStop: boolean;
}) {
  const { robot, state, record } = props;
  const { t } = useTranslation('automation');
  const client = useQueryClient();
  const kinds = useRobotKinds().byKey;
  const [asking, setAsking] = useState(false);
  const kind = kinds.get(robot.robot);
  const name = robot.name || kind?.name || robot.robot;
  const stop = useMutation({
    mutationFn: () => stopRobot(record.type, record.id, robot.id),
    onSuccess: () => notifyDone(t('record.stopped', { name })),
    onError: notifyError,
    onSettled: () => {
      setAsking(false);
      void client.invalidateQueries({ queryKey: ['deal', record.id, 'automation'] });
    },
  });
  const mayGiveUp = useMay('runs.operate') && robot.incident && robot.node === robot.id;
  const [leaving, setLeaving] = useState(false);
  const giveUp = useMutation({
    mutationFn: () => giveUpRobot(record.type, record.id, robot.id),
    onSuccess: () => notifyDone(t('record.givenUp', { name })),
    onError: notifyError,
    onSettled: () => {
      setLeaving(false);
      void client.invalidateQueries({ queryKey: ['deal', record.id, 'automation'] });
    },
  });
  const chained = robot.timing.mode === 'afterPrevious';
  return (
    <li className={classes.robot} data-robot={robot.id} data-state={robot.state}>
      <Tile kind={{ icon: kind?.icon ?? 'bot', look: kind?.look ?? 'robot' }} />
      <div className={classes.what}>
        <span className={classes.name}>
          {chained && <CornerDownRight size={13} aria-hidden />}
          {name}
        </span>
        <Why robot={robot} state={state} />
      </div>
      <div className={classes.state}>
        <StatusBadge status={LOOKS[robot.state]} label={t(`record.state.${robot.state}`)} />
        {robot.at && !robot.until && (
          <span className={classes.muted}>
            <RelativeTime at={robot.at} />
          </span>
        )}
        {robot.incident && robot.runId && (
          <Anchor component={Link} size="xs" to={`/runs/${robot.runId}`}>
            {t('record.run')}
          </Anchor>
        )}
        {mayGiveUp && (
          <Button
            size="compact-xs"
            variant="default"
            aria-label={t('record.giveUpRobot', { name })}
            onClick={() => setLeaving(true)}
          >
            {t('record.giveUp')}
          </Button>
        )}
        {robot.canStop && props.mayStop && (
          <Button
            size="compact-xs"
            variant="default"
            aria-label={t('record.stopRobot', { name })}
            onClick={() => setAsking(true)}
          >
            {t('record.stop')}
          </Button>
        )}
      </div>
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        danger
        title={t('record.stopRobot', { name })}
        text={t('record.stopText', { name })}
        confirmLabel={t('record.stop')}
        busy={stop.isPending}
        onConfirm={() => stop.mutate()}
      />
      <ConfirmDialog
        opened={leaving}
        onClose={() => setLeaving(false)}
        danger
        title={t('record.giveUpRobot', { name })}
        text={t('record.giveUpText', { name })}
        confirmLabel={t('record.giveUp')}
        busy={giveUp.isPending}
        onConfirm={() => giveUp.mutate()}
      />
    </li>
  );
}

/** Why a robot is where it is: its time, its reason, what its condition saw. */
function Why({ robot, state }: { robot: RobotOutcome; state: Automation }) {
  const { t } = useTranslation('automation');
  const before = robot.after && state.items.find(({ id }) => id === robot.after);
  return (
    <>
      {robot.until && (
        <span className={classes.why}>
          <RelativeTime at={robot.until} /> · {formatDateTime(robot.until)}
        </span>
      )}
      {robot.state === 'waitingPrevious' && before && (
        <span className={classes.why}>{t('record.after', { name: before.name })}</span>
      )}
      {robot.reason && (
        <span className={classes.why} data-tone={robot.incident ? 'error' : undefined}>
          {robot.reason}
          {robot.byName && ` · ${robot.byName}`}
        </span>
      )}
      {robot.incident && robot.incident.message !== robot.reason && (
        <span className={classes.why} data-tone="error">
          {robot.incident.message}
        </span>
      )}
      {robot.asked &&
        !robot.asked.result &&
        state.run &&
        (robot.why ? (
          <Named why={robot.why} definition={state.run.definitionKey} />
        ) : (
          <Seen asked={robot.asked} values={robot.values ?? []} definition={state.run.definitionKey} />
        ))}
    </>
  );
}

/** The condition in words, and the values that it saw. */
function Seen(props: {
  asked: { expression: string };
  values: readonly { name: string; value: string }[];
  definition: string;
}) {
  const { t } = useTranslation('automation');
  const names = useNames({ definitionKey: props.definition }, false);
  const naming = useNaming();
  const said = useConditionWords(names)(props.asked.expression);
  const label = (path: string): string => {
    const name = names.byPath.get(plainPath(path));
    return name ? naming.label(name).replace(/^[^:]+: /, '') : path;
  };
  return (
    <span className={classes.why}>
      {t('record.asked', { condition: said ? said.parts.join(' · ') : props.asked.expression })}
      {props.values.map(({ name, value }) => (
        <span key={name} className={classes.seen}>
          {label(name)}: {value || t('record.empty')}
        </span>
      ))}
    </span>
  );
}
