import {
  ActionIcon,
  Button,
  ColorInput,
  MultiSelect,
  Select,
  Skeleton,
  Switch,
  Textarea,
  TextInput,
  Tooltip,
} from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { ArrowDown, ArrowUp, Plus, Trash2, TriangleAlert, X } from 'lucide-react';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import type { Timing } from '@/features/automation/api';
import { type Board, BoardContext } from '@/features/automation/context';
import { Settings } from '@/features/automation/EntryPanel';
import { type EntryFinding, fieldError } from '@/features/automation/errors';
import { Tile } from '@/features/automation/Tile';
import { TimingForm } from '@/features/automation/TimingForm';
import { timingText } from '@/features/automation/timing';
import { recordTypesQuery } from '@/features/crm/ownFields';
import { pipelinesQuery } from '@/features/crm/queries';
import { InlineProcess } from '@/features/expressions/inline';
import { useRoles } from '@/features/forms/roles';
import { Later, later } from '@/lib/later';
import { ConfirmDialog, notifyError } from '@/ui';
import {
  type Command,
  type Content,
  type Delay,
  deleteTemplate,
  type Occasion,
  type OccasionKind,
  type Step,
  type Template,
  type Who,
} from './api';
import { useEditing } from './context';
import { COLORS, type Found, find, mayShift, SET_STATUS } from './model';
import classes from './StatusProcesses.module.css';
import { StepUndo } from './StepUndo';
import { handlerProcess, scopeKey } from './scope';

const ConditionInput = later(() => import('@/features/expressions').then((module) => module.ConditionInput));

/** Everything about what is opened: the whole, a status, a command, a delay or a step. */
export function Panel(props: { found: Found | undefined; template: Template; onDeleted: () => void }) {
  const { found } = props;
  if (!found) return <WholePanel template={props.template} onDeleted={props.onDeleted} />;
  switch (found.what) {
    case 'status':
      return <StatusPanel key={found.status.id} id={found.status.id} />;
    case 'command':
      return <CommandPanel key={found.command.id} command={found.command} />;
    case 'delay':
      return <DelayPanel key={found.delay.id} delay={found.delay} />;
    case 'step':
      return <StepPanel key={found.step.id} found={found} template={props.template} />;
  }
}

function Frame(props: {
  id: string;
  title: string;
  where: string;
  icon?: ReactNode;
  movable?: boolean;
  children: ReactNode;
}) {
  const { t } = useTranslation(['statusProcesses', 'common']);
  const editing = useEditing();
  const element = useRef<HTMLElement>(null);
  useEffect(() => element.current?.focus(), []);
  const loose = editing.findingsOf(props.id).filter(({ path }) => path === '');
  return (
    <aside
      ref={element}
      className={classes.panel}
      aria-label={props.title}
      tabIndex={-1}
      onKeyDown={(event) => {
        // A list that is open takes the key for itself.
        const inList = (event.target as Element).closest('[aria-expanded="true"], [aria-controls]');
        if (event.key === 'Escape' && !event.defaultPrevented && !inList) editing.open(undefined);
      }}
    >
      <header className={classes.panelHead}>
        {props.icon}
        <div className={classes.panelNames}>
          <h2>{props.title}</h2>
          <span>{props.where}</span>
        </div>
        {props.movable && !editing.readOnly && (
          <>
            <Act
              label={t('action.up')}
              disabled={!mayShift(editing.content, props.id, -1)}
              onClick={() => editing.shift(props.id, -1)}
            >
              <ArrowUp size={16} aria-hidden />
            </Act>
            <Act
              label={t('action.down')}
              disabled={!mayShift(editing.content, props.id, 1)}
              onClick={() => editing.shift(props.id, 1)}
            >
              <ArrowDown size={16} aria-hidden />
            </Act>
            <Act label={t('action.remove')} onClick={() => editing.remove(props.id)}>
              <Trash2 size={16} aria-hidden />
            </Act>
          </>
        )}
        <Act label={t('common:action.close')} onClick={() => editing.open(undefined)}>
          <X size={16} aria-hidden />
        </Act>
      </header>
      <div className={classes.panelBody}>
        {loose.map(({ message, severity }) => (
          <p key={message} className={classes.notice} data-tone={severity}>
            <TriangleAlert size={14} aria-hidden /> {message}
          </p>
        ))}
        {props.children}
      </div>
    </aside>
  );
}

