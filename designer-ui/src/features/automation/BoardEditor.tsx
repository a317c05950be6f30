import { autoScrollForElements } from '@atlaskit/pragmatic-drag-and-drop-auto-scroll/element';
import { ActionIcon, Anchor, NativeSelect, TextInput, Tooltip } from '@mantine/core';
import { useDebouncedCallback, useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import i18next from 'i18next';
import { CircleHelp, FlaskConical, Redo2, Search, Undo2, Waypoints } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { useTypeNames } from '@/features/crm/TypeTabs';
import type { Pipeline } from '@/features/crm/types';
import { useConditionWords } from '@/features/expressions/conditionWords';
import { useNames, useNaming } from '@/features/expressions/names';
import { useMay, useUser } from '@/features/identity/useSession';
import { Crumbs } from '@/features/shell';
import { matchScore } from '@/lib/fold';
import { Later, later } from '@/lib/later';
import { boardPath } from '@/lib/records';
import { Kbd, showToast, useDocumentTitle } from '@/ui';
import classes from './Automation.module.css';
import type { Robot, StageBoard } from './api';
import { entryName, type Kind, kindOf, useRobotKinds, useTriggerKinds } from './catalogue';
import { changesBetween } from './changes';
import { type Board, BoardContext, type StageInfo } from './context';
import { BoardDraft, keeperOf } from './draft';
import { HowItWorks } from './HowItWorks';
import {
  countOf,
  type Entry,
  findEntry,
  insertEntry,
  isRobot,
  newRobot,
  newTrigger,
  type Part,
} from './rules';
import { SaveBar } from './SaveBar';
import { StageColumn } from './StageColumn';
import { scopeKey } from './scope';
import { SHOWN, type Shown } from './search';
import { timingText } from './timing';
import { useBoardActions } from './useBoardActions';
import { useBoardKeys } from './useBoardKeys';
import { useSave } from './useSave';

const loadPanel = () => import('./EntryPanel');
// Its forms are the larger half of this page: the board is drawn without them.
const EntryPanel = later(() => loadPanel().then((module) => module.EntryPanel));
const KindGallery = later(() => import('./KindGallery').then((module) => module.KindGallery));
const ImpactMap = later(() => import('./ImpactMap').then((module) => module.ImpactMap));
const Trial = later(() => import('./trial/Trial').then((module) => module.Trial), 'trial');
const KeepDialog = later(() => import('./KeepDialog').then((module) => module.KeepDialog));

interface BoardEditorProps {
  readonly pipeline: Pipeline;
  readonly board: StageBoard;
  readonly all: readonly Pipeline[];
}

/** The rules of one pipeline while they are edited. */
export function BoardEditor({ pipeline, board: loaded, all }: BoardEditorProps) {
  const { t } = useTranslation(['automation', 'crm', 'common']);
  const navigate = useNavigate({ from: '/crm/automation/$pipelineId' });
  const search = useSearch({ from: '/app/crm/automation/$pipelineId' });
  const user = useUser();
  const readOnly = !useMay('automation.edit');
  const stages = pipeline.stages as readonly StageInfo[];
  const order = useMemo(() => stages.map(({ id }) => id), [stages]);
  const [draft] = useState(() => new BoardDraft(loaded, order, keeperOf(user.id, pipeline.id)));
  const rules = useSyncExternalStore(draft.history.subscribe, () => draft.rules);
  const [stored, setStored] = useState(loaded);
  const { base } = draft;
  const changes = useMemo(() => changesBetween(base, rules), [base, rules]);
  const robots = useRobotKinds();
  const triggers = useTriggerKinds();
  const directory = useQuery(directoryQuery).data;
  const names = useNames({ definitionKey: scopeKey(pipeline.id, '') }, !readOnly);
  const say = useConditionWords(names);
  const [active, setActive] = useState<string>();
  const [adding, setAdding] = useState<{ stage: string; part: Part }>();
  const [keeping, setKeeping] = useState<string>();
  const [explained, explanation] = useDisclosure();
  const [mapped, map] = useDisclosure();
  const [tried, trial] = useDisclosure();
  const [text, setText] = useState(search.q ?? '');
  const columns = useRef<HTMLElement>(null);
  useDocumentTitle(t('page.title', { pipeline: pipeline.name }));

  const save = useSave(draft, pipeline, order, loaded, setStored);
  const open = useCallback(
    (id: string | undefined) => {
      void navigate({ search: (old) => ({ ...old, open: id }), replace: true });
      if (id === undefined) {
        const last = document.querySelector<HTMLElement>('[data-entry][data-opened] button');
        last?.focus();
      }
    },
    [navigate],
  );
  const actions = useBoardActions({ draft, stages, open, onAdd: setAdding, onKeep: setKeeping });
  const opened = search.open ? findEntry(rules, search.open) : undefined;

  useEffect(() => void loadPanel(), []);
  useEffect(() => {
    const node = columns.current;
    return node ? autoScrollForElements({ element: node }) : undefined;
  }, []);

  const naming = useNaming();
  const typeName = useTypeNames();
  const fieldName = useCallback(
    (key: string) => {
      const name = names.byPath.get(`record.${key}`);
      // Everything here is about the record: "Expected close", not "Deal: Expected close".
      return name ? naming.label(name).replace(/^[^:]+: /, '') : key;
    },
    [names, naming],
  );
  const dateFields = useMemo(
    () =>
      names.values
        .filter(({ path, type }) => /^record\.\w+$/.test(path) && (type === 'date' || type === 'dateTime'))
        .map(({ path }) => path.slice('record.'.length))
        .map((value) => ({ value, label: fieldName(value) })),
    [names, fieldName],
  );
  const personName = useCallback(
    (id: string) =>
      id === 'responsible' || id === 'initiator'
        ? t(`person.${id}`)
        : (directory?.users.find((person) => person.id === id)?.name ?? id),
    [directory, t],
  );
  const kind = useCallback(
    (entry: Entry) => kindOf(entry, robots.byKey, triggers.byKey),
    [robots.byKey, triggers.byKey],
  );
  const nameOf = useCallback((entry: Entry) => entryName(entry, kind(entry)), [kind]);
  const timingOf = useCallback((robot: Robot) => timingText(t, robot.timing, fieldName), [t, fieldName]);
  const findingsOf = save.findingsOf;
  const shown = useMemo(() => {
    if (!search.q && !search.show) return undefined;
    const fits = (entry: Entry): boolean => {
      const words = `${nameOf(entry)} ${kind(entry).name} ${isRobot(entry) ? (entry.group ?? '') : ''} ${JSON.stringify(entry.config)} ${entry.when ?? ''}`;
      if (search.q && matchScore(search.q, words) === null) return false;
      switch (search.show) {
        case 'off':
          return entry.disabled === true;
        case 'conditional':
          return entry.when !== undefined;
        case 'waiting':
          return isRobot(entry) && (entry.timing.mode === 'delay' || entry.timing.mode === 'date');
        case 'problem':
          return findingsOf(entry.id).length > 0;
        case 'changed':
          return changes.some(({ id }) => id === entry.id);
        default:
          return true;
      }
    };
    return new Set(
      rules.stages.flatMap((stage) => [...stage.triggers, ...stage.robots].filter(fits).map(({ id }) => id)),
    );
  }, [search.q, search.show, rules, nameOf, kind, findingsOf, changes]);

  const board: Board = {
    pipeline,
    type: loaded.type,
    stages,
    stored: new Map(stored.stages.map((stage) => [stage.stage, stage])),
    rules,
    readOnly,
    robotKinds: robots.kinds,
    triggerKinds: triggers.kinds,
    kindOf: kind,
    nameOf,
    findingsOf,
    changeOf: (id) => changes.find((change) => change.id === id),
    timingOf,
    say,
    personName,
    fieldName,
    dateFields,
    shown,
    opened: opened?.entry.id,
    active: active && findEntry(rules, active) ? active : firstOf(rules.stages),
    setActive,
    open,
    run: (label, recipe, options) => !readOnly && draft.run(label, recipe, options),
    actions,
  };
  useBoardKeys(board, draft, save.save);

  const find = useDebouncedCallback((q: string) => {
    void navigate({ search: (old) => ({ ...old, q: q || undefined }), replace: true });
  }, 200);
  const stage = opened && stages.find(({ id }) => id === opened.stage);
  const choose = (chosen: Kind): void => {
    if (!adding) return;
    const entry = adding.part === 'robots' ? newRobot(chosen.key, startOf(chosen)) : newTrigger(chosen.key);
    board.run({ key: 'history.add', values: { name: chosen.name } }, (draftRules) =>
      insertEntry(draftRules, adding.stage, entry),
    );
    setAdding(undefined);
    setActive(entry.id);
    open(entry.id);
  };

  return (
    <BoardContext.Provider value={board}>
      <div
        className={classes.page}
        data-command-scope="automation"
        data-panel-open={opened ? true : undefined}
      >
        <Crumbs
          above={[{ to: boardPath(loaded.type) as '/', label: typeName(loaded.type) }]}
          here={t('page.title', { pipeline: pipeline.name })}
        />
        <div className={classes.bar}>
          <h1 className={classes.title}>{t('page.title', { pipeline: pipeline.name })}</h1>
          {all.filter(({ type }) => type === loaded.type).length > 1 && (
            <NativeSelect
              aria-label={t('crm:board.pipeline')}
              data={all
                .filter(({ type }) => type === loaded.type)
                .map((other) => ({ value: other.id, label: other.name }))}
              value={pipeline.id}
              onChange={(event) =>
                void navigate({ params: { pipelineId: event.currentTarget.value }, search: {} })
              }
            />
          )}
          <TextInput
            type="search"
            className={classes.search}
            data-automation-search
            aria-label={t('page.search')}
            placeholder={t('page.search')}
            leftSection={<Search size={16} aria-hidden />}
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
              find(event.currentTarget.value.trim());
            }}
          />
          <NativeSelect
            aria-label={t('page.show')}
            data={[
              { value: '', label: t('page.all') },
              ...SHOWN.map((value) => ({ value, label: t(`page.shown.${value}`) })),
            ]}
            value={search.show ?? ''}
            onChange={(event) => {
              const show = (event.currentTarget.value || undefined) as Shown | undefined;
              void navigate({ search: (old) => ({ ...old, show }), replace: true });
            }}
          />
          {!readOnly && (
            <div className={classes.tools}>
              <Tool
                label={t('command.undo')}
                shortcut="mod+z"
                disabled={!draft.history.undoLabel}
                onClick={actions.undo}
              >
                <Undo2 size={16} aria-hidden />
              </Tool>
              <Tool
                label={t('command.redo')}
                shortcut="mod+shift+z"
                disabled={!draft.history.redoLabel}
                onClick={actions.redo}
              >
                <Redo2 size={16} aria-hidden />
              </Tool>
            </div>
          )}
          <Tool words label={t('page.try')} onClick={trial.open}>
            <FlaskConical size={16} aria-hidden />
          </Tool>
          <Tool words label={t('impact.title')} onClick={map.open}>
            <Waypoints size={16} aria-hidden />
          </Tool>
          <Tool words label={t('help.title')} pressed={explained} onClick={explanation.toggle}>
            <CircleHelp size={16} aria-hidden />
          </Tool>
        </div>
        {(explained || countOf(rules) === 0) && <HowItWorks triggers={triggers.kinds.length > 0} />}
        {readOnly && <p className={classes.readOnly}>{t('page.readOnly')}</p>}
        <div className={classes.main}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the board scrolls sideways, also by keyboard. */}
          <section ref={columns} className={classes.columns} aria-label={t('page.board')} tabIndex={0}>
            {rules.stages.map((own) => {
              const info = stages.find(({ id }) => id === own.stage);
              return info && <StageColumn key={own.stage} stage={info} rules={own} />;
            })}
          </section>
          {opened && stage && (
            <Later fallback={<aside className={classes.panel} aria-busy />}>
              <EntryPanel entry={opened.entry} stage={stage} />
            </Later>
          )}
        </div>
        {!readOnly && (
          <SaveBar
            changes={changes}
            saving={save.saving}
            problems={save.problems}
            restored={draft.restored && draft.history.size === 1}
            onSave={save.save}
            onDiscard={() => {
              draft.discard();
              showToast({
                message: (
                  <>
                    {t('save.discarded')}{' '}
                    <Anchor component="button" type="button" size="sm" onClick={() => actions.undo()}>
                      {t('command.undo')}
                    </Anchor>
                  </>
                ),
              });
            }}
          />
        )}
        <Later>
          {adding && (
            <KindGallery
              title={t(adding.part === 'robots' ? 'gallery.robot' : 'gallery.trigger', {
                stage: stages.find(({ id }) => id === adding.stage)?.name,
              })}
              help={t(adding.part === 'robots' ? 'gallery.robotHelp' : 'gallery.triggerHelp')}
              ask={adding.part === 'robots' ? undefined : t('gallery.searchTrigger')}
              kinds={adding.part === 'robots' ? robots.kinds : triggers.kinds}
              onChoose={choose}
              onClose={() => setAdding(undefined)}
            />
          )}
          {keeping && (
            <KeepDialog
              pipeline={pipeline}
              stage={stages.find(({ id }) => id === keeping) as StageInfo}
              unsaved={changes.some((change) => change.stage === keeping || change.from === keeping)}
              onClose={() => setKeeping(undefined)}
            />
          )}
          {mapped && <ImpactMap onClose={map.close} />}
          {tried && <Trial onClose={trial.close} />}
          {save.dialog}
        </Later>
      </div>
    </BoardContext.Provider>
  );
}

