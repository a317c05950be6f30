import { useMediaQuery } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import {
  Canvas,
  type CanvasHandle,
  MINIMAP_MIN_NODES,
  type PickRequest,
  RunStore,
  useMapOpen,
} from '@/canvas';
import { SampleType } from '@/features/expressions/inline';
import { useMay, useUser } from '@/features/identity/useSession';
import { HeldBanner } from '@/features/runs';
import { Later, later } from '@/lib/later';
import { announce } from '@/lib/live';
import { indexOf } from '@/lib/process/document';
import {
  addNode,
  isPlaced,
  reconnect,
  refusal,
  renameGroup,
  resizeNote,
  setField,
  setNoteText,
} from '@/lib/process/edits';
import { positionsOf } from '@/lib/process/geometry';
import type { KindTable } from '@/lib/process/kinds';
import { isAnswered, type Pin, pinsOf, setPin } from '@/lib/process/pins';
import { isContainer } from '@/lib/process/scopes';
import { OUT, type ProcessDocument } from '@/lib/process/types';
import { counterexampleOf, type Finding, marksOf, type ServerFinding, wayOf } from '@/lib/process/validate';
import { useSettled } from '@/lib/useSettled';
import { notifyError } from '@/ui';
import { type Definition, saveDraft } from './api';
import { SelectionBar, ToolBar } from './Bars';
import { type EditorState, type Tool, useDesignerCommands } from './commands';
import classes from './Designer.module.css';
import { type Designer, DesignerContext } from './DesignerContext';
import { Draft } from './draft';
import { EmptyCanvas } from './EmptyCanvas';
import { Actions, type Connecting, type EditorParts, type Rehearsing, type Replacing } from './editorActions';
import { elementsOf, focusedNodeOf } from './editorElements';
import { focusField } from './focusField';
import type { MenuTarget } from './NodeMenu';
import { Palette } from './Palette';
import { ProblemsDock } from './ProblemsDock';
import { setTrigger } from './panels/startRecord';
import { presenceOf, usePeople } from './people/usePeople';
import { recentKinds } from './recent';
import { TopBar } from './TopBar';
import { elementName, findingText, labelText } from './texts';
import { unsentStore } from './unsent';
import { useClipboard } from './useClipboard';
import { useFindings } from './useFindings';
import { useFollowing } from './useFollowing';
import { useGroupFolds } from './useGroupFolds';
import { usePanels } from './usePanels';
import type { Found } from './useSearch';
import { type Standing, useBreakpoints, useSigns } from './useSigns';
import { useTidy } from './useTidy';
import { useWalk } from './useWalk';

// What is opened on demand is fetched on demand: the canvas comes first.
const Inspector = later(() => import('./panels/Inspector').then(({ Inspector }) => Inspector));
const Picker = later(() => import('./Picker').then(({ Picker }) => Picker));
const NodeMenu = later(() => import('./NodeMenu').then(({ NodeMenu }) => NodeMenu));
const PublishDialog = later(() => import('./PublishDialog').then(({ PublishDialog }) => PublishDialog));
const ConflictDialog = later(() => import('./ConflictDialog').then(({ ConflictDialog }) => ConflictDialog));
const ReplaceByFile = later(() => import('./ReplaceByFile').then(({ ReplaceByFile }) => ReplaceByFile));
const Outline = later(() => import('./outline/Outline').then(({ Outline }) => Outline));
const Rehearsal = later(() => import('@/features/testing').then(({ Rehearsal }) => Rehearsal));
const SearchBar = later(() => import('./SearchBar').then(({ SearchBar }) => SearchBar));

const NOTHING: ReadonlySet<string> = new Set();
/** Below this width the outline comes first: a phone shows too little of a drawing. */
const PHONE = '(max-width: 767px)';
/** What can carry a time limit or an error branch. */
const NO_HOSTS = /Event$|Gateway$|^complexJoin$/;

