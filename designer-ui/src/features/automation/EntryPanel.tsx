import {
  ActionIcon,
  Autocomplete,
  Button,
  Select,
  Skeleton,
  Switch,
  TextInput,
  Tooltip,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { CopyPlus, Trash2, TriangleAlert, Undo2, X } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import type { FormField } from '@/api/queries/tasks';
import { InlineProcess, TriggerKind } from '@/features/expressions/inline';
import { type JsonSchema, SchemaForm } from '@/features/forms';
import { Later, later } from '@/lib/later';
import type { Outcome } from '@/lib/process/types';
import classes from './Automation.module.css';
import type { Robot, Trigger } from './api';
import { type StageInfo, useBoard } from './context';
import { configErrors, fieldError } from './errors';
import type { Called } from './hook/curl';
import { chainBefore, type Entry, groupsOf, isRobot, previousOf } from './rules';
import { inlineProcess, scopeKey } from './scope';
import { Tile } from './Tile';
import { TimingForm } from './TimingForm';

const ConditionInput = later(() => import('@/features/expressions').then((module) => module.ConditionInput));
const FormFields = later(
  () => import('@/features/forms/builder/FormFields').then((module) => module.FormFields),
  'designer',
);
const OutcomeFields = later(
  () => import('@/features/forms/builder/OutcomeFields').then((module) => module.OutcomeFields),
  'designer',
);

const BoardUndo = later(() => import('./undo/BoardUndo').then((module) => module.BoardUndo));

const HookAddress = later(() => import('./hook/HookAddress').then((module) => module.HookAddress));

/** What has an editor of its own is not asked for by the form of the settings. */
const OWN_EDITOR: Record<string, string> = {
  approval: 'outcomes',
  userTask: 'form',
  requestInformation: 'form',
};

function withoutOwn(schema: JsonSchema, own: string | undefined): JsonSchema {
  if (!own || !schema.properties?.[own]) return schema;
  const { [own]: _, ...properties } = schema.properties;
  const required = schema.required?.filter((name) => name !== own);
  return { ...schema, properties, ...(required ? { required } : {}) };
}

/** Everything about one robot or trigger. What is changed here is unsaved until the board is saved. */
export function EntryPanel({ entry, stage }: { entry: Entry; stage: StageInfo }) {
  const { t } = useTranslation(['automation', 'common']);
  const called = isRobot(entry) ? undefined : calledOf(entry);
  const board = useBoard();
  const { readOnly, rules, actions } = board;
  const element = useRef<HTMLElement>(null);
  const [undoing, setUndoing] = useState(false);
  const stored = board.stored.get(stage.id);
  const saved = stored?.[isRobot(entry) ? 'robots' : 'triggers'].some(({ id }) => id === entry.id);
  const kind = board.kindOf(entry);
  const findings = board.findingsOf(entry.id);
  const robots = rules.stages.find((own) => own.stage === stage.id)?.robots ?? [];
  const process = useMemo(
    () => inlineProcess(board.type, isRobot(entry) ? [...chainBefore(robots, entry.id), entry] : []),
    [board.type, robots, entry],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever opens another card goes on there.
  useEffect(() => element.current?.focus(), [entry.id]);
  const set = (field: string, recipe: (entry: Entry) => void): void => {
    board.run(
      { key: 'history.change', values: { name: board.nameOf(entry) } },
      (draft) => {
        for (const own of draft.stages)
          for (const candidate of [...own.robots, ...own.triggers])
            if (candidate.id === entry.id) recipe(candidate);
      },
      { merge: `${entry.id}:${field}`, focus: [entry.id] },
    );
  };
  const setText = (field: 'name' | 'group' | 'when' | 'runAs' | 'onBehalf', value: string): void =>
    set(field, (draft) => {
      const target = draft as unknown as Record<string, unknown>;
      if (value === '') delete target[field];
      else target[field] = value;
    });
  const scope = { definitionKey: scopeKey(board.pipeline.id, stage.id), node: entry.id };
  const loose = findings.filter(({ path }) => path === '' || path === '/');
  return (
    <InlineProcess value={process}>
      <aside
        ref={element}
        className={classes.panel}
        aria-label={t('panel.title', { name: board.nameOf(entry) })}
        tabIndex={-1}
        data-panel
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || event.defaultPrevented) return;
          event.stopPropagation();
          board.open(undefined);
        }}
      >
        <header className={classes.panelHead}>
          <Tile kind={kind} />
          <div className={classes.panelNames}>
            <h2 className={classes.panelTitle}>{kind.name}</h2>
            <span className={classes.panelWhere}>{stage.name}</span>
          </div>
          {!readOnly && (
            <>
              <PanelAction label={t('action.duplicate')} onClick={() => actions.duplicate(entry.id)}>
                <CopyPlus size={16} aria-hidden />
              </PanelAction>
              <PanelAction label={t('action.remove')} onClick={() => actions.remove(entry.id)}>
                <Trash2 size={16} aria-hidden />
              </PanelAction>
            </>
          )}
          <PanelAction label={t('common:action.close')} onClick={() => board.open(undefined)}>
            <X size={16} aria-hidden />
          </PanelAction>
        </header>
        {undoing && (
          <Later>
            <BoardUndo
              stage={stage.id}
              part={isRobot(entry) ? 'robots' : 'triggers'}
              id={entry.id}
              name={board.nameOf(entry)}
              version={stored?.process?.version}
              onClose={() => setUndoing(false)}
            />
          </Later>
        )}
        <div className={classes.panelBody}>
          {kind.help && <p className={classes.hint}>{kind.help}</p>}
          {saved && !readOnly && (
            <Button
              variant="default"
              size="compact-sm"
              style={{ alignSelf: 'flex-start' }}
              leftSection={<Undo2 size={14} aria-hidden />}
              onClick={() => setUndoing(true)}
            >
              {t('undo.open')}
            </Button>
          )}
          {loose.map(({ message, severity }) => (
            <p key={message} className={classes.notice} data-tone={severity}>
              <TriangleAlert size={14} aria-hidden /> {message}
            </p>
          ))}
          {isRobot(entry) && (
            <TimingForm
              timing={entry.timing}
              said={board.timingOf(entry)}
              first={previousOf(robots, entry.id) === undefined}
              dateFields={board.dateFields}
              readOnly={readOnly}
              error={fieldError(findings, 'timing')}
              onChange={(timing, part) =>
                set(`timing.${part}`, (draft) => {
                  (draft as Robot).timing = timing;
                })
              }
            />
          )}
          <Settings entry={entry} scope={scope} onSet={set} />
          {called && (
            <Later fallback={<Skeleton h={120} />}>
              <HookAddress type={board.type} called={called} />
            </Later>
          )}
          <section className={classes.block} aria-label={t('panel.condition')}>
            <h3 className={classes.blockTitle}>{t('panel.condition')}</h3>
            <p className={classes.hint}>
              {t(isRobot(entry) ? 'panel.conditionHelp' : 'panel.triggerConditionHelp')}
            </p>
            <Later fallback={<Skeleton h={64} />}>
              <TriggerKind value={isRobot(entry) ? undefined : entry.type}>
                <ConditionInput
                  key={entry.id}
                  value={entry.when ?? ''}
                  scope={scope}
                  readOnly={readOnly}
                  aria-label={t('panel.condition')}
                  onChange={(source) => setText('when', source)}
                />
              </TriggerKind>
            </Later>
            {fieldError(findings, 'when') && (
              <p className={classes.error} role="alert">
                {fieldError(findings, 'when')}
              </p>
            )}
          </section>
          <section className={classes.block} aria-label={t('panel.more')}>
            <h3 className={classes.blockTitle}>{t('panel.more')}</h3>
            <TextInput
              label={t('field.name')}
              placeholder={kind.name}
              maxLength={200}
              readOnly={readOnly}
              error={fieldError(findings, 'name')}
              value={entry.name ?? ''}
              onChange={(event) => setText('name', event.currentTarget.value)}
            />
            {isRobot(entry) ? (
              <>
                <WhoSelect
                  label={t('field.runAs')}
                  help={t('panel.runAsHelp')}
                  nobody={t('person.automation')}
                  initiator
                  value={entry.runAs}
                  error={fieldError(findings, 'runAs')}
                  onChange={(who) => setText('runAs', who)}
                />
                <Autocomplete
                  label={t('field.group')}
                  description={t('panel.groupHelp')}
                  data={groupsOf(rules)}
                  maxLength={100}
                  readOnly={readOnly}
                  value={entry.group ?? ''}
                  onChange={(group) => setText('group', group)}
                />
              </>
            ) : (
              <>
                <WhoSelect
                  label={t('field.onBehalf')}
                  help={t('panel.onBehalfHelp')}
                  nobody={t('person.responsible')}
                  value={entry.onBehalf === 'responsible' ? undefined : entry.onBehalf}
                  error={fieldError(findings, 'onBehalf')}
                  onChange={(who) => setText('onBehalf', who)}
                />
                <Switch
                  size="xs"
                  label={t('field.allowBack')}
                  description={t('panel.allowBackHelp')}
                  disabled={readOnly}
                  checked={entry.allowBack ?? false}
                  onChange={(event) => {
                    const { checked } = event.currentTarget;
                    set('allowBack', (draft) => {
                      if (checked) (draft as Trigger).allowBack = true;
                      else delete (draft as Trigger).allowBack;
                    });
                  }}
                />
              </>
            )}
            <Switch
              size="xs"
              label={t('panel.enabled')}
              description={t('panel.enabledHelp')}
              disabled={readOnly}
              checked={!entry.disabled}
              onChange={() => actions.toggle(entry.id)}
            />
          </section>
        </div>
      </aside>
    </InlineProcess>
  );
}

