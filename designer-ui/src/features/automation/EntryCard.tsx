import { combine } from '@atlaskit/pragmatic-drag-and-drop/combine';
import { draggable, dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { ActionIcon, Menu } from '@mantine/core';
import {
  ArrowDown,
  ArrowUp,
  ChevronLeft,
  Clock,
  Copy,
  CopyPlus,
  CornerDownRight,
  EllipsisVertical,
  Filter,
  MoveRight,
  Power,
  Trash2,
  TriangleAlert,
  Undo2,
  UserRound,
} from 'lucide-react';
import { memo, type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { StageDot } from '@/features/crm/StageDot';
import type { SaidCondition } from '@/features/expressions/conditionWords';
import { Later, later } from '@/lib/later';
import classes from './Automation.module.css';
import { type StageInfo, useBoard } from './context';
import { type Entry, isRobot, type Part } from './rules';
import { summaryOf } from './summary';
import { Tile } from './Tile';

const CopyDialog = later(() => import('./copy/CopyDialog').then((module) => module.CopyDialog));
const BoardUndo = later(() => import('./undo/BoardUndo').then((module) => module.BoardUndo));

export const DRAGGED = 'automation-entry';

export interface Dragged extends Record<string | symbol, unknown> {
  readonly type: typeof DRAGGED;
  readonly id: string;
  readonly part: Part;
}

/** The side of a card that is nearer to the pointer. */
function edgeOf(card: Element, y: number): 'top' | 'bottom' {
  const { top, height } = card.getBoundingClientRect();
  return y < top + height / 2 ? 'top' : 'bottom';
}

/** A condition as chips: comparisons, and how they belong together. */
export function ConditionChips({ source, said }: { source: string; said: SaidCondition | undefined }) {
  const { t } = useTranslation(['automation', 'designer']);
  if (!said || said.parts.length === 0) return <code className={classes.chip}>{source}</code>;
  const joined: ReactNode[] = said.parts.map((part, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place.
    <span key={i} className={classes.chipRow}>
      {i > 0 && <span className={classes.joint}>{t(`designer:conditionWords.${said.op}`)}</span>}
      <span className={classes.chip}>{part}</span>
    </span>
  ));
  return (
    <>
      {said.not && <span className={classes.joint}>{t('designer:conditionWords.not')}</span>}
      {joined}
    </>
  );
}

/** One robot or trigger on the board: what it is, when it runs, under which condition, as whom. */
export const EntryCard = memo(function EntryCard(props: {
  entry: Entry;
  stage: StageInfo;
  /** It waits for the card above, which is drawn there: right above, or with the name of a group between. */
  link: 'above' | 'through' | undefined;
  at: number;
}) {
  const { entry, stage, link, at } = props;
  const { t } = useTranslation('automation');
  const board = useBoard();
  const { readOnly, actions } = board;
  const element = useRef<HTMLLIElement>(null);
  const [dragging, setDragging] = useState(false);
  const [edge, setEdge] = useState<'top' | 'bottom' | null>(null);
  const robot = isRobot(entry) ? entry : undefined;
  const part: Part = robot ? 'robots' : 'triggers';
  const kind = board.kindOf(entry);
  const name = board.nameOf(entry);
  const findings = board.findingsOf(entry.id);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const change = board.changeOf(entry.id);
  const summary = summaryOf(entry, board);
  const runAs = robot?.runAs ?? (isRobot(entry) ? undefined : entry.onBehalf);

  useEffect(() => {
    const node = element.current;
    if (!node || readOnly) return;
    return combine(
      draggable({
        element: node,
        getInitialData: (): Dragged => ({ type: DRAGGED, id: entry.id, part }),
        onDragStart: () => setDragging(true),
        onDrop: () => setDragging(false),
      }),
      dropTargetForElements({
        element: node,
        canDrop: ({ source }) => source.data.type === DRAGGED && source.data.part === part,
        onDrag: ({ source, location }) =>
          setEdge(source.data.id === entry.id ? null : edgeOf(node, location.current.input.clientY)),
        onDragLeave: () => setEdge(null),
        onDrop: ({ source, location }) => {
          setEdge(null);
          const { input } = location.current;
          const to = at + (edgeOf(node, input.clientY) === 'bottom' ? 1 : 0);
          const id = source.data.id as string;
          // With Alt held the original stays where it is.
          if (input.altKey) actions.copyTo(id, stage.id, to);
          else actions.moveTo(id, stage.id, to);
        },
      }),
    );
  }, [entry.id, part, stage.id, at, readOnly, actions]);

  return (
    <li
      ref={element}
      className={classes.card}
      data-entry={entry.id}
      data-part={part}
      data-linked={link}
      data-off={entry.disabled || undefined}
      data-opened={board.opened === entry.id || undefined}
      data-dragging={dragging || undefined}
      data-edge={edge ?? undefined}
      data-change={change?.kind}
    >
      <span className={classes.cardHead}>
        <Tile kind={kind} />
        <button
          type="button"
          className={classes.cardName}
          tabIndex={board.active === entry.id ? 0 : -1}
          onFocus={() => board.setActive(entry.id)}
          onClick={() => board.open(entry.id)}
          aria-expanded={board.opened === entry.id}
        >
          {name}
        </button>
        {!readOnly && <CardMenu entry={entry} stage={stage} at={at} name={name} />}
      </span>
      {summary && <span className={classes.summary}>{summary}</span>}
      <span className={classes.facts}>
        {robot && (
          <span className={classes.fact} data-fact="timing">
            {robot.timing.mode === 'afterPrevious' ? (
              <CornerDownRight size={13} aria-hidden />
            ) : (
              <Clock size={13} aria-hidden />
            )}
            <span>{board.timingOf(robot)}</span>
          </span>
        )}
        {entry.when && (
          <span className={classes.fact} data-fact="condition">
            <Filter size={13} aria-hidden />
            <span className={classes.chips}>
              <span className="fx-visually-hidden">{t('card.onlyIf')}</span>
              <ConditionChips source={entry.when} said={board.say(entry.when)} />
            </span>
          </span>
        )}
        {runAs && (
          <span className={classes.fact} data-fact="runAs">
            <UserRound size={13} aria-hidden />
            <span>{t('card.runsAs', { person: board.personName(runAs) })}</span>
          </span>
        )}
      </span>
      {(entry.disabled || errors > 0 || findings.length > 0 || change) && (
        <span className={classes.marks}>
          {entry.disabled && (
            <span className={classes.mark}>
              <Power size={12} aria-hidden /> {t('card.off')}
            </span>
          )}
          {findings.length > 0 && (
            <span className={classes.mark} data-tone={errors > 0 ? 'error' : 'warning'}>
              <TriangleAlert size={12} aria-hidden />
              {findings[0]?.message}
              {findings.length > 1 && ` (+${findings.length - 1})`}
            </span>
          )}
          {change && <span className={classes.mark}>{t(`change.${change.kind}`)}</span>}
        </span>
      )}
    </li>
  );
});

function CardMenu(props: { entry: Entry; stage: StageInfo; at: number; name: string }) {
  const { entry, stage, at, name } = props;
  const { t } = useTranslation('automation');
  const { actions, stages, active, rules, stored } = useBoard();
  const saved = stored.get(stage.id);
  const [dialog, setDialog] = useState<'undo' | 'copy'>();
  const [opened, setOpened] = useState(false);
  const [used, setUsed] = useState(false);
  const [view, setView] = useState<'all' | 'move' | 'copy'>('all');
  const part: Part = isRobot(entry) ? 'robots' : 'triggers';
  const last = (rules.stages.find((own) => own.stage === stage.id)?.[part].length ?? 0) - 1;
  const button = (
    <ActionIcon
      className={classes.cardMenu}
      variant="subtle"
      color="gray"
      size={24}
      tabIndex={active === entry.id ? 0 : -1}
      aria-label={t('card.menu', { name })}
      data-menu
      {...(used
        ? {}
        : {
            'aria-haspopup': 'menu' as const,
            onClick: () => {
              setUsed(true);
              setOpened(true);
            },
          })}
    >
      <EllipsisVertical size={16} aria-hidden />
    </ActionIcon>
  );
  if (!used) return button;
  if (dialog)
    return (
      <>
        {button}
        <Later>
          {dialog === 'copy' ? (
            <CopyDialog stage={stage} only={entry.id} onClose={() => setDialog(undefined)} />
          ) : (
            <BoardUndo
              stage={stage.id}
              part={part}
              id={entry.id}
              name={name}
              version={saved?.process?.version}
              onClose={() => setDialog(undefined)}
            />
          )}
        </Later>
      </>
    );
  return (
    <Menu
      opened={opened}
      onChange={(next) => {
        setOpened(next);
        if (next) setView('all');
      }}
      position="bottom-end"
      withinPortal
      shadow="md"
    >
      <Menu.Target>{button}</Menu.Target>
      <Menu.Dropdown>
        {view === 'all' ? (
          <>
            <Menu.Item
              leftSection={<CopyPlus size={15} aria-hidden />}
              onClick={() => actions.duplicate(entry.id)}
            >
              {t('action.duplicate')}
            </Menu.Item>
            <Menu.Item
              closeMenuOnClick={false}
              leftSection={<MoveRight size={15} aria-hidden />}
              onClick={() => setView('move')}
            >
              {t('action.moveTo')}
            </Menu.Item>
            <Menu.Item
              closeMenuOnClick={false}
              leftSection={<Copy size={15} aria-hidden />}
              onClick={() => setView('copy')}
            >
              {t('action.copyTo')}
            </Menu.Item>
            <Menu.Item
              leftSection={<ArrowUp size={15} aria-hidden />}
              disabled={at === 0}
              onClick={() => actions.shift(entry.id, -1)}
            >
              {t('action.up')}
            </Menu.Item>
            <Menu.Item
              leftSection={<ArrowDown size={15} aria-hidden />}
              disabled={at === last}
              onClick={() => actions.shift(entry.id, 1)}
            >
              {t('action.down')}
            </Menu.Item>
            <Menu.Item leftSection={<Power size={15} aria-hidden />} onClick={() => actions.toggle(entry.id)}>
              {t(entry.disabled ? 'action.enable' : 'action.disable')}
            </Menu.Item>
            {saved?.[part].some(({ id }) => id === entry.id) && (
              <Menu.Item leftSection={<Copy size={15} aria-hidden />} onClick={() => setDialog('copy')}>
                {t('copy.open')}
              </Menu.Item>
            )}
            {saved?.[part].some(({ id }) => id === entry.id) && (
              <Menu.Item leftSection={<Undo2 size={15} aria-hidden />} onClick={() => setDialog('undo')}>
                {t('undo.open')}
              </Menu.Item>
            )}
            <Menu.Divider />
            <Menu.Item
              color="red"
              leftSection={<Trash2 size={15} aria-hidden />}
              onClick={() => actions.remove(entry.id)}
            >
              {t('action.remove')}
            </Menu.Item>
          </>
        ) : (
          <>
            <Menu.Item
              closeMenuOnClick={false}
              leftSection={<ChevronLeft size={15} aria-hidden />}
              onClick={() => setView('all')}
            >
              {t(view === 'move' ? 'action.moveTo' : 'action.copyTo')}
            </Menu.Item>
            <Menu.Divider />
            {stages
              .filter((other) => view === 'copy' || other.id !== stage.id)
              .map((other) => (
                <Menu.Item
                  key={other.id}
                  leftSection={<StageDot stage={other} />}
                  onClick={() => (view === 'move' ? actions.moveTo : actions.copyTo)(entry.id, other.id)}
                >
                  {other.name}
                </Menu.Item>
              ))}
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