/** The designer of one definition: palette, canvas or outline, inspector, problems. */
export function Editor({ definition, kinds }: { definition: Definition; kinds: KindTable }) {
  const { t, i18n } = useTranslation('designer');
  const key = definition.key;
  // What a stage board is compiled to is changed on the board.
  const readOnly = !useMay('definitions.edit') || Boolean(definition.board);
  const queryClient = useQueryClient();
  const user = useUser().id;
  const [draft] = useState(
    () =>
      new Draft({
        document: definition.draft,
        rev: definition.draftRev,
        findings: definition.findings ?? [],
        unsent: unsentStore(key, user),
        send: (patches, rev) => saveDraft(key, patches, rev),
      }),
  );
  const view = useSyncExternalStore(draft.subscribe, () => draft.view);
  const document = view.document;
  const [serverFindings, setServerFindings] = useState<readonly ServerFinding[]>(view.findings);
  useEffect(() => setServerFindings(view.findings), [view.findings]);
  const findings = useFindings(document, kinds, serverFindings);
  const marks = useMemo(() => marksOf(findings), [findings]);
  const [publishedVersion, setPublishedVersion] = useState(definition.publishedVersion);

  const groups = useGroupFolds(key, document, kinds);
  const canvas = useRef<CanvasHandle>(null);
  const pointer = useRef<{ x: number; y: number } | undefined>(undefined);
  const [selection, setSelection] = useState(NOTHING);
  const [picker, setPicker] = useState<Replacing>();
  const [menu, setMenu] = useState<MenuTarget>();
  const [publishing, setPublishing] = useState(false);
  const [replacing, setReplacing] = useState(false);
  const [resolving, setResolving] = useState(false);
  const [rehearsing, setRehearsing] = useState<Rehearsing>();
  const [runStore] = useState(() => new RunStore());
  const { stops, toggle: toggleStop } = useBreakpoints(key);
  const [standing, setStanding] = useState<Standing>();
  const signs = useSigns(document, stops, standing);
  const [following, setFollowing] = useFollowing(standing, (id) => {
    const line = `[data-line="${CSS.escape(groups.standsFor.get(id) ?? id)}"]`;
    if (canvas.current) canvas.current.reveal(groups.standsFor.get(id) ?? id);
    else window.document.querySelector(line)?.scrollIntoView({ block: 'nearest' });
  });
  /** What the rehearsal that is open has brought for a step. */
  const brought = useRef<(id: string) => Pin | undefined>(undefined);
  const [problemsOpen, setProblemsOpen] = useState(false);
  const [connecting, setConnecting] = useState<Connecting>();
  const [renaming, setRenaming] = useState<string>();
  const [suggested, setSuggested] = useState<string>();
  const onSuggested = useCallback(() => setSuggested(undefined), []);
  const [tool, setTool] = useState<Tool>('select');
  const phone = useMediaQuery(PHONE) ?? false;
  const [outline, setOutline] = useState(() => window.matchMedia(PHONE).matches);
  const [settings, setSettings] = useState(false);
  const panels = usePanels();
  const { fold: foldPanel } = panels;
  const [searching, setSearching] = useState(false);
  const [found, setFound] = useState<Found>();
  const people = usePeople(readOnly ? null : key, draft, selection, setPublishedVersion);
  const presence = useMemo(() => presenceOf(people, groups.standsFor), [people, groups.standsFor]);
  // The canvas comes first; the inspector has a moment.
  const settled = useSettled();

  useEffect(() => {
    draft.open();
    const flush = (): void => {
      if (window.document.visibilityState === 'hidden') void draft.flush();
    };
    const again = (): void => void draft.flush();
    window.document.addEventListener('visibilitychange', flush);
    window.addEventListener('online', again);
    return () => {
      window.removeEventListener('online', again);
      window.document.removeEventListener('visibilitychange', flush);
      void draft.flush();
      draft.close();
    };
  }, [draft]);
  const saved = view.save.kind === 'saved';
  useEffect(() => {
    if (saved) void queryClient.invalidateQueries({ queryKey: ['definitions', 'list'] });
  }, [saved, queryClient]);

  const name = useCallback(
    (id: string) => elementName(t, kinds, i18n.language, draft.document, id),
    [t, kinds, i18n.language, draft],
  );
  const stands = useRef(groups);
  stands.current = groups;
  const select = useCallback((ids: Iterable<string>, options?: { reveal?: boolean }) => {
    const next = new Set(ids);
    // What is to be seen is not left inside a folded group.
    for (const id of options?.reveal ? next : []) {
      const group = stands.current.standsFor.get(id);
      if (group !== undefined) stands.current.fold(group, false);
    }
    setSelection(next);
    const [first] = next;
    // After the next render: a new node is not on the canvas yet.
    if (options?.reveal && first !== undefined) requestAnimationFrame(() => canvas.current?.reveal(first));
  }, []);
  const run = useCallback<Designer['run']>(
    (label, recipe, options) => draft.run(label, recipe, options),
    [draft],
  );
  const seal = useCallback(() => draft.seal(), [draft]);

  // What was deleted cannot stay selected.
  useEffect(() => {
    const known = elementsOf(document);
    setSelection((old) => {
      const left = [...old].filter((id) => known.has(id));
      return left.length === old.size ? old : new Set(left);
    });
  }, [document]);

  const pin = useCallback(
    (pins: Readonly<Record<string, Pin | undefined>>): void => {
      const ids = Object.keys(pins);
      const values = { name: ids.map(name).join(', ') };
      const gone = Object.values(pins).every((data) => data === undefined);
      draft.run(
        { key: gone ? 'history.unpin' : 'history.pin', values },
        (edited) => {
          for (const id of ids) setPin(edited, id, pins[id]);
        },
        { focus: ids },
      );
      announce(t(gone ? 'announce.unpinned' : 'announce.pinned', values));
    },
    [draft, name, t],
  );
  const walk = useWalk(select);
  const showWay = useCallback((finding: Finding) => walk(wayOf(draft.document, finding)), [walk, draft]);
  const playFault = useCallback(
    (finding: Finding) => {
      const scenario = counterexampleOf(finding);
      if (!scenario) return;
      foldPanel('settings', false);
      select([]);
      setRehearsing({ fault: { scenario, text: findingText(t, finding) } });
    },
    [foldPanel, select, t],
  );
  const mapOpen = useMapOpen();
  const problemAt = useRef(-1);
  const showFinding = useCallback(
    (finding: Finding) => {
      const id = finding.node ?? finding.flow;
      if (id !== undefined) select([id], { reveal: true });
      // What is wrong is put right in the panel.
      foldPanel('settings', false);
      announce(findingText(t, finding));
      // The inspector of the newly selected element has to be there first. Without a field the keys are for the element.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          if (!focusField(finding) && id !== undefined) canvas.current?.focus();
        }),
      );
    },
    [select, t, foldPanel],
  );
  const { fold } = groups;
  const pick = useCallback(
    (request: PickRequest) => {
      // A folded group is no step: what follows goes behind one of those in it.
      const group = request.from?.node;
      if (group !== undefined && draft.document.groups?.some(({ id }) => id === group)) fold(group, false);
      else setPicker(request);
    },
    [draft, fold],
  );
  const clip = useClipboard({
    draft,
    kinds,
    readOnly,
    selection,
    select,
    pointer: () => (pointer.current ? canvas.current?.toCanvas(pointer.current) : undefined),
  });
  const showAnew = useCallback(() => canvas.current?.read(), []);
  const tidy = useTidy(draft, kinds, selection, showAnew);

  /** The finding that is meant: of what is selected, else the last one that was gone to, else the first of all. */
  const chosenFault = (fits: (finding: Finding) => boolean): Finding | undefined =>
    findings.find((finding) => selection.has(finding.node ?? finding.flow ?? '') && fits(finding)) ??
    findings.slice(problemAt.current, problemAt.current + 1).find(fits) ??
    findings.find(fits);
  const parts: EditorParts = {
    t,
    language: i18n.language,
    draft,
    kinds,
    readOnly,
    canvas,
    pointer,
    selection,
    select,
    connecting,
    setConnecting,
    tool,
    setTool,
    setPicker,
    setRenaming,
    setSuggested,
    setPublishing,
    folded: groups.folded,
    foldGroup: groups.fold,
    setReplacing,
    setRehearsing: (wish) => {
      foldPanel('settings', false);
      setRehearsing(wish);
    },
    isFolded: panels.isFolded,
    foldPanel,
    toggleStop,
    togglePin: (id) => {
      if (pinsOf(draft.document)[id]) pin({ [id]: undefined });
      else
        void import('@/features/testing/recorded').then(({ samplePin }) =>
          pin({ [id]: brought.current?.(id) ?? samplePin(draft.document, kinds, id) }),
        );
    },
    setOutline,
    setSearching,
    nextMatch: (step) => {
      if (!found || found.ids.length === 0) return;
      const at = (found.at + step + found.ids.length) % found.ids.length;
      setFound({ ...found, at });
      select([found.ids[at] as string], { reveal: true });
    },
    nextProblem: (step) => {
      if (findings.length === 0) return;
      problemAt.current = (problemAt.current + step + findings.length) % findings.length;
      setProblemsOpen(true);
      showFinding(findings[problemAt.current] as Finding);
    },
    showWay: () => {
      const finding = chosenFault((one) => wayOf(document, one).length > 0);
      if (finding) showWay(finding);
    },
    playFault: () => {
      const finding = chosenFault((one) => counterexampleOf(one) !== undefined);
      if (finding) playFault(finding);
    },
    tidy: tidy.run,
    copy: () => void clip.copy(),
    cut: () => void clip.cut(),
    duplicate: clip.duplicate,
  };
  const latest = useRef(parts);
  latest.current = parts;
  const [actions] = useState(() => new Actions(() => latest.current));
  const focusedNode = focusedNodeOf(document, selection);
  const commands = useDesignerCommands(
    actions,
    stateOf({
      document,
      selection,
      readOnly,
      connecting: connecting !== undefined,
      tool,
      outline,
      undo: view.undo && t('command.undoWhat', { action: labelText(t, view.undo) }),
      redo: view.redo && t('command.redoWhat', { action: labelText(t, view.redo) }),
      hasProblems: findings.length > 0,
      hasWay: findings.some((finding) => wayOf(document, finding).length > 0),
      hasFault: findings.some((finding) => counterexampleOf(finding) !== undefined),
      map: document.nodes.length >= MINIMAP_MIN_NODES ? mapOpen : undefined,
      searching: searching && found !== undefined,
      phone,
      palette: !panels.isFolded('palette'),
      settings: !panels.isFolded('settings'),
    }),
  );
  const onRenamed = useCallback(
    (id: string, text: string | undefined): void => {
      setRenaming(undefined);
      if (text === undefined) return;
      const { nodes } = indexOf(draft.document);
      if (nodes.has(id)) {
        draft.run(
          { key: 'history.rename', values: { name: name(id) } },
          (edited) => setField(edited, id, 'name', text.trim() || undefined),
          { focus: [id] },
        );
      } else if (draft.document.notes?.some((note) => note.id === id)) {
        draft.run({ key: 'history.noteText' }, (edited) => setNoteText(edited, id, text), { focus: [id] });
      } else {
        draft.run({ key: 'history.groupName' }, (edited) => renameGroup(edited, id, text.trim()), {
          focus: [id],
        });
      }
    },
    [draft, name],
  );

  const designer = useMemo<Designer>(
    () => ({
      definitionKey: key,
      publishedVersion,
      view,
      document,
      kinds,
      readOnly,
      findings,
      selection,
      select,
      connecting,
      suggested,
      onSuggested,
      renaming,
      onRenamed,
      run,
      seal,
      actions,
      pick,
      showFinding,
      showWay,
      playFault,
    }),
    [
      key,
      publishedVersion,
      view,
      document,
      kinds,
      readOnly,
      findings,
      selection,
      select,
      connecting,
      suggested,
      onSuggested,
      renaming,
      onRenamed,
      run,
      seal,
      actions,
      pick,
      showFinding,
      showWay,
      playFault,
    ],
  );
  const flush = async (): Promise<number | undefined> => {
    await draft.flush();
    return draft.view.save.kind === 'saved' ? draft.view.rev : undefined;
  };
  const open = (id: string): void => {
    select([id]);
    if (indexOf(document).nodes.has(id) || indexOf(document).flows.has(id))
      requestAnimationFrame(actions.openPanel);
    else if (!readOnly) setRenaming(id);
  };
  const openMenu = (target: MenuTarget): void => {
    if (target.id !== undefined && !selection.has(target.id)) select([target.id]);
    setMenu(target);
  };
  const focusDrawing = (): void => {
    if (canvas.current) canvas.current.focus();
    else window.document.querySelector<HTMLElement>('[data-outline] [tabindex="0"]')?.focus();
  };
  // Commands that move the focus do so behind this.
  const closeMenu = (): void => {
    setMenu(undefined);
    focusDrawing();
  };
  const onResolve = useCallback(() => setResolving(true), []);
  const onRetry = useCallback(() => void draft.flush(), [draft]);
  const onSettings = useCallback(() => {
    setSettings((open) => selection.size > 0 || !open);
    select([]);
  }, [selection, select]);
  const highlight = useMemo(() => (found ? new Set(found.ids) : undefined), [found]);

  return (
    <SampleType value={document.appliesTo}>
      <DesignerContext.Provider value={designer}>
        <TopBar
          definition={definition}
          publishedVersion={publishedVersion}
          name={document.name}
          readOnly={readOnly}
          commands={commands}
          people={people}
          save={view.save}
          undo={view.undo !== undefined}
          redo={view.redo !== undefined}
          onResolve={onResolve}
          onRetry={onRetry}
        />
        <div
          className={classes.editor}
          data-palette={readOnly || panels.isFolded('palette') ? 'none' : undefined}
          data-settings={panels.isFolded('settings') ? 'none' : undefined}
          data-selected={selection.size > 0 || settings || undefined}
          onCopy={clip.onCopy}
          onCut={clip.onCut}
          onPaste={clip.onPaste}
        >
          {!readOnly && !panels.isFolded('palette') && <Palette kinds={kinds} actions={actions} />}
          <div
            className={classes.stage}
            onPointerMove={(event) => {
              pointer.current = { x: event.clientX, y: event.clientY };
            }}
            onPointerLeave={() => {
              pointer.current = undefined;
            }}
          >
            {outline ? (
              <Later fallback={<div aria-busy />}>
                <Outline highlight={highlight} presence={presence} onMenu={openMenu} />
              </Later>
            ) : (
              <Canvas
                ref={canvas}
                document={groups.drawn}
                kinds={kinds}
                label={t('canvas.label', { name: document.name })}
                editable={!readOnly}
                selection={selection}
                onSelectionChange={setSelection}
                {...(connecting ? { focused: connecting.to } : focusedNode ? { focused: focusedNode } : {})}
                marks={marks}
                {...(rehearsing ? { runStore, overlay: 'run' as const } : {})}
                viewportKey={`definition.${key}`}
                tool={tool}
                {...(highlight ? { highlight } : {})}
                {...(signs ? { signs } : {})}
                presence={presence}
                {...(renaming === undefined ? {} : { renaming })}
                onRenamed={onRenamed}
                onTaken={() => setFollowing(false)}
                onMove={(places) => actions.drop(places, positionsOf(kinds, groups.drawn))}
                onMoveBy={(ids, by) => actions.moveBy(ids, by)}
                onResizeNote={(id, size) =>
                  draft.run({ key: 'history.noteSize' }, (edited) => resizeNote(edited, id, size), {
                    focus: [id],
                  })
                }
                onMakeRoom={actions.makeRoom}
                {...(readOnly ? {} : { onFold: actions.fold, foldsGroups: true })}
                onConnect={actions.makeConnection}
                onReconnect={(flow, ends) => {
                  const reason = refusalOfReconnect(document, kinds, flow, ends);
                  if (reason) notifyError(new Error(t(`refusal.${reason}`)));
                  else
                    draft.run({ key: 'history.reconnect' }, (edited) => reconnect(edited, flow, ends), {
                      focus: [flow],
                    });
                }}
                onRefused={(reason) => notifyError(new Error(t(`refusal.${reason}` as 'refusal.noOutput')))}
                onPick={readOnly ? undefined : pick}
                onDropKind={
                  readOnly
                    ? undefined
                    : (kindKey, at, flow) =>
                        actions.addKind(kindKey, flow ? { flow } : { at: [at[0] - 110, at[1] - 32] })
                }
                onOpen={open}
                onContextMenu={({ id, at, client }) =>
                  openMenu({ ...client, at, ...(id === undefined ? {} : { id }) })
                }
              >
                {document.nodes.length === 0 && !readOnly && (
                  <EmptyCanvas onStart={(trigger) => startWith(draft, kinds, trigger, select)} />
                )}
                {tidy.busy && (
                  <p className={classes.banner}>
                    {t('tidy.busy')}
                    <button type="button" className={classes.link} onClick={tidy.cancel}>
                      {t('tidy.cancel')}
                    </button>
                  </p>
                )}
              </Canvas>
            )}
            {publishedVersion ? (
              <div className={classes.held}>
                <HeldBanner definition={key} />
              </div>
            ) : null}
            {connecting && (
              <p className={classes.banner} role="status">
                {t('connect.help', { name: name(connecting.from) })}
              </p>
            )}
            {tool === 'room' && (
              <p className={classes.banner} role="status">
                {t('room.help')}
              </p>
            )}
            <ToolBar
              commands={commands}
              settings={settings && selection.size === 0}
              onSettings={onSettings}
            />
            {selection.size > 1 && !readOnly && <SelectionBar commands={commands} count={selection.size} />}
            {searching && (
              <Later>
                <SearchBar
                  found={found}
                  onFound={setFound}
                  onNext={actions.nextMatch}
                  onClose={() => {
                    setSearching(false);
                    setFound(undefined);
                    focusDrawing();
                  }}
                />
              </Later>
            )}
            <ProblemsDock findings={findings} open={problemsOpen} onToggle={setProblemsOpen} />
          </div>
          <Later fallback={<aside className={classes.inspector} aria-busy />}>
            {panels.isFolded('settings') && !phone ? null : rehearsing ? (
              <Rehearsal
                document={document}
                kinds={kinds}
                store={runStore}
                wish={rehearsing}
                name={name}
                select={(id) => select([id], { reveal: true })}
                keep={(scenarios) =>
                  draft.run({ key: 'history.scenarios' }, (edited) => {
                    edited.scenarios = scenarios;
                  })
                }
                pin={pin}
                stops={stops}
                toggleStop={toggleStop}
                onStanding={setStanding}
                following={following}
                onFollow={setFollowing}
                brought={brought}
                inspector={<Inspector />}
                onClose={() => {
                  setRehearsing(undefined);
                  setStanding(undefined);
                  focusDrawing();
                }}
              />
            ) : settled ? (
              <Inspector />
            ) : (
              <aside className={classes.inspector} aria-busy />
            )}
          </Later>
        </div>
        <Later>
          {picker && (
            <Picker
              request={picker}
              recent={recentKinds()}
              onClose={(refocus) => {
                setPicker(undefined);
                if (refocus) focusDrawing();
              }}
              onChoose={(kindKey) => {
                const { replace, ...request } = picker;
                setPicker(undefined);
                if (replace === undefined) actions.addKind(kindKey, request);
                else actions.becomeKind(replace, kindKey);
                focusDrawing();
              }}
            />
          )}
          {menu && <NodeMenu target={menu} commands={commands} onClose={closeMenu} />}
          {publishing && (
            <PublishDialog
              publishedVersion={publishedVersion}
              flush={flush}
              onClose={() => setPublishing(false)}
              onFindings={setServerFindings}
              onPublished={({ version }) => {
                setPublishedVersion(version);
                void queryClient.invalidateQueries({ queryKey: ['definitions', key, 'versions'] });
                void queryClient.invalidateQueries({ queryKey: ['definitions', 'list'] });
                announce(t('publish.done', { version }));
              }}
            />
          )}
          {replacing && (
            <ReplaceByFile
              onClose={() => setReplacing(false)}
              onReplace={(process) => {
                setReplacing(false);
                actions.replaceAll(process);
              }}
            />
          )}
          {resolving && view.save.kind === 'conflict' && (
            <ConflictDialog
              clashes={view.save.clashes}
              onClose={() => setResolving(false)}
              onResolve={(choose) => {
                draft.resolve(choose);
                setResolving(false);
              }}
            />
          )}
        </Later>
      </DesignerContext.Provider>
    </SampleType>
  );
}