function PanelAction(props: { label: string; onClick: () => void; children: React.ReactNode }) {
  return (
    <Tooltip label={props.label}>
      <ActionIcon variant="subtle" color="gray" aria-label={props.label} onClick={props.onClick}>
        {props.children}
      </ActionIcon>
    </Tooltip>
  );
}

function WhoSelect(props: {
  label: string;
  help: string;
  /** Who it is when nobody is chosen. */
  nobody: string;
  initiator?: boolean;
  value: string | undefined;
  error: string | undefined;
  onChange: (who: string) => void;
}) {
  const { t } = useTranslation(['automation', 'common']);
  const { readOnly, personName } = useBoard();
  const directory = useQuery(directoryQuery).data;
  const people = (directory?.users ?? [])
    .filter(({ active }) => active)
    .map(({ id, name, title }) => ({ value: id, label: title ? `${name} · ${title}` : name }));
  const special = props.initiator ? (['responsible', 'initiator'] as const) : [];
  const gone = props.value && ![...special, ...people.map(({ value }) => value)].includes(props.value);
  return (
    <Select
      label={props.label}
      description={props.help}
      searchable
      clearable={props.value !== undefined}
      placeholder={props.nobody}
      nothingFoundMessage={t('common:form.nothingFound')}
      data={[
        ...special.map((value) => ({ value, label: t(`person.${value}`) })),
        ...(gone && props.value ? [{ value: props.value, label: personName(props.value) }] : []),
        { group: t('common:form.people'), items: people },
      ]}
      readOnly={readOnly}
      error={props.error}
      value={props.value ?? null}
      onChange={(who) => props.onChange(who ?? '')}
    />
  );
}

