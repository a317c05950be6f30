import { dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { autoScrollForElements } from '@atlaskit/pragmatic-drag-and-drop-auto-scroll/element';
import { ActionIcon, Menu } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Bot, Copy, EllipsisVertical, Plus, Workflow, Zap } from 'lucide-react';
import { type CSSProperties, type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { StageDot } from '@/features/crm/StageDot';
import { Later, later } from '@/lib/later';
import classes from './Automation.module.css';
import type { StageRules } from './api';
import { type StageInfo, useBoard } from './context';
import { DRAGGED, EntryCard } from './EntryCard';
import { type Entry, isRobot, type Part, previousOf } from './rules';
import { StageStarts } from './StageStarts';

const CopyDialog = later(() => import('./copy/CopyDialog').then((module) => module.CopyDialog));

/** One stage: what brings records here, and what is done when they come. */
export function StageColumn({ stage, rules }: { stage: StageInfo; rules: StageRules }) {
  const { t } = useTranslation('automation');
  const board = useBoard();
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const node = body.current;
    return node ? autoScrollForElements({ element: node }) : undefined;
  }, []);
  const hasTriggers = board.triggerKinds.length > 0 || rules.triggers.length > 0;
  return (
    <section
      className={classes.column}
      style={{ '--stage-color': stage.color } as CSSProperties}
      aria-label={stage.name}
      data-stage={stage.id}
    >
      <header className={classes.head}>
        <StageDot stage={stage} />
        <h2 className={classes.stageName} title={stage.name}>
          {stage.name}
        </h2>
        <span className={classes.count}>
          {rules.robots.length}
          <span className="fx-visually-hidden"> {t('column.robots', { count: rules.robots.length })}</span>
        </span>
        <StageMenu stage={stage} />
      </header>
      <div ref={body} className={classes.columnBody}>
        {hasTriggers && (
          <PartList
            stage={stage}
            part="triggers"
            entries={rules.triggers}
            icon={<Zap size={13} aria-hidden />}
          />
        )}
        <StageStarts stage={stage.id} />
        <PartList stage={stage} part="robots" entries={rules.robots} icon={<Bot size={13} aria-hidden />} />
      </div>
    </section>
  );
}

function PartList(props: { stage: StageInfo; part: Part; entries: readonly Entry[]; icon: ReactNode }) {
  const { stage, part, entries, icon } = props;
  const { t } = useTranslation('automation');
  const { actions, readOnly, shown } = useBoard();
  const element = useRef<HTMLDivElement>(null);
  const [over, setOver] = useState(false);
  useEffect(() => {
    const node = element.current;
    if (!node || readOnly) return;
    return dropTargetForElements({
      element: node,
      canDrop: ({ source }) => source.data.type === DRAGGED && source.data.part === part,
      onDragEnter: () => setOver(true),
      onDragLeave: () => setOver(false),
      onDrop: ({ self, source, location }) => {
        setOver(false);
        // A card below the pointer has taken it.
        if (location.current.dropTargets[0]?.element !== self.element) return;
        const id = source.data.id as string;
        if (location.current.input.altKey) actions.copyTo(id, stage.id);
        else actions.moveTo(id, stage.id);
      },
    });
  }, [part, stage.id, readOnly, actions]);
  const robots = entries.filter(isRobot);
  const visible = shown ? entries.filter((entry) => shown.has(entry.id)) : entries;
  const rows: ReactNode[] = [];
  let group = '';
  for (const entry of visible) {
    const own = (isRobot(entry) && entry.group) || '';
    const at = entries.indexOf(entry);
    const previous = isRobot(entry) ? previousOf(robots, entry.id) : undefined;
    // The line is drawn only to the card that stands right above.
    const linked = previous !== undefined && visible[visible.indexOf(entry) - 1]?.id === previous.id;
    const headed = own !== '' && own !== group;
    if (headed)
      rows.push(
        <li key={`group ${entry.id}`} className={classes.groupName} data-through={linked || undefined}>
          {own}
        </li>,
      );
    group = own;
    const link = !linked ? undefined : headed ? 'through' : 'above';
    rows.push(<EntryCard key={entry.id} {...{ entry, stage, link, at }} />);
  }
  const id = `part-${stage.id}-${part}`;
  return (
    <div ref={element} className={classes.part} data-over={over || undefined} data-list={part}>
      <h3 className={classes.partTitle} id={id}>
        {icon}
        {t(part === 'robots' ? 'column.robotsTitle' : 'column.triggersTitle')}
      </h3>
      {rows.length > 0 && (
        <ul className={classes.cards} aria-labelledby={id}>
          {rows}
        </ul>
      )}
      {entries.length === 0 && (
        <p className={classes.none}>{t(part === 'robots' ? 'column.noRobots' : 'column.noTriggers')}</p>
      )}
      {entries.length > 0 && visible.length === 0 && (
        <p className={classes.none}>{t('column.hidden', { count: entries.length })}</p>
      )}
      {!readOnly && (
        <button
          type="button"
          className={classes.addButton}
          onClick={() => actions.add(stage.id, part)}
          data-add={part}
          aria-label={t(part === 'robots' ? 'column.addRobotTo' : 'column.addTriggerTo', {
            stage: stage.name,
          })}
        >
          <Plus size={14} aria-hidden />
          {t(part === 'robots' ? 'column.addRobot' : 'column.addTrigger')}
        </button>
      )}
    </div>
  );
}

function StageMenu({ stage }: { stage: StageInfo }) {
  const { t } = useTranslation('automation');
  const { stored, actions } = useBoard();
  const [copying, setCopying] = useState(false);
  const saved = stored.get(stage.id);
  const process = saved?.process;
  if (!saved || saved.robots.length + saved.triggers.length === 0) return null;
  const menu = (
    <Menu position="bottom-end" shadow="md" withinPortal>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={24}
          aria-label={t('column.menu', { stage: stage.name })}
        >
          <EllipsisVertical size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {process && (
          <>
            <Menu.Item
              component={Link}
              to={`/definitions/${process.key}`}
              leftSection={<Workflow size={15} aria-hidden />}
            >
              {t('column.designer')}
            </Menu.Item>
            <Menu.Item
              leftSection={<Workflow size={15} aria-hidden />}
              onClick={() => actions.keep(stage.id)}
            >
              {t('column.keep')}
            </Menu.Item>
          </>
        )}
        <Menu.Item leftSection={<Copy size={15} aria-hidden />} onClick={() => setCopying(true)}>
          {t('copy.stageOpen')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
  return (
    <>
      {menu}
      {copying && (
        <Later>
          <CopyDialog stage={stage} onClose={() => setCopying(false)} />
        </Later>
      )}
    </>
  );
}