/** What decides which commands can be run. */
function stateOf(
  input: Pick<
    EditorState,
    | 'readOnly'
    | 'connecting'
    | 'tool'
    | 'outline'
    | 'undo'
    | 'redo'
    | 'hasProblems'
    | 'hasWay'
    | 'hasFault'
    | 'map'
    | 'searching'
    | 'phone'
    | 'palette'
    | 'settings'
  > & { document: ProcessDocument; selection: ReadonlySet<string> },
): EditorState {
  const { document, selection, ...rest } = input;
  const { nodes, flows } = indexOf(document);
  const [first] = selection;
  const node = selection.size === 1 && first !== undefined ? nodes.get(first) : undefined;
  const groups = document.groups ?? [];
  const isGroup = (id: string): boolean => groups.some((group) => group.id === id);
  const kindOf = (id: string): EditorState['only'] =>
    nodes.has(id) ? 'step' : flows.has(id) ? 'connection' : isGroup(id) ? 'group' : 'note';
  return {
    ...rest,
    selected: selection.size,
    only: selection.size === 1 && first !== undefined ? kindOf(first) : undefined,
    steps: [...selection].filter((id) => nodes.has(id) || isGroup(id)).length,
    grouped: groups.some(
      ({ id, nodes: members }) => selection.has(id) || members?.some((member) => selection.has(member)),
    ),
    placed: placedOf(document, selection),
    answered: node !== undefined && isAnswered(node),
    pinned: node !== undefined && pinsOf(document)[node.id] !== undefined,
    foldable:
      (node !== undefined && isContainer(node)) ||
      (selection.size === 1 && first !== undefined && isGroup(first)),
    scope: node !== undefined && isContainer(node),
    hostable: node !== undefined && !NO_HOSTS.test(node.kind) && node.event !== true,
  };
}

