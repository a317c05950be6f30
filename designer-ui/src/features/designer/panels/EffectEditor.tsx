import { Select, Switch } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { type JsonSchema, SchemaForm } from '@/features/forms';
import { attachedOf } from '@/lib/process/document';
import { effectKind, triggerKind } from '@/lib/process/kinds';
import type { ProcessNode } from '@/lib/process/types';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import { type DesignerT, elementName } from '../texts';
import { PartsEditor } from './PartsEditor';

type Effect = Record<string, unknown>;

const FRESH: Record<string, Effect> = {
  message: { message: { name: '' } },
  signal: { signal: { code: '' } },
  error: { error: { code: '' } },
  escalation: { escalation: { code: '' } },
  compensation: { compensation: '' },
  terminate: { terminate: true },
  cancel: { cancel: true },
};
const THROWN = ['message', 'signal', 'escalation', 'compensation'];

interface EffectEditorProps {
  readonly node: ProcessNode;
  /** Which of several effects of the node this is, for the ids of its fields. */
  readonly part?: number;
  readonly onChange: (effect: Effect | undefined) => void;
}

/** What an end, a sending event or a sending task does. */
export function EffectEditor({ node, onChange }: EffectEditorProps) {
  const { t } = useTranslation('designer');
  const { readOnly } = useDesigner();
  const kind = effectKind(node) ?? 'none';
  const choices =
    node.kind === 'endEvent'
      ? ['none', 'terminate', 'error', ...THROWN, 'cancel', 'all']
      : node.kind === 'sendTask'
        ? ['message']
        : ['none', ...THROWN, 'all'];
  if (!choices.includes(kind)) choices.push(kind);
  return (
    <div className={classes.block} data-field="effect">
      <Select
        label={t('event.does')}
        value={kind}
        data={choices.map((value) => ({
          value,
          label: t(`event.${value}` as 'event.none', { defaultValue: value }),
        }))}
        allowDeselect={false}
        readOnly={readOnly}
        onChange={(value) => value && value !== kind && onChange(freshFrom(node.effect, kind, value))}
      />
      {kind === 'all' ? (
        <PartsEditor<Effect>
          parts={partsOf(node.effect)}
          choices={THROWN}
          kindOf={(effect) => effectKind({ ...node, effect })}
          fresh={(name) => structuredClone(FRESH[name] as Effect)}
          onChange={(parts) => onChange({ all: parts })}
          fields={(effect, name, at, change) => (
            <EffectFields
              node={{ ...node, effect }}
              kind={name ?? 'none'}
              part={at}
              onChange={(next) => next && change(next)}
            />
          )}
        />
      ) : (
        <EffectFields node={node} kind={kind} onChange={onChange} />
      )}
    </div>
  );
}

function partsOf(effect: Effect | undefined): Effect[] {
  return Array.isArray(effect?.all) ? (effect.all as Effect[]) : [];
}

/** What was set stays when one effect becomes several. */
function freshFrom(effect: Effect | undefined, kind: string, wanted: string): Effect | undefined {
  if (wanted !== 'all') return structuredClone(FRESH[wanted]);
  const kept = effect && THROWN.includes(kind) ? [effect] : [];
  const missing = ['message', 'signal'].slice(0, 2 - kept.length);
  return { all: [...kept, ...missing.map((name) => FRESH[name] as Effect)] };
}

function EffectFields(props: EffectEditorProps & { kind: string }) {
  return props.kind === 'compensation' ? <Undo {...props} /> : <EffectForm {...props} />;
}

function EffectForm({ node, part = 0, kind, onChange }: EffectEditorProps & { kind: string }) {
  const { t } = useTranslation('designer');
  const { definitionKey, readOnly } = useDesigner();
  const schema = schemaOf(t, kind);
  if (!schema) return null;
  return (
    <SchemaForm
      schema={schema}
      value={(node.effect?.[kind] ?? {}) as Record<string, unknown>}
      expressions
      scope={{ definitionKey, node: node.id }}
      readOnly={readOnly}
      idPrefix={`effect-${node.id}${part}`}
      onChange={(value) => onChange({ [kind]: value })}
    />
  );
}

function schemaOf(t: DesignerT, kind: string): JsonSchema | undefined {
  const code: JsonSchema = { type: 'string', title: t('event.code'), 'x-expression': false };
  const body: JsonSchema = {
    type: 'array',
    title: t('event.body'),
    items: {
      type: 'object',
      required: ['name', 'value'],
      properties: {
        name: { type: 'string', title: t('event.bodyName'), 'x-expression': false },
        value: { type: 'string', title: t('event.bodyValue') },
      },
    },
  };
  switch (kind) {
    case 'message':
      return {
        type: 'object',
        required: ['name'],
        properties: {
          name: { type: 'string', title: t('message.name'), 'x-expression': false },
          key: { type: 'string', title: t('message.key'), description: t('message.keyHelp') },
          body,
        },
      };
    case 'signal':
      return { type: 'object', required: ['code'], properties: { code, body } };
    case 'error':
    case 'escalation':
      return { type: 'object', required: ['code'], properties: { code } };
    default:
      return undefined;
  }
}

/** Which step is undone, and whether the path waits for that. */
function Undo({ node, onChange }: EffectEditorProps) {
  const { t, i18n } = useTranslation('designer');
  const { document, kinds, readOnly } = useDesigner();
  const effect = node.effect ?? {};
  const undoable = document.nodes.filter((other) =>
    attachedOf(document, other.id).some((event) => triggerKind(event) === 'compensation'),
  );
  return (
    <>
      <Select
        label={t('event.undone')}
        value={String(effect.compensation ?? '')}
        data={[
          { value: '', label: t('event.undoneAll') },
          ...undoable.map(({ id }) => ({
            value: id,
            label: elementName(t, kinds, i18n.language, document, id),
          })),
        ]}
        allowDeselect={false}
        readOnly={readOnly}
        onChange={(value) => onChange({ ...effect, compensation: value ?? '' })}
      />
      <Switch
        label={t('event.wait')}
        checked={effect.wait !== false}
        disabled={readOnly}
        onChange={(event) => {
          const { wait: _, ...rest } = effect;
          onChange(event.currentTarget.checked ? rest : { ...rest, wait: false });
        }}
      />
    </>
  );
}
