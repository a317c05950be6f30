import { draggable, dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { ActionIcon, Menu } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import {
  ArrowLeft,
  ArrowRight,
  Clock,
  EllipsisVertical,
  Flag,
  MousePointerClick,
  Plus,
  Trash2,
  TriangleAlert,
} from 'lucide-react';
import { type CSSProperties, type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { Tile } from '@/features/automation/Tile';
import { timingText } from '@/features/automation/timing';
import { useRoles } from '@/features/forms/roles';
import type { Command, Delay, Status, Step, Who } from './api';
import { useEditing } from './context';
import { type Handler, isLast, mayPlace, mayShift, newId, placeOfHandler } from './model';
import classes from './StatusProcesses.module.css';

/** One status: what is done on entering, what it waits for, what is done on leaving. */
export function StatusColumn({ status }: { status: Status }) {
  const { t } = useTranslation('statusProcesses');
  const editing = useEditing();
  const { content, readOnly, run, open } = editing;
  const addPart = (part: 'commands' | 'delays'): void => {
    const id = newId();
    run(
      { key: 'history.add', values: { name: t(part === 'commands' ? 'part.command' : 'part.delay') } },
      (next) => {
        const own = next.statuses.find((one) => one.id === status.id);
        if (part === 'commands') own?.commands.push({ id, name: t('command.new'), steps: [] });
        else own?.delays.push({ id, timing: { mode: 'delay', amount: 1, unit: 'day' }, steps: [] });
      },
    );
    open(id);
  };
  return (
    <section
      className={classes.column}
      style={{ '--status-color': status.color } as CSSProperties}
      aria-label={status.name}
      data-opened={editing.opened === status.id || undefined}
      data-status={status.id}
    >
      <header className={classes.head}>
        <span className={classes.dot} style={{ background: status.color }} />
        <button type="button" className={classes.statusName} onClick={() => open(status.id)}>
          <h2>{status.name}</h2>
        </button>
        <Marks id={status.id} />
        {!readOnly && <StatusMenu status={status} />}
      </header>
      <p className={classes.badges}>
        {status.id === content.initial && (
          <span>
            <Flag size={12} aria-hidden /> {t('status.initial')}
          </span>
        )}
        {isLast(content, status) && <span>{t('status.last')}</span>}
      </p>
      <div className={classes.columnBody}>
        <Part title={t('part.entry')}>
          <Steps handler={{ kind: 'entry', status, steps: status.entry }} />
        </Part>
        <Part title={t('part.commands')} icon={<MousePointerClick size={13} aria-hidden />}>
          {status.commands.map((command) => (
            <CommandCard key={command.id} status={status} command={command} />
          ))}
          {!readOnly && <Add label={t('command.add')} onClick={() => addPart('commands')} />}
        </Part>
        <Part title={t('part.delays')} icon={<Clock size={13} aria-hidden />}>
          {status.delays.map((delay) => (
            <DelayCard key={delay.id} status={status} delay={delay} />
          ))}
          {!readOnly && <Add label={t('delay.add')} onClick={() => addPart('delays')} />}
        </Part>
        <Part title={t('part.exit')}>
          <Steps handler={{ kind: 'exit', status, steps: status.exit }} />
        </Part>
      </div>
    </section>
  );
}

function Part(props: { title: string; icon?: ReactNode; children: ReactNode }) {
  return (
    <div className={classes.part}>
      <h3 className={classes.partTitle}>
        {props.icon}
        {props.title}
      </h3>
      {props.children}
    </div>
  );
}

function Add(props: { label: string; name?: string; onClick: () => void }) {
  return (
    <button type="button" className={classes.add} onClick={props.onClick} aria-label={props.name}>
      <Plus size={14} aria-hidden /> {props.label}
    </button>
  );
}

/** What is wrong here, for people who do not open it. */
function Marks({ id }: { id: string }) {
  const findings = useEditing().findingsOf(id);
  if (findings.length === 0) return null;
  const text = findings.map(({ message }) => message).join(' ');
  const tone = findings.some(({ severity }) => severity === 'error') ? 'error' : 'warning';
  return (
    <span className={classes.mark} data-tone={tone} title={text}>
      <TriangleAlert size={14} aria-hidden />
      <span className="fx-visually-hidden">{text}</span>
    </span>
  );
}

function StatusMenu({ status }: { status: Status }) {
  const { t } = useTranslation('statusProcesses');
  const { content, run, remove, shift } = useEditing();
  return (
    <Menu position="bottom-end" shadow="md" withinPortal>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={24}
          aria-label={t('status.menu', { status: status.name })}
        >
          <EllipsisVertical size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<Flag size={15} aria-hidden />}
          disabled={status.id === content.initial}
          onClick={() =>
            run({ key: 'history.initial', values: { name: status.name } }, (next) => {
              next.initial = status.id;
            })
          }
        >
          {t('status.makeInitial')}
        </Menu.Item>
        <Menu.Item
          leftSection={<ArrowLeft size={15} aria-hidden />}
          disabled={!mayShift(content, status.id, -1)}
          onClick={() => shift(status.id, -1)}
        >
          {t('status.left')}
        </Menu.Item>
        <Menu.Item
          leftSection={<ArrowRight size={15} aria-hidden />}
          disabled={!mayShift(content, status.id, 1)}
          onClick={() => shift(status.id, 1)}
        >
          {t('status.right')}
        </Menu.Item>
        <Menu.Item
          color="red"
          leftSection={<Trash2 size={15} aria-hidden />}
          disabled={content.statuses.length === 1}
          onClick={() => remove(status.id)}
        >
          {t('status.remove')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function CommandCard({ status, command }: { status: Status; command: Command }) {
  const { t } = useTranslation('statusProcesses');
  const { open, opened, say } = useEditing();
  const said = command.when ? (say(command.when)?.parts.join(' · ') ?? command.when) : '';
  return (
    <div className={classes.card} data-opened={opened === command.id || undefined}>
      <div className={classes.cardHead}>
        <button type="button" className={classes.commandName} onClick={() => open(command.id)}>
          {command.name || t('part.command')}
        </button>
        <Marks id={command.id} />
      </div>
      <span className={classes.who}>
        <Allowed who={command.allowed ?? []} />
        {said && ` · ${said}`}
      </span>
      <Steps handler={{ kind: 'command', status, of: command, steps: command.steps }} />
    </div>
  );
}

/** Who may press a button, in words. */
function Allowed({ who }: { who: readonly Who[] }) {
  const { t } = useTranslation('statusProcesses');
  const directory = useQuery(directoryQuery).data;
  const roles = useRoles(directory);
  if (who.length === 0) return t('command.everybody');
  const name = (one: Who): string => {
    if (typeof one !== 'string')
      return one.expr === 'record.responsible' ? t('command.responsible') : one.expr;
    const id = one.replace(/^(user|group):/, '');
    return (
      roles.named(one) ??
      directory?.users.find((user) => user.id === id)?.name ??
      directory?.groups.find((group) => group.id === id)?.name ??
      id
    );
  };
  return who.map(name).join(', ');
}

function DelayCard({ status, delay }: { status: Status; delay: Delay }) {
  const { t } = useTranslation(['statusProcesses', 'automation']);
  const { t: says } = useTranslation('automation');
  const { open, opened, fieldName } = useEditing();
  return (
    <div className={classes.card} data-opened={opened === delay.id || undefined}>
      <div className={classes.cardHead}>
        <button type="button" className={classes.delayName} onClick={() => open(delay.id)}>
          {delay.name || timingText(says, delay.timing, fieldName)}
        </button>
        <Marks id={delay.id} />
      </div>
      {delay.name && <span className={classes.who}>{timingText(says, delay.timing, fieldName)}</span>}
      <Steps handler={{ kind: 'delay', status, of: delay, steps: delay.steps }} empty={t('delay.empty')} />
    </div>
  );
}

const STEP = 'status-step';

/** Takes a step that is dropped here, in front of another one or at the end of the list; true while one is above it. */
function useDrop(element: RefObject<HTMLElement | null>, handler: Handler, before?: string): boolean {
  const editing = useEditing();
  const [over, setOver] = useState(false);
  const latest = useRef({ editing, handler });
  latest.current = { editing, handler };
  useEffect(() => {
    const node = element.current;
    if (!node) return;
    const into = () => placeOfHandler(latest.current.handler);
    return dropTargetForElements({
      element: node,
      canDrop: ({ source }) =>
        source.data.type === STEP &&
        !latest.current.editing.readOnly &&
        mayPlace(latest.current.editing.content, source.data.id as string, into()),
      onDrag: ({ location }) => setOver(location.current.dropTargets[0]?.element === node),
      onDragLeave: () => setOver(false),
      onDrop: ({ source, location }) => {
        setOver(false);
        // A row lies in its list: the innermost one takes the step.
        if (location.current.dropTargets[0]?.element !== node) return;
        latest.current.editing.place(source.data.id as string, into(), before);
      },
    });
  }, [element, before]);
  return over;
}

function Steps({ handler, empty }: { handler: Handler; empty?: string }) {
  const { t } = useTranslation('statusProcesses');
  const { readOnly, add } = useEditing();
  const element = useRef<HTMLDivElement>(null);
  const over = useDrop(element, handler);
  return (
    <div ref={element} className={classes.stepList} data-over={over || undefined}>
      {handler.steps.length > 0 ? (
        <ol className={classes.steps}>
          {handler.steps.map((step) => (
            <StepRow key={step.id} step={step} handler={handler} />
          ))}
        </ol>
      ) : (
        readOnly && <p className={classes.none}>{empty ?? t('step.none')}</p>
      )}
      {!readOnly && (
        <Add
          label={t('step.add')}
          name={t('step.addName', {
            part: handler.of?.name || t(`part.${handler.kind}`),
            status: handler.status.name,
          })}
          onClick={() => add(handler)}
        />
      )}
    </div>
  );
}

function StepRow({ step, handler }: { step: Step; handler: Handler }) {
  const { t } = useTranslation('statusProcesses');
  const { open, opened, kindOf, nameOf, readOnly } = useEditing();
  const element = useRef<HTMLLIElement>(null);
  const [dragged, setDragged] = useState(false);
  const over = useDrop(element, handler, step.id);
  useEffect(() => {
    const node = element.current;
    if (!node || readOnly) return;
    return draggable({
      element: node,
      getInitialData: () => ({ type: STEP, id: step.id }),
      onDragStart: () => setDragged(true),
      onDrop: () => setDragged(false),
    });
  }, [step.id, readOnly]);
  return (
    <li
      ref={element}
      className={classes.step}
      data-off={step.disabled || undefined}
      data-opened={opened === step.id || undefined}
      data-dragged={dragged || undefined}
      data-over={over || undefined}
    >
      <Tile kind={kindOf(step)} />
      <button type="button" className={classes.stepName} onClick={() => open(step.id)}>
        {nameOf(step)}
        {step.config.immediate === true && <span className={classes.tag}>{t('step.immediate')}</span>}
        {step.when && <span className={classes.tag}>{t('step.conditional')}</span>}
      </button>
      <Marks id={step.id} />
    </li>
  );
}
