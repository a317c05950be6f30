import { Select, Switch } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { type JsonSchema, SchemaForm } from '@/features/forms';
import { attachedOf } from '@/lib/process/document';
import { effectKind, triggerKind } from '@/lib/process/kinds';
import type { ProcessNode } from '@/lib/process/types';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import { type DesignerT, elementName } from '../texts';

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
  readonly onChange: (effect: Effect | undefined) => void;
}

/** What an end, a sending event or a sending task does. */
export function EffectEditor({ node, onChange }: EffectEditorProps) {
  const { t } = useTranslation('designer');
  const { readOnly } = useDesigner();
  const kind = effectKind(node) ?? 'none';
  const choices =
    node.kind === 'endEvent'
      ? ['none', 'terminate', 'error', ...THROWN, 'cancel']
      : node.kind === 'sendTask'
        ? ['message']
        : ['none', ...THROWN];
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
        onChange={(value) => value && value !== kind && onChange(structuredClone(FRESH[value]))}
      />
      {kind === 'compensation' ? (
        <Undo node={node} onChange={onChange} />
      ) : (
        <EffectForm node={node} kind={kind} onChange={onChange} />
      )}
    </div>
  );
}

function EffectForm({ node, kind, onChange }: EffectEditorProps & { kind: string }) {
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
      idPrefix={`effect-${node.id}`}
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
