import { Button, CloseButton, Switch, TextInput } from '@mantine/core';
import {
  CircleAlert,
  CirclePause,
  Clock,
  FastForward,
  Pin,
  Play,
  RotateCcw,
  Save,
  StepForward,
  TriangleAlert,
} from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatDateTime } from '@/lib/format';
import { indexOf } from '@/lib/process/document';
import { pinsOf } from '@/lib/process/pins';
import { Kbd } from '@/ui';
import type { PartProps } from './parts';
import { SaveScenario } from './SaveScenario';
import { localText } from './StartForm';
import { answeredBy, nextDue, type Result } from './scenario';
import classes from './Testing.module.css';
import { WaitCard } from './WaitCard';

/** Where the run stands: the clock, what waits for whom, and what can be done. */
export function Now({ rehearsal, stage }: PartProps) {
  const { t } = useTranslation('testing');
  const [saving, setSaving] = useState(false);
  const result = rehearsal.result as Result;
  const session = rehearsal.session;
  const { waits, incidents } = result;
  const over = ['completed', 'canceled', 'failed'].includes(result.end);
  const { paused } = rehearsal;
  // Stopped in the middle: what is open at the end of it is not open yet, but for the step itself.
  const ahead =
    paused !== undefined && result.records.slice(paused.at).some(({ kind }) => kind === 'nodeEntered');
  const open = ahead ? waits.filter(({ node }) => node === paused?.node) : waits;
  const pinned = [
    ...new Set(
      (session?.entries ?? [])
        .filter(({ source }) => source === 'pin')
        .map(({ step }) => answeredBy(step) ?? ''),
    ),
  ];
  return (
    <>
      {session?.shows && (
        <section className={classes.section} aria-label={t('fault.title')}>
          <div className={classes.card} data-tone="failed">
            <strong className={classes.faultTitle}>
              <TriangleAlert size={15} aria-hidden />
              {t('fault.title')}
            </strong>
            <span>{session.shows}</span>
            <span className={classes.hint}>{t(paused ? 'fault.steps' : 'fault.end')}</span>
          </div>
        </section>
      )}
      {paused && (
        <section className={classes.section} aria-label={t('paused.badge')}>
          <div className={classes.card} data-tone="paused">
            <button type="button" className={classes.name} onClick={() => stage.select(paused.node)}>
              <CirclePause size={15} aria-hidden />
              {t('paused.title', { name: stage.name(paused.node) })}
            </button>
            <div className={classes.row}>
              <Button
                size="compact-md"
                leftSection={<Play size={14} aria-hidden />}
                rightSection={<Kbd shortcut="f5" />}
                disabled={rehearsal.busy}
                onClick={() => rehearsal.goOn(false)}
              >
                {t('paused.continue')}
              </Button>
              <Button
                size="compact-md"
                variant="default"
                leftSection={<StepForward size={14} aria-hidden />}
                rightSection={<Kbd shortcut="f10" />}
                disabled={rehearsal.busy}
                onClick={() => rehearsal.goOn(true)}
              >
                {t('paused.step')}
              </Button>
            </div>
          </div>
        </section>
      )}
      {!ahead && <ClockControls rehearsal={rehearsal} stage={stage} />}
      {pinned.length > 0 && (
        <p className={classes.notice} role="note">
          <Pin size={14} aria-hidden />
          {t('pin.used', { names: pinned.map(stage.name).join(', ') })}
        </p>
      )}
      {!ahead && incidents.length > 0 && (
        <section className={classes.section} aria-label={t('incidents')}>
          <ul className={classes.cards}>
            {incidents.map((incident) => (
              <li
                key={`${incident.run}${incident.node}${incident.code}`}
                className={classes.card}
                data-tone="failed"
              >
                <button type="button" className={classes.name} onClick={() => stage.select(incident.node)}>
                  <CircleAlert size={15} aria-hidden />
                  {stage.name(incident.node)}
                </button>
                <span>{incident.text || incident.message}</span>
                {incident.text && incident.message && (
                  <span className={classes.hint}>{incident.message}</span>
                )}
                {!incident.text && incident.remedy && <span className={classes.hint}>{incident.remedy}</span>}
              </li>
            ))}
          </ul>
        </section>
      )}
      <section className={classes.section} aria-labelledby="rehearsal-waits">
        <h3 className={classes.heading} id="rehearsal-waits">
          {ahead ? t('waits.here') : over ? t(`end.${result.end as 'completed'}`) : t('waits.title')}
        </h3>
        {open.length === 0 && (
          <p className={classes.hint}>{t(ahead ? 'waits.ahead' : over ? 'waits.over' : 'waits.none')}</p>
        )}
        <ul className={classes.cards}>
          {open.map((wait) => (
            <li key={`${wait.run}${wait.node}${wait.kind}${wait.index}`}>
              <WaitCard rehearsal={rehearsal} stage={stage} wait={wait} />
            </li>
          ))}
        </ul>
        {stage.document.nodes.some(({ kind }) => kind === 'robot') && (
          <Switch
            label={t('robots.auto')}
            checked={session?.robots ?? false}
            onChange={(event) => rehearsal.setRobots(event.currentTarget.checked)}
          />
        )}
        {Object.keys(pinsOf(stage.document)).length > 0 && (
          <Switch
            label={t('pin.auto')}
            checked={session?.pins ?? false}
            onChange={(event) => rehearsal.setPins(event.currentTarget.checked)}
          />
        )}
        {session?.recorded && (
          <p className={classes.hint}>{t('recorded.used', { title: session.recorded.title })}</p>
        )}
      </section>
      <section className={classes.section}>
        <div className={classes.row}>
          <Button
            variant="default"
            size="compact-md"
            leftSection={<Save size={14} aria-hidden />}
            onClick={() => setSaving(true)}
          >
            {t('save.open')}
          </Button>
          <Button
            variant="subtle"
            color="gray"
            size="compact-md"
            leftSection={<RotateCcw size={14} aria-hidden />}
            onClick={rehearsal.end}
          >
            {t('restart')}
          </Button>
        </div>
      </section>
      <Stops stage={stage} />
      {saving && <SaveScenario rehearsal={rehearsal} stage={stage} onClose={() => setSaving(false)} />}
    </>
  );
}

