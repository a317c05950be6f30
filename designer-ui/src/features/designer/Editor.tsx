import { useQueryClient } from '@tanstack/react-query';
import { ChevronDown, ChevronUp, CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react';
import {
  lazy,
  Suspense,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { useTranslation } from 'react-i18next';
import { Canvas, type CanvasHandle, type PickRequest } from '@/canvas';
import { useMay } from '@/features/identity/useSession';
import { HeldBanner } from '@/features/runs';
import { announce } from '@/lib/live';
import { indexOf, isGateway, outgoingOf, reachable, upstream } from '@/lib/process/document';
import {
  addNode,
  appendNode,
  changeKind,
  connect,
  deleteElements,
  freePort,
  freeSpot,
  insertOnFlow,
  moveInto,
  moveNodes,
  reconnect,
  refusal,
  scopeAt,
  setCollapsed,
  toggleDisabled,
} from '@/lib/process/edits';
import { CARD_HEIGHT, CARD_WIDTH, positionsOf, snap } from '@/lib/process/geometry';
import type { KindTable } from '@/lib/process/kinds';
import { OUT, type Point, type ProcessDocument, type ProcessNode, portOf } from '@/lib/process/types';
import { type Finding, marksOf, type ServerFinding } from '@/lib/process/validate';
import { useSettled } from '@/lib/useSettled';
import { notifyDone, notifyError } from '@/ui';
import { type Definition, saveDraft } from './api';
import classes from './Designer.module.css';
import { type Designer, DesignerContext } from './DesignerContext';
import { Draft } from './draft';
import { EmptyCanvas } from './EmptyCanvas';
import type { MenuTarget } from './NodeMenu';
import { firstNode, neighbour } from './navigation';
import { Palette } from './Palette';
import { recentKinds, rememberKind } from './recent';
import { TopBar } from './TopBar';
import { descriptorName, elementName, findingText, labelText } from './texts';
import { unsentStore } from './unsent';
import { useClipboard } from './useClipboard';
import { type EditorActions, useEditorCommands } from './useEditorCommands';
import { useFindings } from './useFindings';
import { useTidy } from './useTidy';

// What is opened on demand is fetched on demand: the canvas comes first.
const Inspector = lazy(() => import('./panels/Inspector').then(({ Inspector }) => ({ default: Inspector })));
const ProblemsPanel = lazy(() =>
  import('./panels/ProblemsPanel').then(({ ProblemsPanel }) => ({ default: ProblemsPanel })),
);
const Picker = lazy(() => import('./Picker').then(({ Picker }) => ({ default: Picker })));
const NodeMenu = lazy(() => import('./NodeMenu').then(({ NodeMenu }) => ({ default: NodeMenu })));
const PublishDialog = lazy(() =>
  import('./PublishDialog').then(({ PublishDialog }) => ({ default: PublishDialog })),
);
const ConflictDialog = lazy(() =>
  import('./ConflictDialog').then(({ ConflictDialog }) => ({ default: ConflictDialog })),
);

const NOTHING: ReadonlySet<string> = new Set();

interface Replacing extends PickRequest {
  readonly replace?: string;
}

/** The designer of one definition: palette, canvas, inspector, problems. */
export function Editor({ definition, kinds }: { definition: Definition; kinds: KindTable }) {
  const { t, i18n } = useTranslation('designer');
  const key = definition.key;
  const mayEdit = useMay('definitions.edit');
  const queryClient = useQueryClient();
  const [draft] = useState(
    () =>
      new Draft({
        document: definition.draft,
        rev: definition.draftRev,
        findings: definition.findings ?? [],
        unsent: unsentStore(key),
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

  const canvas = useRef<CanvasHandle>(null);
  const pointer = useRef<{ x: number; y: number } | undefined>(undefined);
  const [selection, setSelection] = useState(NOTHING);
  const [picker, setPicker] = useState<Replacing>();
  const [menu, setMenu] = useState<MenuTarget>();
  const [publishing, setPublishing] = useState(false);
  const [resolving, setResolving] = useState(false);
  const [problemsOpen, setProblemsOpen] = useState(false);
  const [connecting, setConnecting] = useState<{ from: string; port: string; to: string }>();
  const readOnly = !mayEdit;
  // The canvas comes first; the inspector has a moment.
  const settled = useSettled();

  useEffect(() => {
    draft.open();
    const flush = (): void => {
      if (window.document.visibilityState === 'hidden') void draft.flush();
    };
    window.document.addEventListener('visibilitychange', flush);
    return () => {
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
  const select = useCallback((ids: Iterable<string>, options?: { reveal?: boolean }) => {
    const next = new Set(ids);
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
    const { nodes, flows } = indexOf(document);
    setSelection((old) => {
      const left = [...old].filter((id) => nodes.has(id) || flows.has(id));
      return left.length === old.size ? old : new Set(left);
    });
  }, [document]);

  const [only] = selection;
  const focusedNode =
    selection.size === 1 && only !== undefined && indexOf(document).nodes.has(only) ? only : undefined;

  const addStep = useCallback(
    (kindKey: string, request: Partial<PickRequest>) => {
      const descriptor = kinds.get(kindKey);
      if (!descriptor) return;
      const base = draft.document;
      const chosen = focusedNode ? indexOf(base).nodes.get(focusedNode) : undefined;
      let made = '';
      const label = { key: 'history.add', values: { name: descriptorName(t, descriptor) } };
      draft.run(label, (edited) => {
        if (request.flow) {
          made = addNode(edited, kinds, descriptor, [0, 0], null);
          insertOnFlow(edited, kinds, request.flow, made);
        } else if (request.from) {
          const at: Point | undefined = request.at && [snap(request.at[0]), snap(request.at[1])];
          made = appendNode(edited, kinds, descriptor, request.from.node, request.from.port, at);
        } else if (
          !request.at &&
          chosen &&
          kinds.outputs(chosen).length > 0 &&
          descriptor.kind !== 'startEvent'
        ) {
          const after = placeAfter(base, kinds, chosen);
          if (after.flow && descriptor.kind !== 'endEvent') {
            made = addNode(edited, kinds, descriptor, [0, 0], null);
            insertOnFlow(edited, kinds, after.flow, made);
          } else {
            made = appendNode(edited, kinds, descriptor, chosen.id, after.from.port);
          }
        } else {
          const wanted = request.at ?? canvas.current?.centre() ?? [0, 0];
          // The middle of the new step says which sub-process it is dropped into.
          const middle: Point = [wanted[0] + CARD_WIDTH / 2, wanted[1] + CARD_HEIGHT / 2];
          const scope = request.parent ?? scopeAt(edited, kinds, middle);
          const spot = freeSpot(edited, kinds, wanted, scope);
          made = addNode(edited, kinds, descriptor, spot, scope ?? null);
        }
      });
      rememberKind(kindKey);
      if (!made) return;
      select([made], { reveal: true });
      announce(t('announce.added', { name: descriptorName(t, descriptor) }));
    },
    [draft, kinds, focusedNode, select, t],
  );

  const problemAt = useRef(-1);
  const showFinding = useCallback(
    (finding: Finding) => {
      const id = finding.node ?? finding.flow;
      if (id !== undefined) select([id], { reveal: true });
      announce(findingText(t, finding));
      // The inspector of the newly selected element has to be there first.
      requestAnimationFrame(() => requestAnimationFrame(() => focusField(finding)));
    },
    [select, t],
  );

  const pick = useCallback((request: PickRequest) => setPicker(request), []);
  const clip = useClipboard({
    draft,
    kinds,
    readOnly,
    selection,
    select,
    pointer: () => (pointer.current ? canvas.current?.toCanvas(pointer.current) : undefined),
  });
  const tidy = useTidy(draft, kinds, selection);

  const afterStep = (step: ReturnType<Draft['undo']>, key: 'announce.undone' | 'announce.redone'): void => {
    if (!step) return;
    announce(t(key, { action: labelText(t, step.label) }));
    const { nodes, flows } = indexOf(draft.document);
    const focus = step.focus.filter((id) => nodes.has(id) || flows.has(id));
    if (focus.length > 0) select(focus, { reveal: true });
  };
  const focusCanvas = (): void => canvas.current?.focus();
  const walk = (from: string | undefined, direction: Parameters<typeof neighbour>[3]): string | undefined =>
    from === undefined ? firstNode(document) : neighbour(document, kinds, from, direction);

  const actions: EditorActions = {
    undo: () => afterStep(draft.undo(), 'announce.undone'),
    redo: () => afterStep(draft.redo(), 'announce.redone'),
    save: () => {
      void draft.flush().then(() => {
        const state = draft.view.save;
        if (state.kind === 'saved') notifyDone(t('save.done'));
        else if (state.kind === 'refused') notifyError(state.error);
      });
    },
    publish: () => setPublishing(true),
    addStep: () => {
      const node = focusedNode ? indexOf(document).nodes.get(focusedNode) : undefined;
      const anchor = (focusedNode && canvas.current?.anchorOf(focusedNode)) ||
        pointer.current || { x: 400, y: 200 };
      const flow =
        selection.size === 1 && only !== undefined && indexOf(document).flows.has(only) ? only : undefined;
      if (flow) setPicker({ anchor, flow });
      else if (node && kinds.outputs(node).length > 0) {
        const { flow: between, from } = placeAfter(document, kinds, node);
        setPicker(between ? { anchor, flow: between } : { anchor, from });
      } else setPicker({ anchor, at: canvas.current?.centre() ?? [0, 0] });
    },
    startConnecting: () => {
      const node = focusedNode ? indexOf(document).nodes.get(focusedNode) : undefined;
      if (!node || kinds.outputs(node).length === 0) {
        announce(t('refusal.noOutput'));
        return;
      }
      setConnecting({
        from: node.id,
        port: freePort(document, kinds, node),
        to: neighbour(document, kinds, node.id, 'below') ?? node.id,
      });
      announce(t('connect.help', { name: name(node.id) }));
    },
    confirmConnecting: () => {
      if (!connecting) return;
      makeConnection(connecting.from, connecting.port, connecting.to);
      setConnecting(undefined);
    },
    leaveMode: () => {
      if (connecting) setConnecting(undefined);
      else select([]);
    },
    go: (direction) => {
      const target = walk(connecting?.to ?? focusedNode, direction);
      if (target === undefined) return;
      if (connecting) {
        setConnecting({ ...connecting, to: target });
        const reason = refusal(document, kinds, connecting.from, target, connecting.port);
        announce(reason ? `${name(target)}. ${t(`refusal.${reason}`)}` : name(target));
        canvas.current?.reveal(target);
        return;
      }
      select([target], { reveal: true });
      announce(
        `${name(target)}, ${t('canvas.position', { position: document.nodes.findIndex(({ id }) => id === target) + 1, total: document.nodes.length })}`,
      );
    },
    selectStream: (which) => {
      if (!focusedNode) return;
      const ids =
        which === 'upstream' ? upstream(document, [focusedNode]) : reachable(document, [focusedNode]);
      select(ids);
      announce(t('announce.selected', { count: ids.size }));
    },
    nudge: (dx, dy) => {
      const places = positionsOf(kinds, document);
      const moved = new Map<string, Point>();
      for (const id of selection) {
        const at = places.get(id);
        if (at) moved.set(id, [at[0] + dx, at[1] + dy]);
      }
      draft.run(
        { key: 'history.move', values: { count: moved.size } },
        (edited) => moveNodes(edited, moved),
        {
          merge: `move:${[...moved.keys()].join(' ')}`,
          focus: [...moved.keys()],
        },
      );
    },
    openPanel: () =>
      window.document
        .querySelector<HTMLElement>('[data-inspector] input, [data-inspector] textarea')
        ?.focus(),
    rename: () => {
      window.dispatchEvent(new Event('designer:rename'));
    },
    selectAll: () => select(document.nodes.map(({ id }) => id)),
    duplicate: clip.duplicate,
    remove: (heal) => {
      const ids = [...selection];
      const next = focusedNode ? neighbour(document, kinds, focusedNode, 'previous') : undefined;
      draft.run(
        { key: 'history.delete', values: { count: ids.length } },
        (edited) => deleteElements(edited, ids, { heal }),
        { focus: ids },
      );
      select(next ? [next] : []);
      announce(t('announce.deleted', { count: ids.length }));
    },
    toggleDisabled: () => {
      draft.run(
        { key: 'history.disable', values: { count: selection.size } },
        (edited) => toggleDisabled(edited, selection),
        { focus: [...selection] },
      );
    },
    replaceKind: () => {
      if (focusedNode) openReplace(focusedNode);
    },
    tidy: tidy.run,
    problem: (step) => {
      if (findings.length === 0) return;
      problemAt.current = (problemAt.current + step + findings.length) % findings.length;
      setProblemsOpen(true);
      showFinding(findings[problemAt.current] as Finding);
    },
    zoom: (to) => {
      const handle = canvas.current;
      if (to === 'in') handle?.zoomBy(1.25);
      else if (to === 'out') handle?.zoomBy(0.8);
      else if (to === 'reset') handle?.zoomTo(1);
      else handle?.fit(to === 'selection' ? selection : undefined);
    },
  };
  const openReplace = (id: string): void => {
    setPicker({ anchor: canvas.current?.anchorOf(id) ?? { x: 400, y: 200 }, replace: id });
  };
  const makeConnection = (from: string, port: string, to: string): void => {
    const reason = refusal(document, kinds, from, to, port);
    if (reason) {
      announce(t(`refusal.${reason}`), { assertive: true });
      notifyError(new Error(t(`refusal.${reason}`)));
      return;
    }
    let made = '';
    draft.run(
      { key: 'history.connect' },
      (edited) => {
        made = connect(edited, from, to, port);
      },
      { focus: [from] },
    );
    announce(t('announce.connected', { from: name(from), to: name(to) }));
    const source = indexOf(draft.document).nodes.get(from);
    // A decision's new way out needs a condition next; elsewhere the steps stay in the foreground.
    if (source?.kind === 'exclusiveGateway') select([made]);
  };

  useEditorCommands(actions, {
    readOnly,
    canUndo: view.undo !== undefined,
    canRedo: view.redo !== undefined,
    hasSelection: selection.size > 0,
    hasNode: focusedNode !== undefined,
    connecting: connecting !== undefined,
    hasProblems: findings.length > 0,
  });

  const designer = useMemo<Designer>(
    () => ({
      definitionKey: key,
      view,
      document,
      kinds,
      readOnly,
      findings,
      selection,
      select,
      run,
      seal,
      addStep,
      pick,
      showFinding,
    }),
    [
      key,
      view,
      document,
      kinds,
      readOnly,
      findings,
      selection,
      select,
      run,
      seal,
      addStep,
      pick,
      showFinding,
    ],
  );
  const flush = async (): Promise<number | undefined> => {
    await draft.flush();
    return draft.view.save.kind === 'saved' ? draft.view.rev : undefined;
  };
  const errors = findings.filter((finding) => finding.severity === 'error').length;

  return (
    <DesignerContext.Provider value={designer}>
      <TopBar
        definition={definition}
        publishedVersion={publishedVersion}
        actions={actions}
        onResolve={() => setResolving(true)}
        onRetry={() => void draft.flush()}
      />
      <div
        className={classes.editor}
        data-readonly={readOnly || undefined}
        onCopy={clip.onCopy}
        onCut={clip.onCut}
        onPaste={clip.onPaste}
      >
        {!readOnly && <Palette />}
        <div
          className={classes.stage}
          onPointerMove={(event) => {
            pointer.current = { x: event.clientX, y: event.clientY };
          }}
          onPointerLeave={() => {
            pointer.current = undefined;
          }}
        >
          <Canvas
            ref={canvas}
            document={document}
            kinds={kinds}
            label={t('canvas.label', { name: document.name })}
            editable={!readOnly}
            selection={selection}
            onSelectionChange={setSelection}
            {...(connecting ? { focused: connecting.to } : focusedNode ? { focused: focusedNode } : {})}
            marks={marks}
            viewportKey={`definition.${key}`}
            onMove={(places) => {
              let held: string[] = [];
              draft.run(
                { key: 'history.move', values: { count: places.size } },
                (edited) => {
                  held = moveInto(edited, kinds, places);
                },
                { focus: [...places.keys()] },
              );
              if (held.length > 0) notifyError(new Error(t('scope.held', { name: name(held[0] as string) })));
            }}
            {...(readOnly
              ? {}
              : {
                  onFold: (id: string, collapsed: boolean) => {
                    draft.run(
                      { key: collapsed ? 'history.fold' : 'history.open', values: { name: name(id) } },
                      (edited) => setCollapsed(edited, kinds, id, collapsed),
                      { focus: [id] },
                    );
                  },
                })}
            onConnect={makeConnection}
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
                : (kindKey, at, flow) => addStep(kindKey, flow ? { flow } : { at: [at[0] - 110, at[1] - 32] })
            }
            onOpen={(id) => {
              select([id]);
              requestAnimationFrame(actions.openPanel);
            }}
            onContextMenu={(target) => {
              if (target.id !== undefined && !selection.has(target.id)) select([target.id]);
              setMenu({
                ...target.client,
                at: target.at,
                ...(target.id === undefined ? {} : { id: target.id }),
              });
            }}
          >
            {document.nodes.length === 0 && !readOnly && (
              <EmptyCanvas onStart={(trigger) => startWith(draft, kinds, trigger, select)} />
            )}
            {connecting && (
              <p className={classes.banner} role="status">
                {t('connect.help', { name: name(connecting.from) })}
              </p>
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
          {publishedVersion ? (
            <div className={classes.held}>
              <HeldBanner definition={key} />
            </div>
          ) : null}
          <section
            className={classes.dock}
            data-open={problemsOpen || undefined}
            aria-label={t('problems.title')}
          >
            <button
              type="button"
              className={classes.dockToggle}
              aria-expanded={problemsOpen}
              onClick={() => setProblemsOpen(!problemsOpen)}
            >
              {problemsOpen ? <ChevronDown size={16} aria-hidden /> : <ChevronUp size={16} aria-hidden />}
              {t('problems.title')}
              {findings.length === 0 ? (
                <span className={classes.dockFact} data-tone="done">
                  <CircleCheck size={15} aria-hidden /> {t('problems.none')}
                </span>
              ) : (
                <>
                  {errors > 0 && (
                    <span className={classes.dockFact} data-tone="error">
                      <CircleAlert size={15} aria-hidden /> {t('problems.errors', { count: errors })}
                    </span>
                  )}
                  {findings.length > errors && (
                    <span className={classes.dockFact} data-tone="warning">
                      <TriangleAlert size={15} aria-hidden />{' '}
                      {t('problems.warnings', { count: findings.length - errors })}
                    </span>
                  )}
                </>
              )}
            </button>
            {problemsOpen && (
              <Suspense>
                <ProblemsPanel />
              </Suspense>
            )}
          </section>
        </div>
        <Suspense fallback={<aside className={classes.inspector} aria-busy />}>
          {settled ? (
            <Inspector
              actions={{
                replaceKind: openReplace,
                duplicate: actions.duplicate,
                remove: () => actions.remove(true),
                toggleDisabled: actions.toggleDisabled,
              }}
            />
          ) : (
            <aside className={classes.inspector} aria-busy />
          )}
        </Suspense>
      </div>
      <Suspense>
        {picker && (
          <Picker
            request={picker}
            recent={recentKinds()}
            onClose={(refocus) => {
              setPicker(undefined);
              if (refocus) focusCanvas();
            }}
            onChoose={(kindKey) => {
              const { replace, ...request } = picker;
              setPicker(undefined);
              if (replace === undefined) addStep(kindKey, request);
              else replaceKind(draft, kinds, replace, kindKey, name(replace));
              focusCanvas();
            }}
          />
        )}
        {menu && (
          <NodeMenu
            target={menu}
            readOnly={readOnly}
            actions={actions}
            onPick={pick}
            onClose={() => setMenu(undefined)}
          />
        )}
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
        {resolving && view.save.kind === 'conflict' && (
          <ConflictDialog
            clashes={view.save.clashes}
            onClose={() => setResolving(false)}
            onResolve={(mine) => {
              draft.resolve(mine);
              setResolving(false);
            }}
          />
        )}
      </Suspense>
    </DesignerContext.Provider>
  );
}

/**
 * Where the step after `node` goes: behind a free output, else into the one flow that leaves it, because a second flow
 * from the same output would start parallel branches unasked. Gateways are for branching and always get a new way out.
 */
function placeAfter(document: ProcessDocument, kinds: KindTable, node: ProcessNode) {
  const outgoing = outgoingOf(document, node.id);
  const from = { node: node.id, port: freePort(document, kinds, node) };
  const used = outgoing.filter((flow) => portOf(flow) === from.port);
  const [only] = used;
  return { from, flow: !isGateway(node.kind) && used.length === 1 && only ? only.id : undefined };
}

function replaceKind(draft: Draft, kinds: KindTable, id: string, kindKey: string, name: string): void {
  const descriptor = kinds.get(kindKey);
  if (!descriptor) return;
  draft.run(
    { key: 'history.replace', values: { name } },
    (edited) => changeKind(edited, kinds, id, descriptor),
    { focus: [id] },
  );
}

function startWith(draft: Draft, kinds: KindTable, trigger: string, select: Designer['select']): void {
  const descriptor = kinds.get('startEvent');
  if (!descriptor) return;
  let made = '';
  draft.run({ key: 'history.addStart' }, (edited) => {
    made = addNode(edited, kinds, descriptor, [0, 0], null);
    const node = edited.nodes.find((candidate) => candidate.id === made);
    if (node && trigger !== 'manual') node.trigger = { on: trigger };
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

/** Brings the field of a finding into view and puts the cursor there. */
function focusField(finding: Finding): void {
  const { node, flow, field } = finding;
  if (!field) return;
  const inspector = window.document.querySelector('[data-inspector]');
  const id = `config-${node ?? flow}/${field.replace(/^config\./, '').replaceAll('.', '/')}`;
  const target =
    window.document.getElementById(id) ??
    inspector?.querySelector<HTMLElement>(
      `[data-field="${CSS.escape(field)}"] input, [data-field="${CSS.escape(field)}"] .cm-content`,
    );
  target?.scrollIntoView({ block: 'center' });
  target?.focus({ preventScroll: true });
}
