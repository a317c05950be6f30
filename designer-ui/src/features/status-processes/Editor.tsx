import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { History, Plus, Redo2, Settings, Undo2 } from 'lucide-react';
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import type { Finding } from '@/features/automation/api';
import { type Kind, useRobotKinds } from '@/features/automation/catalogue';
import type { EntryFinding } from '@/features/automation/errors';
import { inLanguage, useFindingTexts } from '@/features/designer/serverTexts';
import { useConditionWords } from '@/features/expressions/conditionWords';
import { useNames, useNaming } from '@/features/expressions/names';
import { useMay, useUser } from '@/features/identity/useSession';
import { Crumbs } from '@/features/shell';
import { useCommands } from '@/lib/commands';
import { Later, later } from '@/lib/later';
import { announce } from '@/lib/live';
import { ConfirmDialog, notifyDone, notifyError, useDocumentTitle } from '@/ui';
import { type Step, saveTemplate, type Template, templatesQuery } from './api';
import { type Editing, EditingContext } from './context';
import { Diagram, handlerName } from './Diagram';
import { Draft } from './draft';
import {
  find,
  type Handler,
  handlersOf,
  newStatus,
  newStep,
  place,
  placeOf,
  remove,
  SET_STATUS,
  shift,
} from './model';
import { StatusColumn } from './StatusColumn';
import classes from './StatusProcesses.module.css';
import { scopeKey } from './scope';

const Panel = later(() => import('./Panel').then((module) => module.Panel), 'automation');
const KindGallery = later(
  () => import('@/features/automation/KindGallery').then((module) => module.KindGallery),
  'automation',
);

const ProcessUndo = later(() => import('./ProcessUndo').then((module) => module.ProcessUndo));

/** Id under which the settings of the whole are opened. */
export const WHOLE = 'whole';