/** Whether a person put all of the selected steps where they are, and whether any of what would be laid out. */
function placedOf(document: ProcessDocument, selection: ReadonlySet<string>): EditorState['placed'] {
  const { nodes } = indexOf(document);
  const movable = (id: string): boolean => nodes.has(id) && !nodes.get(id)?.attachedTo;
  const chosen = [...selection].filter(movable);
  const laid = chosen.length > 1 ? chosen : Object.keys(document.layout ?? {});
  return {
    selected: chosen.length === 0 ? undefined : chosen.every((id) => isPlaced(document, id)),
    some: laid.some((id) => isPlaced(document, id)),
  };
}

function startWith(draft: Draft, kinds: KindTable, trigger: string, select: Designer['select']): void {
  const descriptor = kinds.get('startEvent');
  if (!descriptor) return;
  let made = '';
  draft.run({ key: 'history.addStart' }, (edited) => {
    made = addNode(edited, kinds, descriptor, [0, 0], null);
    if (trigger !== 'manual') setTrigger(edited, made, { on: trigger });
  });
  select([made], { reveal: true });
}

function refusalOfReconnect(
  document: Parameters<typeof refusal>[0],
  kinds: KindTable,
  flowId: string,
  ends: { from?: string; to?: string; port?: string },
): ReturnType<typeof refusal> {
  const flow = indexOf(document).flows.get(flowId);
  if (!flow) return 'missing';
  const same =
    (ends.from ?? flow.from) === flow.from &&
    (ends.to ?? flow.to) === flow.to &&
    (ends.port ?? OUT) === (flow.port ?? OUT);
  return same ? undefined : refusal(document, kinds, ends.from ?? flow.from, ends.to ?? flow.to, ends.port);
}