export function Settings(props: {
  entry: Entry;
  scope: { definitionKey: string; node: string };
  onSet: (field: string, recipe: (entry: Entry) => void) => void;
}) {
  const { entry, scope, onSet } = props;
  const { t } = useTranslation(['automation', 'designer']);
  const board = useBoard();
  const { readOnly } = board;
  const kind = board.kindOf(entry);
  const findings = board.findingsOf(entry.id);
  const own = isRobot(entry) ? OWN_EDITOR[entry.robot] : undefined;
  const schema = useMemo(() => kind.schema && withoutOwn(kind.schema, own), [kind.schema, own]);
  const ownProblem = (at: number, part = ''): string | undefined =>
    findings
      .filter(({ path }) => path.startsWith(`/config/form/${at}${part && '/'}${part}`))
      .map(({ message }) => message)
      .join(' ') || undefined;
  if (!schema) return null;
  const setConfig = (key: string, value: unknown, merge: string): void =>
    onSet(merge, (draft) => {
      if (value === undefined) delete draft.config[key];
      else draft.config[key] = value;
    });
  return (
    <section className={classes.block} aria-label={t('panel.settings')}>
      <h3 className={classes.blockTitle}>{t('panel.settings')}</h3>
      {Object.keys(schema.properties ?? {}).length > 0 && (
        <SchemaForm
          schema={schema}
          value={entry.config}
          errors={configErrors(findings)}
          expressions
          scope={scope}
          recordType={board.type}
          pipeline={board.pipeline.id}
          readOnly={readOnly}
          idPrefix={`settings-${entry.id}`}
          onChange={(config, change) =>
            onSet(`config.${change.path.join('.')}`, (draft) => {
              draft.config = config;
            })
          }
        />
      )}
      {own === 'outcomes' && (
        <Later fallback={<Skeleton h={90} />}>
          <h4 className={classes.blockTitle}>{t('designer:outcomes.title')}</h4>
          <OutcomeFields
            outcomes={(entry.config.outcomes ?? []) as Outcome[]}
            readOnly={readOnly}
            isRead={(name) => JSON.stringify(board.rules).includes(`\\"${name}\\"`)}
            onChange={(next, merge) => setConfig('outcomes', next, `outcomes.${merge ?? ''}`)}
          />
        </Later>
      )}
      {own === 'form' && (
        <Later fallback={<Skeleton h={90} />}>
          <h4 className={classes.blockTitle}>{t('designer:form.title')}</h4>
          <FormFields
            key={entry.id}
            fields={(Array.isArray(entry.config.form) ? entry.config.form : []) as FormField[]}
            readOnly={readOnly}
            into={false}
            problems={ownProblem}
            onChange={(next, merge) =>
              setConfig('form', next.length > 0 ? next : undefined, `form.${merge ?? ''}`)
            }
          />
        </Later>
      )}
    </section>
  );
}

/** What another system sends to mean a trigger; undefined for those that wait for nothing from outside. */
function calledOf(trigger: Trigger): Called | undefined {
  const { code, events } = trigger.config;
  if (trigger.type === 'webhook') return { code: typeof code === 'string' && code ? code : 'CODE' };
  if (trigger.type !== 'reported') return undefined;
  const [event] = Array.isArray(events) ? events : [];
  return { event: typeof event === 'string' ? event : 'payment' };
}
