import { Button, Switch, TextInput } from '@mantine/core';
import { CircleAlert, Clock, FastForward, RotateCcw, Save } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatDateTime } from '@/lib/format';
import type { PartProps } from './parts';
import { SaveScenario } from './SaveScenario';
import { localText } from './StartForm';
import { nextDue, type Result } from './scenario';
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
  return (
    <>
      <ClockControls rehearsal={rehearsal} stage={stage} />
      {incidents.length > 0 && (
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
                <span>{incident.message}</span>
                {incident.remedy && <span className={classes.hint}>{incident.remedy}</span>}
              </li>
            ))}
          </ul>
        </section>
      )}
      <section className={classes.section} aria-labelledby="rehearsal-waits">
        <h3 className={classes.heading} id="rehearsal-waits">
          {over ? t(`end.${result.end as 'completed'}`) : t('waits.title')}
        </h3>
        {waits.length === 0 && <p className={classes.hint}>{over ? t('waits.over') : t('waits.none')}</p>}
        <ul className={classes.cards}>
          {waits.map((wait) => (
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
      {saving && <SaveScenario rehearsal={rehearsal} stage={stage} onClose={() => setSaving(false)} />}
    </>
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