/** A template while it is edited: a picture of its statuses, a column for each, and a panel for what is opened. */
export function Editor({ loaded }: { loaded: Template }) {
  const { t, i18n } = useTranslation(['statusProcesses', 'automation', 'common']);
  const client = useQueryClient();
  const navigate = useNavigate();
  const readOnly = !useMay('automation.edit');
  const user = useUser();
  const [draft] = useState(() => new Draft(loaded, user.id));
  const content = useSyncExternalStore(draft.history.subscribe, () => draft.content);
  const [findings, setFindings] = useState<readonly Finding[]>(loaded.findings);
  const [theirs, setTheirs] = useState<Template>();
  const [opened, setOpened] = useState<string>();
  const [adding, setAdding] = useState<Handler>();
  const [undoing, setUndoing] = useState(false);
  const { kinds: robots } = useRobotKinds();
  const names = useNames({ definitionKey: scopeKey(loaded.id) }, !readOnly);
  const naming = useNaming();
  const say = useConditionWords(names);
  const texts = useFindingTexts(findings.length > 0);
  useDocumentTitle(content.name);

  const saving = useMutation({
    mutationFn: (rev: number) => saveTemplate(loaded.id, rev, draft.content),
    onSuccess: (template) => {
      draft.saved(template);
      setFindings(template.findings);
      setTheirs(undefined);
      void client.invalidateQueries({ queryKey: templatesQuery.queryKey, exact: true });
      notifyDone(t('editor.saved'));
    },
    onError: (error) => {
      if (isApiError(error, 409) && error.problem.current) {
        setTheirs(error.problem.current as Template);
        return;
      }
      const found: readonly Finding[] = isApiError(error, 422)
        ? ((error.problem.findings as Finding[] | undefined) ??
          error.details.map(({ path, code = '', message }) => ({ path, code, message, severity: 'error' })))
        : [];
      if (found.length === 0) return notifyError(error);
      setFindings(found);
      const count = found.filter(({ severity }) => severity === 'error').length;
      announce(t('editor.refused', { count }), { assertive: true });
      const first = found.map(({ path = '' }) => placeOf(draft.content, path)).find((place) => place);
      setOpened(first?.id ?? WHOLE);
    },
  });
  const save = (): void => {
    if (draft.dirty && !saving.isPending) saving.mutate(draft.rev);
  };

  const setStatus = useMemo(
    (): Kind => ({
      key: SET_STATUS,
      name: t('step.set'),
      help: t('step.setHelp'),
      category: 'status',
      categoryName: t('step.category'),
      icon: 'flag',
      look: 'gateway' as Kind['look'],
      schema: undefined,
      config: {},
      results: [],
    }),
    [t],
  );
  const kinds = useMemo(() => [setStatus, ...robots], [setStatus, robots]);
  const byKey = useMemo(() => new Map(kinds.map((kind) => [kind.key, kind])), [kinds]);
  const kindOf = useCallback(
    ({ robot }: Step): Kind =>
      byKey.get(robot) ?? { ...setStatus, key: robot, name: robot, help: '', icon: 'circle-help' },
    [byKey, setStatus],
  );
  const statusName = useCallback(
    (id: unknown) => content.statuses.find((status) => status.id === id)?.name ?? t('step.nowhere'),
    [content, t],
  );
  const nameOf = useCallback(
    (step: Step) =>
      step.name ||
      (step.robot === SET_STATUS
        ? t('step.setTo', { status: statusName(step.config.status) })
        : kindOf(step).name),
    [kindOf, statusName, t],
  );
  const byId = useMemo(() => {
    const found = new Map<string, EntryFinding[]>();
    for (const finding of findings) {
      const place = placeOf(content, finding.path ?? '') ?? { id: WHOLE, path: finding.path ?? '' };
      const { message } = inLanguage(finding as Parameters<typeof inLanguage>[0], texts, i18n.language);
      const severity = finding.severity === 'error' ? 'error' : 'warning';
      found.set(place.id, [...(found.get(place.id) ?? []), { path: place.path, message, severity }]);
    }
    return found;
  }, [findings, content, texts, i18n.language]);
  const fieldName = useCallback(
    (key: string) => {
      const name = names.byPath.get(`record.${key}`);
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

  const run: Editing['run'] = (label, recipe, options) => !readOnly && draft.run(label, recipe, options);
  const called = (id: string): string => {
    const found = find(content, id);
    if (found?.what === 'step') return nameOf(found.step);
    if (found?.what === 'status') return found.status.name;
    return found?.what === 'command' ? found.command.name : (found?.delay.name ?? t('part.delay'));
  };
  const editing: Editing = {
    id: loaded.id,
    type: loaded.type,
    content,
    readOnly,
    kinds,
    kindOf,
    nameOf,
    findingsOf: (id) => byId.get(id) ?? [],
    statusName,
    say,
    dateFields,
    fieldName,
    opened,
    open: setOpened,
    add: setAdding,
    remove: (id) => {
      run({ key: 'history.remove', values: { name: called(id) } }, (next) => remove(next, id));
      if (opened === id) setOpened(undefined);
    },
    shift: (id, by) =>
      run({ key: 'history.move', values: { name: called(id) } }, (next) => shift(next, id, by)),
    place: (id, into, before) =>
      run({ key: 'history.move', values: { name: called(id) } }, (next) => place(next, id, into, before)),
    run,
  };
  const told = (
    label: { key: string; values?: Readonly<Record<string, string | number>> } | undefined,
    key: 'undone' | 'redone',
  ) => {
    if (label)
      announce(t(`editor.${key}`, { what: t(label.key as 'history.remove', { name: '', ...label.values }) }));
  };
  const undo = () => told(draft.undo()?.label, 'undone');
  const redo = () => told(draft.redo()?.label, 'redone');
  useCommands([
    {
      id: 'status.save',
      title: t('editor.save'),
      section: t('list.title'),
      shortcut: 'mod+s',
      enabled: () => !readOnly && draft.dirty,
      run: save,
    },
    {
      id: 'status.undo',
      title: t('editor.undo'),
      section: t('list.title'),
      shortcut: 'mod+z',
      leftToFields: true,
      enabled: () => draft.history.undoLabel !== undefined,
      run: undo,
    },
    {
      id: 'status.redo',
      title: t('editor.redo'),
      section: t('list.title'),
      shortcut: ['mod+shift+z', 'mod+y'],
      leftToFields: true,
      enabled: () => draft.history.redoLabel !== undefined,
      run: redo,
    },
  ]);
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent): void => {
      if (saving.isPending) event.preventDefault();
    };
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [saving.isPending]);

  const found = find(content, opened);
  const choose = (kind: Kind): void => {
    if (!adding) return;
    const config = structuredClone(kind.config);
    const step = newStep(kind.key, kind.key === SET_STATUS ? { status: nextOf(adding.status.id) } : config);
    run({ key: 'history.add', values: { name: kind.name } }, (next) => {
      for (const status of next.statuses)
        for (const handler of handlersOf(status))
          if (
            status.id === adding.status.id &&
            handler.kind === adding.kind &&
            handler.of?.id === adding.of?.id
          )
            handler.steps.push(step);
    });
    setAdding(undefined);
    setOpened(step.id);
  };
  const nextOf = (id: string): string => {
    const at = content.statuses.findIndex((status) => status.id === id);
    return (content.statuses[at + 1] ?? content.statuses[0])?.id ?? id;
  };
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const whole = byId.get(WHOLE) ?? [];

  return (
    <EditingContext.Provider value={editing}>
      <div
        className={classes.page}
        data-command-scope="status-process"
        data-panel-open={found || opened === WHOLE || undefined}
      >
        <Crumbs above={[{ to: '/status-processes' as '/', label: t('list.title') }]} here={content.name} />
        <div className={classes.bar}>
          <h1 className={classes.title}>{content.name || t('editor.unnamed')}</h1>
          {loaded.process.version ? (
            <Button
              component={Link}
              to={`/definitions/${loaded.process.key}/runs`}
              variant="subtle"
              size="compact-sm"
            >
              {t('editor.runs', { count: loaded.active })}
            </Button>
          ) : null}
          {!readOnly && loaded.process.version ? (
            <Button
              variant="subtle"
              size="compact-sm"
              leftSection={<History size={15} aria-hidden />}
              onClick={() => setUndoing(true)}
              data-undo-open
            >
              {t('automation:undo.open')}
            </Button>
          ) : null}
          {!readOnly && (
            <>
              <Tool label={t('editor.undo')} disabled={!draft.history.undoLabel} onClick={undo}>
                <Undo2 size={16} aria-hidden />
              </Tool>
              <Tool label={t('editor.redo')} disabled={!draft.history.redoLabel} onClick={redo}>
                <Redo2 size={16} aria-hidden />
              </Tool>
            </>
          )}
          <Button
            variant="default"
            size="sm"
            leftSection={<Settings size={15} aria-hidden />}
            onClick={() => setOpened(opened === WHOLE ? undefined : WHOLE)}
            data-tone={whole.length > 0 ? 'error' : undefined}
          >
            {t('whole.title')}
          </Button>
          {!readOnly && (
            <Button size="sm" loading={saving.isPending} disabled={!draft.dirty} onClick={save}>
              {t('editor.save')}
            </Button>
          )}
        </div>
        <p className={classes.hint} role="status">
          {errors > 0
            ? t('editor.refused', { count: errors })
            : draft.dirty
              ? t('editor.unsaved')
              : t(readOnly ? 'editor.readOnly' : 'editor.how')}
          {draft.dirty && (
            <button type="button" className={classes.link} onClick={() => draft.discard()}>
              {t('editor.discard')}
            </button>
          )}
        </p>
        <div className={classes.main}>
          <div className={classes.canvas}>
            <Diagram />
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the columns scroll sideways, also by keyboard. */}
            <section className={classes.columns} aria-label={t('editor.statuses')} tabIndex={0}>
              {content.statuses.map((status) => (
                <StatusColumn key={status.id} status={status} />
              ))}
              {!readOnly && (
                <button
                  type="button"
                  className={classes.newStatus}
                  onClick={() => {
                    const status = newStatus(content, t('status.new'));
                    run(
                      { key: 'history.add', values: { name: status.name } },
                      (next) => void next.statuses.push(status),
                    );
                    setOpened(status.id);
                  }}
                >
                  <Plus size={16} aria-hidden /> {t('status.add')}
                </button>
              )}
            </section>
          </div>
          {(found || opened === WHOLE) && (
            <Later fallback={<aside className={classes.panel} aria-busy />}>
              <Panel
                found={found}
                template={{ ...loaded, rev: draft.rev }}
                onDeleted={() => {
                  void client.invalidateQueries({ queryKey: templatesQuery.queryKey, exact: true });
                  void navigate({ to: '/status-processes' });
                }}
              />
            </Later>
          )}
        </div>
        <Later>{undoing && <ProcessUndo template={loaded} onClose={() => setUndoing(false)} />}</Later>
        <Later>
          {adding && (
            <KindGallery
              title={t('step.addTo', { part: handlerName(t, adding), status: adding.status.name })}
              help={t('step.addHelp')}
              kinds={adding.kind === 'exit' ? robots : kinds}
              onChoose={choose}
              onClose={() => setAdding(undefined)}
            />
          )}
        </Later>
        <ConfirmDialog
          opened={theirs !== undefined}
          onClose={() => setTheirs(undefined)}
          title={t('editor.stale')}
          text={t('editor.staleText')}
          confirmLabel={t('editor.overwrite')}
          busy={saving.isPending}
          onConfirm={() => theirs && saving.mutate(theirs.rev)}
        />
      </div>
    </EditingContext.Provider>
  );
}

function Tool(props: { label: string; disabled: boolean; onClick: () => void; children: React.ReactNode }) {
  return (
    <Tooltip label={props.label}>
      <ActionIcon
        variant="default"
        size={32}
        aria-label={props.label}
        disabled={props.disabled}
        onClick={props.onClick}
      >
        {props.children}
      </ActionIcon>
    </Tooltip>
  );
}
