import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { pipelinesQuery } from '@/features/crm/queries';
import { type JsonSchema, SchemaForm } from '@/features/forms';
import { triggerKind } from '@/lib/process/kinds';
import type { ProcessNode, Trigger } from '@/lib/process/types';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import type { DesignerT } from '../texts';
import { PartsEditor } from './PartsEditor';
import { ScheduleEditor } from './ScheduleEditor';
import { TimerEditor } from './TimerEditor';

const STARTS = [
  'manual',
  'stageEntered',
  'recordCreated',
  'recordChanged',
  'schedule',
  'webhook',
  'message',
  'signal',
] as const;
type Start = (typeof STARTS)[number];

export interface TriggerEditorProps {
  readonly node: ProcessNode;
  /** Which of several triggers of the node this is, for the ids of its fields. */
  readonly part?: number;
  /** `stageOf`: the record type of the stage that was chosen. */
  readonly onChange: (trigger: Trigger | undefined, stageOf?: string) => void;
}

const FRESH: Record<string, Trigger> = {
  timer: { timer: { after: 'P1D' } },
  message: { message: { name: '' } },
  signal: { signal: { code: '' } },
  conditional: { conditional: '' },
  error: { error: {} },
  escalation: { escalation: {} },
  compensation: { compensation: true },
  cancel: { cancel: true },
};
const CAUGHT = ['timer', 'message', 'signal', 'conditional'];
const WATCHED = [...CAUGHT, 'error', 'escalation', 'compensation'];
const SEVERAL = ['any', 'all'] as const;
/** What several triggers may consist of. */
const PARTS = { any: [...CAUGHT, 'error', 'escalation'], all: CAUGHT };

function choicesOf(node: ProcessNode, current: string | undefined): string[] {
  const choices =
    node.kind === 'receiveTask'
      ? ['message']
      : node.kind === 'catchEvent'
        ? [...CAUGHT, ...SEVERAL]
        : node.kind === 'boundaryEvent'
          ? [...WATCHED, 'cancel', ...SEVERAL]
          : [...WATCHED, ...SEVERAL];
  return current && !choices.includes(current) ? [...choices, current] : choices;
}

/** What starts a process, or what an event waits for. `inner`: of the start of an event sub-process. */
export function TriggerEditor({ node, inner = false, onChange }: TriggerEditorProps & { inner?: boolean }) {
  return (
    <div className={classes.block} data-field="trigger">
      {node.kind === 'startEvent' && !inner ? (
        <StartEditor node={node} onChange={onChange} />
      ) : (
        <EventEditor node={node} onChange={onChange} />
      )}
    </div>
  );
}

function EventEditor({ node, onChange }: TriggerEditorProps) {
  const { t } = useTranslation('designer');
  const { readOnly } = useDesigner();
  const kind = triggerKind(node);
  return (
    <>
      <Select
        label={t('event.waitsFor')}
        value={kind ?? null}
        data={choicesOf(node, kind).map((value) => ({
          value,
          label:
            value === 'all'
              ? t('event.together')
              : t(`event.${value}` as 'event.timer', { defaultValue: value }),
        }))}
        allowDeselect={false}
        readOnly={readOnly}
        onChange={(value) => value && value !== kind && onChange(freshFrom(node.trigger, kind, value))}
      />
      <EventFields node={node} kind={kind} onChange={onChange} />
    </>
  );
}

function partsOf(trigger: Trigger | undefined): Trigger[] {
  const parts = trigger?.any ?? trigger?.all;
  return Array.isArray(parts) ? (parts as Trigger[]) : [];
}

/** What was set stays when one trigger becomes several, or all of several the first of them. */
function freshFrom(
  trigger: Trigger | undefined,
  kind: string | undefined,
  wanted: string,
): Trigger | undefined {
  const mode = SEVERAL.find((candidate) => candidate === wanted);
  if (!mode) return structuredClone(FRESH[wanted]);
  const kept = partsOf(trigger);
  if (trigger && kind !== undefined && PARTS[mode].includes(kind)) kept.push(trigger);
  const missing = ['timer', 'message'].slice(0, Math.max(0, 2 - kept.length));
  return { [mode]: [...kept, ...missing.map((name) => FRESH[name] as Trigger)] };
}

