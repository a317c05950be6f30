import { Button, Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Clock, RotateCcw, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatDateTime } from '@/lib/format';
import { notifyError, Segments } from '@/ui';
import { useBoard } from '../context';
import { type Act, type Difference, playTrial, type Report, type Subject } from './api';
import classes from './Trial.module.css';
import { TrialColumns } from './TrialColumns';
import { TrialFields } from './TrialFields';
import { TrialLog } from './TrialLog';
import { TrialOutbox } from './TrialOutbox';
import { Differences, SavedTrials, SaveTrial } from './TrialScenarios';
import { TrialStart } from './TrialStart';
import { TrialTasks } from './TrialTasks';

const STEPS = [
  ['PT1H', 'hour'],
  ['P1D', 'day'],
  ['P7D', 'week'],
  ['P1M', 'month'],
] as const;

interface Game {
  readonly record: Subject;
  readonly at: string;
  readonly acts: readonly Act[];
  readonly report: Report;
  /** Of one that was saved, as long as nothing more is done: what ends otherwise. */
  readonly differences?: readonly Difference[];
}

/** The rules on the screen, saved or not, played with a copy of a record. Nothing is sent and nothing changes. */
export function Trial({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['trial', 'common']);
  const { pipeline, rules, type, stages, readOnly } = useBoard();
  const [game, setGame] = useState<Game>();
  const [tab, setTab] = useState('log');
  const play = useMutation({
    mutationFn: async ({ record, at, acts }: Omit<Game, 'report'>): Promise<Game> => ({
      record,
      at,
      acts,
      report: await playTrial(pipeline.id, {
        stages: rules.stages,
        record,
        at,
        acts,
      }),
    }),
    onSuccess: setGame,
    onError: notifyError,
  });
  const report = game?.report;
  const act = (one: Act): void => {
    if (game && !play.isPending) play.mutate({ ...game, acts: [...game.acts, one] });
  };
  const stageName = (id: string | undefined): string =>
    stages.find((stage) => stage.id === id)?.name ?? id ?? '';
  return (
    <Modal
      opened
      fullScreen
      onClose={onClose}
      title={t('title', { pipeline: pipeline.name })}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
      classNames={{ body: classes.body, content: classes.content }}
    >
      {!game || !report ? (
        <>
          <TrialStart
            type={type}
            busy={play.isPending}
            onBegin={(record, at) => play.mutate({ record, at, acts: [] })}
          />
          <SavedTrials
            onPlayed={({ record, at, acts }, played, differences) =>
              setGame({ record, at, acts, report: played, differences })
            }
          />
        </>
      ) : (
        <div className={classes.trial} aria-busy={play.isPending}>
          <div className={classes.bar}>
            <span className={classes.clock} data-trial-clock>
              <Clock size={16} aria-hidden /> {formatDateTime(report.at)}
            </span>
            <Button.Group>
              {STEPS.map(([by, word]) => (
                <Button
                  key={by}
                  size="compact-sm"
                  variant="default"
                  disabled={play.isPending}
                  onClick={() => act({ do: 'advance', by })}
                >
                  {t(`by.${word}`)}
                </Button>
              ))}
            </Button.Group>
            <Button
              size="compact-sm"
              variant="default"
              disabled={!report.next || play.isPending}
              onClick={() => act({ do: 'advance', next: true })}
            >
              {report.next ? t('next', { when: formatDateTime(report.next) }) : t('nothingDue')}
            </Button>
            <span className={classes.grow} />
            {!readOnly && <SaveTrial trial={game} />}
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<Undo2 size={14} aria-hidden />}
              disabled={game.acts.length === 0 || play.isPending}
              onClick={() => play.mutate({ ...game, acts: game.acts.slice(0, -1) })}
            >
              {t('back')}
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<RotateCcw size={14} aria-hidden />}
              onClick={() => setGame(undefined)}
            >
              {t('again')}
            </Button>
          </div>
          {game.differences && <Differences differences={game.differences} stageName={stageName} />}
          {report.problems.map((problem) => (
            <p key={problem} className={classes.problem} role="alert">
              {problem}
            </p>
          ))}
          <TrialColumns report={report} busy={play.isPending} onAct={act} />
          {report.tasks.length > 0 && (
            <TrialTasks report={report} busy={play.isPending} onAct={act} stageName={stageName} />
          )}
          <Segments
            value={tab}
            onChange={setTab}
            data={[
              { value: 'log', label: t('tab.log', { count: report.log.length }) },
              { value: 'outbox', label: t('tab.outbox', { count: report.outbox.length }) },
              { value: 'record', label: t('tab.record') },
            ]}
          />
          {tab === 'log' && <TrialLog report={report} stageName={stageName} />}
          {tab === 'outbox' && <TrialOutbox report={report} stageName={stageName} />}
          {tab === 'record' && <TrialFields type={type} report={report} busy={play.isPending} onAct={act} />}
          <p className="fx-visually-hidden" role="status">
            {t('announce', { stage: stageName(report.stage), when: formatDateTime(report.at) })}
          </p>
        </div>
      )}
    </Modal>
  );
}