function Act(props: { label: string; disabled?: boolean; onClick: () => void; children: ReactNode }) {
  return (
    <Tooltip label={props.label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={props.label}
        disabled={props.disabled}
        onClick={props.onClick}
      >
        {props.children}
      </ActionIcon>
    </Tooltip>
  );
}

/** Changes something that has an id, as one entry of the history while the same field is written. */
function useSet<T extends { id: string }>(id: string, name: string) {
  const { run } = useEditing();
  return (field: string, recipe: (target: T) => void): void => {
    run(
      { key: 'history.change', values: { name } },
      (content) => {
        const found = find(content, id);
        if (found)
          recipe(
            (found.what === 'step'
              ? found.step
              : found.what === 'command'
                ? found.command
                : found.what === 'delay'
                  ? found.delay
                  : found.status) as unknown as T,
          );
      },
      { merge: `${id}:${field}` },
    );
  };
}

/** A text field: what is empty is taken away. */
function put(target: object, field: string, value: unknown): void {
  const fields = target as Record<string, unknown>;
  if (value === '' || value === undefined) delete fields[field];
  else fields[field] = value;
}

function Condition(props: {
  id: string;
  /** Where the findings of the condition stand. */
  field?: string;
  value: string | undefined;
  help: string;
  findings: readonly EntryFinding[];
  onChange: (source: string) => void;
}) {
  const { t } = useTranslation('statusProcesses');
  const { id, readOnly } = useEditing();
  const error = fieldError(props.findings, props.field ?? 'when');
  return (
    <section className={classes.block} aria-label={t('field.when')}>
      <h3>{t('field.when')}</h3>
      <p className={classes.help}>{props.help}</p>
      <Later fallback={<Skeleton h={64} />}>
        <ConditionInput
          key={props.id}
          value={props.value ?? ''}
          scope={{ definitionKey: scopeKey(id), node: props.id }}
          readOnly={readOnly}
          aria-label={t('field.when')}
          onChange={props.onChange}
        />
      </Later>
      {error && (
        <p className={classes.error} role="alert">
          {error}
        </p>
      )}
    </section>
  );
}

function StatusPanel({ id }: { id: string }) {
  const { t } = useTranslation('statusProcesses');
  const { content, readOnly, findingsOf } = useEditing();
  const status = content.statuses.find((one) => one.id === id);
  const set = useSet<{ id: string; name: string; color?: string }>(id, status?.name ?? '');
  if (!status) return null;
  return (
    <Frame id={id} title={status.name} where={t('status.one')}>
      <TextInput
        label={t('field.name')}
        required
        maxLength={200}
        readOnly={readOnly}
        error={fieldError(findingsOf(id), 'name')}
        value={status.name}
        onChange={({ currentTarget }) => {
          const { value } = currentTarget;
          set('name', (target) => {
            target.name = value;
          });
        }}
      />
      <ColorInput
        label={t('field.color')}
        readOnly={readOnly}
        format="hex"
        swatches={COLORS}
        swatchesPerRow={8}
        error={fieldError(findingsOf(id), 'color')}
        value={status.color ?? ''}
        onChange={(color) => set('color', (target) => put(target, 'color', color))}
      />
      <p className={classes.help}>{t('status.help')}</p>
    </Frame>
  );
}

function CommandPanel({ command }: { command: Command }) {
  const { t } = useTranslation('statusProcesses');
  const { type, readOnly, findingsOf, content } = useEditing();
  const findings = findingsOf(command.id);
  const set = useSet<Command>(command.id, command.name);
  const where = find(content, command.id);
  return (
    <InlineProcess value={handlerProcess(type, [])}>
      <Frame
        id={command.id}
        title={command.name || t('part.command')}
        where={where?.status.name ?? ''}
        movable
      >
        <TextInput
          label={t('command.label')}
          required
          maxLength={200}
          readOnly={readOnly}
          error={fieldError(findings, 'name')}
          value={command.name}
          onChange={({ currentTarget }) => {
            const { value } = currentTarget;
            set('name', (target) => {
              target.name = value;
            });
          }}
        />
        <AllowedSelect
          value={command.allowed ?? []}
          error={fieldError(findings, 'allowed')}
          onChange={(allowed) =>
            set('allowed', (target) => put(target, 'allowed', allowed.length > 0 ? allowed : undefined))
          }
        />
        <Condition
          id={command.id}
          value={command.when}
          help={t('command.whenHelp')}
          findings={findings}
          onChange={(when) => set('when', (target) => put(target, 'when', when))}
        />
      </Frame>
    </InlineProcess>
  );
}

const RESPONSIBLE = 'record.responsible';
const HEAD = 'head(record.responsible)';

/** Who may press a button: people, groups, and those that the record names. */
function AllowedSelect(props: {
  value: readonly Who[];
  error: string | undefined;
  onChange: (who: Who[]) => void;
}) {
  const { t } = useTranslation(['statusProcesses', 'common']);
  const { readOnly } = useEditing();
  const directory = useQuery(directoryQuery).data;
  const key = (who: Who): string =>
    typeof who === 'string' ? who.replace(/^(user|group):/, '') : `=${who.expr}`;
  const groups = (directory?.groups ?? []).map(({ id, name }) => ({ value: id, label: name }));
  const people = (directory?.users ?? [])
    .filter(({ active }) => active)
    .map(({ id, name, title }) => ({ value: id, label: title ? `${name} · ${title}` : name }));
  const roles = useRoles(directory).choices;
  const known = [
    ...roles.map(({ value }) => value),
    `=${RESPONSIBLE}`,
    `=${HEAD}`,
    ...groups.map(({ value }) => value),
    ...people.map(({ value }) => value),
  ];
  const others = props.value.map(key).filter((value) => !known.includes(value));
  return (
    <MultiSelect
      label={t('command.allowed')}
      description={t('command.allowedHelp')}
      placeholder={props.value.length === 0 ? t('command.everybody') : undefined}
      searchable
      readOnly={readOnly}
      error={props.error}
      nothingFoundMessage={t('common:form.nothingFound')}
      data={[
        {
          group: t('command.byRecord'),
          items: [
            { value: `=${RESPONSIBLE}`, label: t('command.responsible') },
            { value: `=${HEAD}`, label: t('command.head') },
            ...others.map((value) => ({ value, label: value.replace(/^=/, '') })),
          ],
        },
        { group: t('command.groups'), items: groups },
        { group: t('common:form.roles'), items: roles },
        { group: t('common:form.people'), items: people },
      ]}
      value={props.value.map(key)}
      onChange={(chosen) =>
        props.onChange(chosen.map((value) => (value.startsWith('=') ? { expr: value.slice(1) } : value)))
      }
    />
  );
}

function DelayPanel({ delay }: { delay: Delay }) {
  const { t } = useTranslation('statusProcesses');
  const { t: says } = useTranslation('automation');
  const { readOnly, findingsOf, content, dateFields, fieldName } = useEditing();
  const findings = findingsOf(delay.id);
  const set = useSet<Delay>(delay.id, delay.name || t('part.delay'));
  const said = timingText(says, delay.timing, fieldName);
  return (
    <Frame
      id={delay.id}
      title={delay.name || t('part.delay')}
      where={find(content, delay.id)?.status.name ?? ''}
      movable
    >
      <TextInput
        label={t('field.name')}
        placeholder={said}
        maxLength={200}
        readOnly={readOnly}
        error={fieldError(findings, 'name')}
        value={delay.name ?? ''}
        onChange={({ currentTarget }) => {
          const { value } = currentTarget;
          set('name', (target) => put(target, 'name', value));
        }}
      />
      <TimingForm
        timing={delay.timing}
        modes={['delay', 'date']}
        said={said}
        first
        dateFields={dateFields}
        readOnly={readOnly}
        error={fieldError(findings, 'timing')}
        onChange={(timing: Timing, part) =>
          set(`timing.${part}`, (target) => {
            target.timing = timing;
          })
        }
      />
      <p className={classes.help}>{t('delay.help')}</p>
    </Frame>
  );
}

function StepPanel({ found, template }: { found: Extract<Found, { what: 'step' }>; template: Template }) {
  const { t } = useTranslation(['statusProcesses', 'automation']);
  const editing = useEditing();
  const { type, id, readOnly, findingsOf, content, kindOf, nameOf } = editing;
  const { step, handler, status } = found;
  const findings = findingsOf(step.id);
  const set = useSet<Step>(step.id, nameOf(step));
  const process = useMemo(
    () => handlerProcess(type, [...handler.steps.slice(0, handler.steps.indexOf(step)), step]),
    [type, handler.steps, step],
  );
  const kind = kindOf(step);
  // The settings of robots are those of the stage boards; they ask their board for little.
  const board = useMemo(
    () =>
      ({
        readOnly,
        type,
        pipeline: {},
        rules: content,
        kindOf: () => kind,
        findingsOf: () => findings,
      }) as unknown as Board,
    [readOnly, type, content, kind, findings],
  );
  const sets = step.robot === SET_STATUS;
  return (
    <InlineProcess value={process}>
      <Frame id={step.id} title={kind.name} where={status.name} icon={<Tile kind={kind} />} movable>
        {kind.help && <p className={classes.help}>{kind.help}</p>}
        {!sets && !readOnly && <StepUndo template={template} step={step} />}
        {sets ? (
          <>
            <Select
              label={t('step.status')}
              allowDeselect={false}
              readOnly={readOnly}
              error={fieldError(findings, 'config')}
              data={content.statuses.map((one) => ({ value: one.id, label: one.name }))}
              value={(step.config.status as string) ?? null}
              onChange={(value) =>
                value &&
                set('status', (target) => {
                  target.config.status = value;
                })
              }
            />
            <Switch
              size="xs"
              label={t('step.atOnce')}
              description={t('step.atOnceHelp')}
              disabled={readOnly}
              checked={step.config.immediate === true}
              onChange={({ currentTarget }) => {
                const { checked } = currentTarget;
                set('immediate', (target) => put(target.config, 'immediate', checked || undefined));
              }}
            />
          </>
        ) : (
          <BoardContext.Provider value={board}>
            <Settings
              entry={{ ...step, timing: { mode: 'immediate' } }}
              scope={{ definitionKey: scopeKey(id), node: step.id }}
              onSet={(field, recipe) => set(field, (target) => recipe(target as never))}
            />
          </BoardContext.Provider>
        )}
        <Condition
          id={step.id}
          value={step.when}
          help={t('step.whenHelp')}
          findings={findings}
          onChange={(when) => set('when', (target) => put(target, 'when', when))}
        />
        <section className={classes.block} aria-label={t('field.more')}>
          <h3>{t('field.more')}</h3>
          <TextInput
            label={t('field.name')}
            placeholder={nameOf({ ...step, name: '' })}
            maxLength={200}
            readOnly={readOnly}
            error={fieldError(findings, 'name')}
            value={step.name ?? ''}
            onChange={({ currentTarget }) => {
              const { value } = currentTarget;
              set('name', (target) => put(target, 'name', value));
            }}
          />
          {!sets && (
            <RunAs
              value={step.runAs}
              error={fieldError(findings, 'runAs')}
              onChange={(who) => set('runAs', (target) => put(target, 'runAs', who))}
            />
          )}
          <Switch
            size="xs"
            label={t('step.enabled')}
            disabled={readOnly}
            checked={!step.disabled}
            onChange={({ currentTarget }) => {
              const { checked } = currentTarget;
              set('disabled', (target) => put(target, 'disabled', checked ? undefined : true));
            }}
          />
        </section>
      </Frame>
    </InlineProcess>
  );
}

function RunAs(props: {
  value: string | undefined;
  error: string | undefined;
  onChange: (who: string) => void;
}) {
  const { t } = useTranslation(['statusProcesses', 'automation', 'common']);
  const { readOnly } = useEditing();
  const directory = useQuery(directoryQuery).data;
  return (
    <Select
      label={t('automation:field.runAs')}
      description={t('automation:panel.runAsHelp')}
      placeholder={t('automation:person.automation')}
      searchable
      clearable={props.value !== undefined}
      readOnly={readOnly}
      error={props.error}
      data={[
        { value: 'responsible', label: t('automation:person.responsible') },
        { value: 'commander', label: t('step.commander') },
        { value: 'initiator', label: t('step.initiator') },
        {
          group: t('common:form.people'),
          items: (directory?.users ?? [])
            .filter(({ active }) => active)
            .map(({ id, name }) => ({ value: id, label: name })),
        },
      ]}
      value={props.value ?? null}
      onChange={(who) => props.onChange(who ?? '')}
    />
  );
}

/** What is true of the whole: its name, how it begins, whether it is on. */
function WholePanel({ template, onDeleted }: { template: Template; onDeleted: () => void }) {
  const { t } = useTranslation(['statusProcesses', 'common']);
  const { content, readOnly, run, findingsOf } = useEditing();
  const [deleting, setDeleting] = useState(false);
  const findings = findingsOf('whole');
  const set = (field: string, recipe: (target: Content) => void): void => {
    run({ key: 'history.change', values: { name: content.name } }, recipe, { merge: `whole:${field}` });
  };
  const gone = useMutation({
    mutationFn: () => deleteTemplate(template),
    onSuccess: onDeleted,
    onError: notifyError,
    onSettled: () => setDeleting(false),
  });
  const occasions = content.start.on ?? [];
  return (
    <Frame id="whole" title={t('whole.title')} where={content.name}>
      <TextInput
        label={t('field.name')}
        required
        maxLength={200}
        readOnly={readOnly}
        error={fieldError(findings, 'name')}
        value={content.name}
        onChange={({ currentTarget }) => {
          const { value } = currentTarget;
          set('name', (target) => {
            target.name = value;
          });
        }}
      />
      <Textarea
        label={t('whole.description')}
        autosize
        minRows={2}
        maxLength={2000}
        readOnly={readOnly}
        value={content.description ?? ''}
        onChange={({ currentTarget }) => {
          const { value } = currentTarget;
          set('description', (target) => put(target, 'description', value));
        }}
      />
      <section className={classes.block} aria-label={t('whole.starts')}>
        <h3>{t('whole.starts')}</h3>
        <Switch
          size="xs"
          label={t('whole.byHand')}
          disabled={readOnly}
          checked={content.start.byHand}
          onChange={({ currentTarget }) => {
            const { checked } = currentTarget;
            set('byHand', (target) => {
              target.start.byHand = checked;
            });
          }}
        />
        {occasions.map((occasion, at) => (
          <OccasionForm
            // biome-ignore lint/suspicious/noArrayIndexKey: occasions have no ids, and are not moved.
            key={at}
            at={at}
            occasion={occasion}
            type={template.type}
            findings={findings}
            onSet={set}
          />
        ))}
        {!readOnly && occasions.length < 10 && (
          <button
            type="button"
            className={classes.add}
            onClick={() =>
              set('on', (target) => {
                target.start.on = [...(target.start.on ?? []), { on: 'recordCreated' }];
              })
            }
          >
            <Plus size={14} aria-hidden /> {t('whole.addOccasion')}
          </button>
        )}
        <p className={classes.help}>{t('whole.robot', { key: template.process.key })}</p>
      </section>
      <Switch
        size="xs"
        label={t('whole.enabled')}
        description={t('whole.enabledHelp')}
        disabled={readOnly}
        checked={!content.disabled}
        onChange={({ currentTarget }) => {
          const { checked } = currentTarget;
          set('disabled', (target) => put(target, 'disabled', checked ? undefined : true));
        }}
      />
      {!readOnly && (
        <Button
          color="red"
          variant="light"
          size="xs"
          leftSection={<Trash2 size={14} aria-hidden />}
          onClick={() => setDeleting(true)}
        >
          {t('whole.delete')}
        </Button>
      )}
      <ConfirmDialog
        opened={deleting}
        onClose={() => setDeleting(false)}
        danger
        title={t('whole.delete')}
        text={t('whole.deleteText', { name: template.name })}
        confirmLabel={t('whole.delete')}
        busy={gone.isPending}
        onConfirm={() => gone.mutate()}
      />
    </Frame>
  );
}

function OccasionForm(props: {
  at: number;
  occasion: Occasion;
  type: string;
  findings: readonly EntryFinding[];
  onSet: (field: string, recipe: (target: Content) => void) => void;
}) {
  const { t } = useTranslation(['statusProcesses', 'crm']);
  const { readOnly } = useEditing();
  const pipelines = useQuery(pipelinesQuery).data?.items.filter(({ type }) => type === props.type) ?? [];
  const { at, occasion } = props;
  const types = useQuery(recordTypesQuery).data?.items;
  const fields = (types?.find(({ key }) => key === props.type)?.fields ?? [])
    .filter(({ retired }) => !retired)
    .map((field) => ({
      value: field.key,
      label: field.standard ? t(`crm:field.${field.key as 'title'}`) : field.label,
    }));
  const error = (field: string): string | undefined => fieldError(props.findings, `start/on/${at}/${field}`);
  const set = (field: string, recipe: (one: Occasion) => void): void =>
    props.onSet(`on.${at}.${field}`, (target) => {
      const one = target.start.on?.[at];
      if (one) recipe(one);
    });
  const stages = pipelines.find(({ id }) => id === occasion.pipeline)?.stages ?? [];
  return (
    <div className={classes.occasion}>
      <Select
        aria-label={t('whole.occasion')}
        allowDeselect={false}
        readOnly={readOnly}
        data={(['recordCreated', 'recordChanged', 'stageEntered'] as const).map((on) => ({
          value: on,
          label: t(`occasion.${on}`),
        }))}
        value={occasion.on}
        onChange={(on) =>
          set('on', (one) => {
            one.on = on as OccasionKind;
            delete one.pipeline;
            delete one.stage;
            if (on !== 'recordChanged') delete one.fields;
            const [first] = pipelines;
            if (on === 'stageEntered' && first)
              Object.assign(one, { pipeline: first.id, stage: first.stages[0]?.id });
          })
        }
      />
      {occasion.on === 'stageEntered' && (
        <div className={classes.pair}>
          <Select
            aria-label={t('occasion.pipeline')}
            allowDeselect={false}
            readOnly={readOnly}
            error={error('pipeline')}
            data={pipelines.map(({ id, name }) => ({ value: id, label: name }))}
            value={occasion.pipeline ?? null}
            onChange={(id) =>
              set('pipeline', (one) =>
                Object.assign(one, {
                  pipeline: id,
                  stage: pipelines.find((pipeline) => pipeline.id === id)?.stages[0]?.id,
                }),
              )
            }
          />
          <Select
            aria-label={t('occasion.stage')}
            allowDeselect={false}
            readOnly={readOnly}
            error={error('stage')}
            data={stages.map(({ id, name }) => ({ value: id, label: name }))}
            value={occasion.stage ?? null}
            onChange={(stage) => set('stage', (one) => put(one, 'stage', stage ?? ''))}
          />
        </div>
      )}
      {occasion.on === 'recordChanged' && (
        <MultiSelect
          label={t('occasion.fields')}
          placeholder={occasion.fields?.length ? undefined : t('occasion.anyField')}
          searchable
          clearable
          readOnly={readOnly}
          error={error('fields')}
          data={fields}
          value={[...(occasion.fields ?? [])]}
          onChange={(keys) => set('fields', (one) => put(one, 'fields', keys.length > 0 ? keys : undefined))}
        />
      )}
      {occasion.on === 'recordChanged' && (
        <Switch
          size="xs"
          label={t('occasion.byProcesses')}
          disabled={readOnly}
          checked={occasion.byProcesses ?? false}
          onChange={({ currentTarget }) => {
            const { checked } = currentTarget;
            set('byProcesses', (one) => put(one, 'byProcesses', checked || undefined));
          }}
        />
      )}
      <InlineProcess value={handlerProcess(props.type, [])}>
        <Condition
          id={`start-${at}`}
          field={`start/on/${at}/when`}
          value={occasion.when}
          help={t('occasion.whenHelp')}
          findings={props.findings}
          onChange={(when) => set('when', (one) => put(one, 'when', when))}
        />
      </InlineProcess>
      {!readOnly && (
        <Act
          label={t('whole.removeOccasion')}
          onClick={() => props.onSet('on', (target) => void target.start.on?.splice(at, 1))}
        >
          <Trash2 size={15} aria-hidden />
        </Act>
      )}
    </div>
  );
}