/** Several triggers of one event: the first of them, or all of them. */
function Several({ node, mode, onChange }: TriggerEditorProps & { mode: (typeof SEVERAL)[number] }) {
  const { kind } = node;
  const choices = mode === 'any' && kind !== 'catchEvent' ? PARTS.any : PARTS.all;
  return (
    <PartsEditor<Trigger>
      parts={partsOf(node.trigger)}
      choices={choices}
      kindOf={(trigger) => triggerKind({ ...node, trigger })}
      fresh={(name) => structuredClone(FRESH[name] as Trigger)}
      onChange={(parts) => onChange({ [mode]: parts })}
      fields={(trigger, name, at, change) => (
        <EventFields
          node={{ ...node, trigger }}
          kind={name}
          part={at}
          onChange={(next) => next && change(next)}
        />
      )}
    />
  );
}

function EventFields(props: TriggerEditorProps & { kind: string | undefined }) {
  const { kind, ...rest } = props;
  switch (kind) {
    case 'any':
    case 'all':
      return <Several {...rest} mode={kind} />;
    case 'timer':
      return <TimerEditor {...rest} />;
    case 'message':
      return <MessageEditor {...rest} />;
    case 'error':
      return <ErrorEditor {...rest} />;
    case 'signal':
    case 'escalation':
      return <CodeEditor {...rest} kind={kind} />;
    case 'conditional':
      return <ConditionEditor {...rest} />;
    default:
      return null;
  }
}

/** A signal or escalation by its code. */
function CodeEditor({
  node,
  part = 0,
  kind,
  onChange,
}: TriggerEditorProps & { kind: 'signal' | 'escalation' }) {
  const { t } = useTranslation('designer');
  const { readOnly } = useDesigner();
  const off = { 'x-expression': false };
  const schema: JsonSchema = {
    type: 'object',
    properties: {
      code: { type: 'string', title: t('event.code'), description: t('event.codeHelp'), ...off },
      ...(kind === 'signal'
        ? { into: { type: 'string', title: t('message.into'), description: t('message.intoHelp'), ...off } }
        : {}),
    },
  };
  return (
    <SchemaForm
      schema={schema}
      value={(node.trigger?.[kind] ?? {}) as Record<string, unknown>}
      readOnly={readOnly}
      idPrefix={`${kind}-${node.id}${part}`}
      onChange={(value) => onChange({ [kind]: value })}
    />
  );
}

function ConditionEditor({ node, part = 0, onChange }: TriggerEditorProps) {
  const { t } = useTranslation('designer');
  const { definitionKey, readOnly } = useDesigner();
  const schema: JsonSchema = {
    type: 'object',
    properties: {
      conditional: {
        type: 'string',
        title: t('event.condition'),
        description: t('event.conditionHelp'),
        'x-widget': 'condition',
      },
    },
  };
  return (
    <SchemaForm
      schema={schema}
      value={{ conditional: node.trigger?.conditional }}
      scope={{ definitionKey, node: node.id }}
      readOnly={readOnly}
      idPrefix={`condition-${node.id}${part}`}
      onChange={(value) => onChange({ conditional: value.conditional ?? '' })}
    />
  );
}

function StartEditor({ node, onChange }: TriggerEditorProps) {
  const { t } = useTranslation('designer');
  const { readOnly } = useDesigner();
  const on = STARTS.find((start) => start === triggerKind(node)) ?? 'manual';
  return (
    <>
      <Select
        label={t('trigger.label')}
        value={on}
        data={STARTS.map((start) => ({ value: start, label: t(`trigger.${start}`) }))}
        allowDeselect={false}
        readOnly={readOnly}
        onChange={(value) => {
          const event = value === null ? undefined : FRESH[value];
          if (event) onChange(structuredClone(event));
          else if (value === 'schedule') onChange({ on: value, cron: '0 9 * * 1-5' });
          else onChange(value === 'manual' || value === null ? undefined : { on: value });
        }}
      />
      <p className={classes.hint}>{t(`triggerHelp.${on}`)}</p>
      {on === 'stageEntered' && <StagePicker trigger={node.trigger ?? {}} onChange={onChange} />}
      {on === 'schedule' ? (
        <ScheduleEditor trigger={node.trigger ?? {}} onChange={onChange} />
      ) : on === 'message' || on === 'signal' ? (
        <EventFields node={node} kind={on} onChange={onChange} />
      ) : (
        <TriggerForm node={node} schema={startSchema(t, on)} onChange={onChange} />
      )}
    </>
  );
}

