import { Anchor, Button, Menu } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ChevronDown, CircleHelp, History, Play } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConditionWords } from '@/features/expressions/conditionWords';
import { plainPath, useNames, useNaming } from '@/features/expressions/names';
import { formatDateTime } from '@/lib/format';
import { Later, later } from '@/lib/later';
import { notifyError, RelativeTime } from '@/ui';
import { type CommandState, giveCommand, type ProcessState, recordProcessesQuery, startProcess } from './api';
import classes from './RecordStatuses.module.css';

const WhyNot = later(
  () => import('@/features/automation/WhyNot').then((module) => module.WhyNot),
  'automation',
);

/** Where the status-driven processes of a record stand, and what one can do about it. */
export function RecordStatuses({ type, id }: { type: string; id: string }) {
  const { t } = useTranslation('statusProcesses');
  const client = useQueryClient();
  const { data } = useQuery(recordProcessesQuery(type, id));
  const start = useMutation({
    mutationFn: (process: string) => startProcess(type, id, process),
    onError: notifyError,
    onSettled: () => void client.invalidateQueries({ queryKey: ['deal', id] }),
  });
  if (!data || (data.items.length === 0 && data.startable.length === 0)) return null;
  const active = data.items.filter(({ status }) => status === 'active' || status === 'quarantined');
  const ended = data.items.filter((item) => !active.includes(item));
  return (
    <section className={classes.list} aria-label={t('record.title')}>
      {active.map((item) => (
        <ProcessCard key={item.run} state={item} type={type} id={id} />
      ))}
      {active.length === 0 && ended[0] && <ProcessCard state={ended[0]} type={type} id={id} />}
      {data.startable.length > 0 && (
        <Menu position="bottom-start" shadow="md">
          <Menu.Target>
            <Button
              className={classes.start}
              variant="subtle"
              size="compact-sm"
              leftSection={<Play size={13} aria-hidden />}
              rightSection={<ChevronDown size={13} aria-hidden />}
              loading={start.isPending}
            >
              {t('record.start')}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {data.startable.map(({ key, name }) => (
              <Menu.Item key={key} onClick={() => start.mutate(key)}>
                {name ?? key}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </section>
  );
}

function ProcessCard({ state, type, id }: { state: ProcessState; type: string; id: string }) {
  const { t } = useTranslation('statusProcesses');
  const client = useQueryClient();
  const [shown, setShown] = useState<'why' | 'story'>();
  const give = useMutation({
    mutationFn: (command: string) => giveCommand(type, id, state, command),
    onError: notifyError,
    onSettled: () => void client.invalidateQueries({ queryKey: ['deal', id] }),
  });
  const refused = state.commands.filter(({ can }) => !can);
  const toggle = (what: 'why' | 'story') => setShown(shown === what ? undefined : what);
  return (
    <article className={classes.card} aria-label={state.name} data-process={state.process}>
      <div className={classes.head}>
        <span className={classes.name}>{state.name}</span>
        {state.current && (
          <span
            className={classes.status}
            style={{ '--status-color': state.current.color } as React.CSSProperties}
            data-current={state.current.id}
          >
            {state.current.name}
          </span>
        )}
        <span className={classes.muted}>
          {state.status === 'active' && state.current?.since && <RelativeTime at={state.current.since} />}
          {state.status !== 'active' && t(`record.${state.status}`)}
        </span>
        <span className={classes.tools}>
          {refused.length > 0 && (
            <Button
              variant="subtle"
              size="compact-xs"
              leftSection={<CircleHelp size={13} aria-hidden />}
              aria-expanded={shown === 'why'}
              onClick={() => toggle('why')}
            >
              {t('record.why')}
            </Button>
          )}
          <Button
            variant="subtle"
            size="compact-xs"
            leftSection={<History size={13} aria-hidden />}
            aria-expanded={shown === 'story'}
            onClick={() => toggle('story')}
          >
            {t('record.story')}
          </Button>
        </span>
      </div>
      {state.commands.length > 0 && (
        <div className={classes.commands}>
          {state.commands.map((command) => (
            <Button
              key={command.id}
              size="xs"
              variant={command.can ? 'filled' : 'default'}
              disabled={!command.can}
              loading={give.isPending && give.variables === command.id}
              title={command.can ? undefined : command.reason}
              data-command={command.id}
              onClick={() => give.mutate(command.id)}
            >
              {command.name}
            </Button>
          ))}
        </div>
      )}
      {state.working.map((work) => (
        <p key={work.step} className={classes.line} data-tone={work.incident ? 'error' : undefined}>
          {work.incident ? t('record.stuck', { step: work.name }) : t('record.working', { step: work.name })}
          {work.people && work.people.length > 0 && ` · ${work.people.map(({ name }) => name).join(', ')}`}
          {work.incident && ` · ${work.incident.message}`}
        </p>
      ))}
      {state.delays
        .filter((delay) => delay.state === 'waiting' || delay.state === 'noDate')
        .map((delay) => (
          <p key={delay.id} className={classes.line}>
            {delay.state === 'noDate'
              ? t('record.noDate', { name: delay.name || t('part.delay') })
              : t('record.due', {
                  name: delay.name || t('part.delay'),
                  when: formatDateTime(delay.until ?? ''),
                })}
          </p>
        ))}
      {shown === 'why' && (
        <ul className={classes.whys}>
          {refused.map((command) => (
            <Why key={command.id} command={command} definition={`status-${state.process}`} />
          ))}
        </ul>
      )}
      {shown === 'story' && (
        <>
          <ol className={classes.story}>
            {state.story.map((moment, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a story only grows at its end.
              <li key={at}>
                <time dateTime={moment.at}>{formatDateTime(moment.at)}</time>{' '}
                {t(`moment.${moment.what}`, { name: moment.name || t('part.delay') })}
                {moment.byName && ` · ${moment.byName}`}
              </li>
            ))}
          </ol>
          <Anchor component={Link} size="xs" to={`/runs/${state.run}`}>
            {t('record.run')}
          </Anchor>
        </>
      )}
    </article>
  );
}

/** Why a button cannot be pressed: who may, and what its condition sees. */
function Why({ command, definition }: { command: CommandState; definition: string }) {
  const { t } = useTranslation('statusProcesses');
  const names = useNames({ definitionKey: definition }, false);
  const naming = useNaming();
  const words = useConditionWords(names);
  const label = (path: string): string => {
    const name = names.byPath.get(plainPath(path));
    return name ? naming.label(name).replace(/^[^:]+: /, '') : path;
  };
  const people = command.peopleNames ?? [];
  return (
    <li>
      <strong>{command.name}</strong>: {command.reason}
      {command.because === 'notAllowed' && people.length > 0 && (
        <> · {t('record.who', { people: people.join(', ') })}</>
      )}
      {command.because === 'notAllowed' && people.length === 0 && <> · {t('record.editors')}</>}
      {command.why && (
        <Later>
          <WhyNot
            why={command.why}
            label={label}
            say={(source) => words(source)?.parts.join(' · ') ?? source}
          />
        </Later>
      )}
      {command.asked && !command.asked.result && !command.why && (
        <>
          {' · '}
          {words(command.asked.expression)?.parts.join(' · ') ?? command.asked.expression}
          {(command.values ?? []).map(({ name, value }) => (
            <span key={name} className={classes.seen}>
              {label(name)}: {value || t('record.empty')}
            </span>
          ))}
        </>
      )}
    </li>
  );
}
