import { Button, Textarea } from '@mantine/core';
import { Braces, ListTree } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FormField } from '@/api/queries/tasks';
import { type JsonSchema, SchemaForm } from '@/features/forms';
import { schemaOfFields } from '@/features/forms/formFields';
import { variablesSchema } from '@/features/runs/repair/variables';
import type { KindTable } from '@/lib/process/kinds';
import type { ProcessDocument, ProcessNode, Variable } from '@/lib/process/types';
import { objectOf } from './parts';
import type { Values } from './scenario';
import classes from './Testing.module.css';

export interface Brought {
  readonly result: Values;
  readonly variables: Values;
}

interface AnswerFieldsProps {
  readonly document: ProcessDocument;
  readonly kinds: KindTable;
  readonly node: ProcessNode;
  readonly value: Brought;
  readonly onChange: (value: Brought) => void;
  readonly readOnly?: boolean;
  readonly idPrefix: string;
}

const formOf = (variables: readonly Variable[], values: Values): JsonSchema =>
  variablesSchema({ variables } as ProcessDocument, values);

/** What a step can bring, by the types of its results, its form and the variable that it fills. */
function schemasOf(
  document: ProcessDocument,
  kinds: KindTable,
  node: ProcessNode,
  value: Brought,
): { result: JsonSchema; variables: JsonSchema } {
  const results = (kinds.of(node)?.results ?? []).map(({ name, type, title }) => ({
    name,
    type: type === 'text' ? 'string' : type,
    ...(title ? { label: title } : {}),
  }));
  const form = Array.isArray(node.config?.form) ? (node.config.form as FormField[]) : [];
  // Files are made up, so they are written as they will be read.
  const asked = schemaOfFields(form.filter(({ type }) => type !== 'file'));
  const into = node.config?.into;
  const filled = (document.variables ?? []).filter(({ name }) => name === into);
  const known = new Set([...results.map(({ name }) => name), ...Object.keys(asked.properties ?? {})]);
  const others = Object.fromEntries(Object.entries(value.result).filter(([name]) => !known.has(name)));
  return {
    result: {
      type: 'object',
      properties: {
        ...asked.properties,
        ...formOf(node.kind === 'robot' ? results : [], { ...others, ...value.result }).properties,
        ...asked.properties,
      },
    },
    variables: formOf(filled, value.variables),
  };
}

/** The answer of a step in fields of their types, or as the JSON that it is. */
export function AnswerFields({ document, kinds, node, value, onChange, ...props }: AnswerFieldsProps) {
  const { t } = useTranslation('testing');
  const [json, setJson] = useState(false);
  const schemas = useMemo(() => schemasOf(document, kinds, node, value), [document, kinds, node, value]);
  const parts = (['result', 'variables'] as const).filter(
    (part) => json || Object.keys(schemas[part].properties ?? {}).length > 0,
  );
  const labels = { result: t('robots.resultJson'), variables: t('robots.variablesJson') };
  return (
    <>
      {json
        ? parts.map((part) => (
            <JsonField
              key={part}
              label={labels[part]}
              value={value[part]}
              readOnly={props.readOnly ?? false}
              onChange={(next) => onChange({ ...value, [part]: next })}
            />
          ))
        : parts.map((part) => (
            <div key={part} className={classes.part}>
              {part === 'variables' && <p className={classes.partTitle}>{t('answer.variables')}</p>}
              <SchemaForm
                schema={schemas[part]}
                value={value[part]}
                readOnly={props.readOnly ?? false}
                idPrefix={`${props.idPrefix}/${part}`}
                onChange={(next) => onChange({ ...value, [part]: next })}
              />
            </div>
          ))}
      {!json && parts.length === 0 && <p className={classes.hint}>{t('answer.nothing')}</p>}
      <div className={classes.row}>
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          leftSection={json ? <ListTree size={13} aria-hidden /> : <Braces size={13} aria-hidden />}
          onClick={() => setJson(!json)}
        >
          {t(json ? 'answer.asFields' : 'answer.asJson')}
        </Button>
      </div>
    </>
  );
}

/** An object as text; what cannot be read stays in the field and changes nothing. */
function JsonField(props: {
  label: string;
  value: Values;
  readOnly: boolean;
  onChange: (value: Values) => void;
}) {
  const { t } = useTranslation('testing');
  const [text, setText] = useState(() => JSON.stringify(props.value, null, 2));
  const typed = objectOf(text);
  return (
    <Textarea
      label={props.label}
      autosize
      minRows={2}
      maxRows={10}
      spellCheck={false}
      readOnly={props.readOnly}
      classNames={{ input: classes.json ?? '' }}
      value={text}
      error={typed === undefined ? t('robots.notJson') : undefined}
      onChange={(event) => {
        setText(event.currentTarget.value);
        const next = objectOf(event.currentTarget.value);
        if (next) props.onChange(next);
      }}
    />
  );
}