function startSchema(t: DesignerT, on: Start): JsonSchema {
  const when: JsonSchema = {
    type: 'string',
    title: t('trigger.when'),
    description: t('trigger.whenHelp'),
    'x-widget': 'condition',
  };
  const type: JsonSchema = {
    type: 'string',
    title: t('trigger.recordType'),
    enum: ['lead', 'deal', 'quote', 'invoice', 'contact', 'company'],
    default: 'deal',
    'x-i18n': {
      en: {
        enum: {
          lead: t('recordType.lead'),
          deal: t('recordType.deal'),
          quote: t('recordType.quote'),
          invoice: t('recordType.invoice'),
          contact: t('recordType.contact'),
          company: t('recordType.company'),
        },
      },
    },
  };
  const off = { 'x-expression': false };
  switch (on) {
    case 'stageEntered':
      return { type: 'object', properties: { when } };
    case 'recordCreated':
      return { type: 'object', properties: { type: { ...type, ...off }, when } };
    case 'recordChanged':
      return {
        type: 'object',
        properties: {
          type: { ...type, ...off },
          fields: {
            type: 'array',
            items: { type: 'string' },
            title: t('trigger.fields'),
            description: t('trigger.fieldsHelp'),
            ...off,
          },
          when,
        },
      };
    default:
      return { type: 'object', properties: {} };
  }
}

function StagePicker({ trigger, onChange }: { trigger: Trigger; onChange: TriggerEditorProps['onChange'] }) {
  const { t } = useTranslation('designer');
  const { readOnly } = useDesigner();
  const { data } = useQuery(pipelinesQuery);
  const { pipeline, stage } = trigger as { pipeline?: string; stage?: string };
  const value = pipeline && stage ? `${pipeline}/${stage}` : null;
  const groups = (data?.items ?? []).map(({ key, name, stages }) => ({
    group: name,
    items: stages.map(({ id, name: label }) => ({ value: `${key}/${id}`, label })),
  }));
  const known = groups.some(({ items }) => items.some((item) => item.value === value));
  return (
    <Select
      label={t('trigger.stage')}
      required
      placeholder={t('trigger.stagePlaceholder')}
      data={value !== null && !known ? [{ value, label: value }, ...groups] : groups}
      value={value}
      searchable
      readOnly={readOnly}
      onChange={(chosen) => {
        const [chosenPipeline, chosenStage] = chosen?.split('/') ?? [];
        onChange(
          { ...trigger, on: 'stageEntered', pipeline: chosenPipeline, stage: chosenStage },
          data?.items.find(({ key }) => key === chosenPipeline)?.type,
        );
      }}
    />
  );
}

/** Fields of the trigger itself as a small form. */
function TriggerForm({ node, schema, onChange }: TriggerEditorProps & { schema: JsonSchema }) {
  const { definitionKey, readOnly } = useDesigner();
  if (Object.keys(schema.properties ?? {}).length === 0) return null;
  return (
    <SchemaForm
      schema={schema}
      value={(node.trigger ?? {}) as Record<string, unknown>}
      scope={{ definitionKey, node: node.id }}
      readOnly={readOnly}
      idPrefix={`trigger-${node.id}`}
      onChange={(value) => onChange(value as Trigger)}
    />
  );
}

function MessageEditor({ node, part = 0, onChange }: TriggerEditorProps) {
  const { t } = useTranslation('designer');
  const { definitionKey, readOnly } = useDesigner();
  const schema: JsonSchema = {
    type: 'object',
    required: ['name'],
    properties: {
      name: {
        type: 'string',
        title: t('message.name'),
        description: t('message.nameHelp'),
        'x-expression': false,
      },
      key: { type: 'string', title: t('message.key'), description: t('message.keyHelp') },
      into: {
        type: 'string',
        title: t('message.into'),
        description: t('message.intoHelp'),
        'x-expression': false,
      },
    },
  };
  return (
    <SchemaForm
      schema={schema}
      value={(node.trigger?.message ?? {}) as Record<string, unknown>}
      expressions
      scope={{ definitionKey, node: node.id }}
      readOnly={readOnly}
      idPrefix={`message-${node.id}${part}`}
      onChange={(message) => onChange({ message })}
    />
  );
}

function ErrorEditor({ node, part = 0, onChange }: TriggerEditorProps) {
  const { t } = useTranslation('designer');
  const { readOnly } = useDesigner();
  const schema: JsonSchema = {
    type: 'object',
    properties: {
      code: {
        type: 'string',
        title: t('errorEvent.code'),
        description: t('errorEvent.codeHelp'),
        'x-expression': false,
      },
    },
  };
  return (
    <SchemaForm
      schema={schema}
      value={(node.trigger?.error ?? {}) as Record<string, unknown>}
      readOnly={readOnly}
      idPrefix={`error-${node.id}${part}`}
      onChange={(error) => onChange({ error })}
    />
  );
}