/** Where rehearsals stop, as a list: the drawing has a red point at each. */
function Stops({ stage }: Pick<PartProps, 'stage'>) {
  const { t } = useTranslation('testing');
  const { nodes } = indexOf(stage.document);
  const stops = [...stage.stops].filter((id) => nodes.has(id));
  return (
    <section className={classes.section} aria-labelledby="rehearsal-stops">
      <h3 className={classes.heading} id="rehearsal-stops">
        {t('stops.title')}
      </h3>
      {stops.length === 0 && (
        <p className={classes.hint}>
          {t('stops.none')} <Kbd shortcut="f9" />
        </p>
      )}
      <ul className={classes.cards}>
        {stops.map((id) => (
          <li key={id} className={classes.stopRow}>
            <span className={classes.stopSign} aria-hidden />
            <button type="button" className={classes.name} onClick={() => stage.select(id)}>
              {stage.name(id)}
            </button>
            <CloseButton
              size="sm"
              aria-label={t('stops.remove', { name: stage.name(id) })}
              onClick={() => stage.toggleStop(id)}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

function ClockControls({ rehearsal }: PartProps) {
  const { t } = useTranslation('testing');
  const { act, moveClock, busy } = rehearsal;
  const result = rehearsal.result as Result;
  const [to, setTo] = useState<string>();
  const due = nextDue(result);
  const shown = to ?? localText(new Date(result.at));
  const move = (step: string) => () => {
    setTo(undefined);
    act({ advance: step });
  };
  return (
    <section className={classes.section} aria-label={t('clock.title')}>
      <div className={classes.clock}>
        <Clock size={18} aria-hidden />
        <time dateTime={result.at}>{formatDateTime(result.at)}</time>
      </div>
      <div className={classes.row}>
        <Button variant="default" size="compact-sm" disabled={busy} onClick={move('PT1H')}>
          {t('clock.hour')}
        </Button>
        <Button variant="default" size="compact-sm" disabled={busy} onClick={move('P1D')}>
          {t('clock.day')}
        </Button>
        {due && (
          <Button
            variant="default"
            size="compact-sm"
            disabled={busy}
            leftSection={<FastForward size={13} aria-hidden />}
            onClick={() => {
              setTo(undefined);
              act({ advance: { to: due } });
            }}
          >
            {t('clock.next', { at: formatDateTime(due) })}
          </Button>
        )}
      </div>
      <form
        className={classes.row}
        onSubmit={(event) => {
          event.preventDefault();
          const moment = new Date(shown);
          if (Number.isNaN(moment.getTime())) return;
          setTo(undefined);
          moveClock(moment.toISOString());
        }}
      >
        <TextInput
          type="datetime-local"
          size="xs"
          aria-label={t('clock.set')}
          title={t('clock.setHelp')}
          value={shown}
          onChange={(event) => setTo(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" size="compact-sm" disabled={busy || to === undefined}>
          {t('clock.act')}
        </Button>
      </form>
    </section>
  );
}