/** Settings of a new robot: what its kind presets, its outcomes in words. */
function startOf(kind: Kind): Record<string, unknown> {
  const config = structuredClone(kind.config);
  if (Array.isArray(config.outcomes))
    config.outcomes = (config.outcomes as { name: string }[]).map((outcome) => ({
      ...outcome,
      label: i18next.t(`designer:outcomes.${outcome.name}` as 'designer:outcomes.approve'),
    }));
  return config;
}

const firstOf = (stages: Board['rules']['stages']): string | undefined =>
  stages.flatMap((stage) => [...stage.triggers, ...stage.robots])[0]?.id;

function Tool(props: {
  label: string;
  shortcut?: string;
  /** Says what it is called where there is room. */
  words?: boolean;
  pressed?: boolean;
  disabled?: boolean;
  onClick: () => void;
  children: React.ReactNode;
}) {
  return (
    <Tooltip
      label={
        <>
          {props.label} {props.shortcut && <Kbd shortcut={props.shortcut} />}
        </>
      }
    >
      <ActionIcon
        variant="default"
        size={32}
        className={props.words ? classes.words : undefined}
        aria-label={props.label}
        aria-pressed={props.pressed}
        disabled={props.disabled}
        onClick={props.onClick}
      >
        {props.children}
        {props.words && <span className={classes.word}>{props.label}</span>}
      </ActionIcon>
    </Tooltip>
  );
}
