import { ActionIcon, Tooltip } from '@mantine/core';
import { KeyRound, RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormContext } from './context';
import { ExpressionField } from './ExpressionField';
import { readWho } from './person';
import classes from './SchemaForm.module.css';
import {
  helpOf,
  isExpression,
  isSecret,
  type JsonSchema,
  literalOf,
  type Path,
  pointerOf,
  titleOf,
  type WidgetName,
  widgetOf,
} from './schema';
import { PickerWidget } from './widgets/PickerWidget';
import { Widget } from './widgets/Widget';

/** Widgets that are no single Mantine input. */
const describedByField = new Set<WidgetName>([
  'boolean',
  'template',
  'expression',
  'condition',
  'duration',
  'money',
  'file',
  'object',
  'rows',
]);

type FieldProps = {
  name: string;
  schema: JsonSchema;
  value: unknown;
  path: Path;
  required: boolean;
  /** Rows of a list name their items themselves. */
  hideLabel?: boolean;
};

/** One field: label, fx switch, reset, control, help, error. */
export function Field({ name, schema: raw, value, path, required, hideLabel }: FieldProps) {
  const { t, i18n } = useTranslation();
  const form = useFormContext();
  const { schema, expression, secret } = literalOf(raw, form.root);
  const widget = widgetOf(schema);
  const pointer = pointerOf(path);
  const id = `${form.idPrefix}${pointer}`;
  const [asText, setAsText] = useState(false);
  const label = titleOf(schema, name, i18n.language);
  const help = helpOf(schema, i18n.language);
  const byName = form.scope !== undefined && (widget === 'user' || widget === 'performer');
  const computed =
    isExpression(value) &&
    widget !== 'expression' &&
    widget !== 'condition' &&
    // A picker of people shows who is meant where it can.
    !(byName && readWho(value) && !asText);
  const kept = secret !== undefined && isSecret(value);
  const mayCompute =
    !form.readOnly &&
    !kept &&
    schema['x-expression'] !== false &&
    (expression || (form.expressions && !['object', 'rows'].includes(widget))) &&
    !['expression', 'condition', 'template', 'file'].includes(widget);
  // An editor of expressions says itself what is wrong, with every letter.
  const written = computed || ['expression', 'condition', 'template'].includes(widget);
  const error =
    form.errors
      .filter(({ path: at }) => at === pointer || (kept && at === `${pointer}/secret`))
      .filter((candidate) => !(written && candidate.written))
      .map((candidate) => candidate.message)
      .join(' ') || undefined;
  const change = (next: unknown) => form.setAt(path, next);
  const helpId = help ? `${id}-help` : undefined;
  const errorId = error ? `${id}-error` : undefined;
  const describedBy = [helpId, errorId].filter(Boolean).join(' ') || undefined;
  const describesItself = !computed && (kept || !describedByField.has(widget));
  const isGroup = widget === 'object' || widget === 'rows';
  const resettable =
    !form.readOnly && schema.default !== undefined && value !== undefined && value !== schema.default;

  const toggle = () => {
    setAsText(!computed);
    // What a picker of people shows and its text are the same value.
    if (byName && readWho(value) && isExpression(value)) return;
    change(computed ? undefined : { expr: typeof value === 'string' ? JSON.stringify(value) : '' });
  };

  const control = kept ? (
    <PickerWidget
      kind="secret"
      schema={secret}
      value={value.secret}
      onChange={(next) => change({ secret: typeof next === 'string' ? next : '' })}
      path={path}
      id={id}
      describedBy={describedBy}
      help={help}
      error={error}
      required
      readOnly={form.readOnly}
    />
  ) : computed ? (
    <ExpressionField
      id={id}
      value={value.expr}
      onChange={(source) => change({ expr: source })}
      describedBy={describedBy}
      label={label}
      readOnly={form.readOnly}
    />
  ) : (
    <Widget
      widget={widget}
      schema={schema}
      value={value}
      onChange={change}
      path={path}
      id={id}
      describedBy={describedBy}
      help={help}
      error={error}
      required={required}
      readOnly={form.readOnly}
      label={label}
      onExpression={mayCompute ? () => change({ expr: '' }) : undefined}
    />
  );

  const labelText = (
    <>
      {label}
      {required && (
        <span className={classes.required} aria-hidden>
          *
        </span>
      )}
    </>
  );

  const fxButton = mayCompute && (
    <Tooltip label={computed ? t('form.toValue') : t('form.toExpression')}>
      <button
        type="button"
        className={classes.fx}
        aria-pressed={computed}
        // What is seen is part of the name, for those who speak to their computer.
        aria-label={`fx: ${t('form.fx', { field: label })}`}
        onClick={toggle}
      >
        fx
      </button>
    </Tooltip>
  );

  const secretButton = secret && !form.readOnly && !computed && (
    <Tooltip label={kept ? t('form.noSecret') : t('form.toSecret')}>
      <button
        type="button"
        className={classes.fx}
        aria-pressed={kept}
        aria-label={t('form.secret', { field: label })}
        onClick={() => change(kept ? undefined : { secret: '' })}
      >
        <KeyRound size={14} aria-hidden />
      </button>
    </Tooltip>
  );

  const body = (
    <>
      {control}
      {!describesItself && help && (
        <p id={helpId} className={classes.help}>
          {help}
        </p>
      )}
      {!describesItself && error && (
        <p id={errorId} className={classes.error}>
          {error}
        </p>
      )}
    </>
  );

  if (isGroup && !computed) {
    return (
      <fieldset className={hideLabel ? classes.bare : classes.group} id={id} tabIndex={-1}>
        <legend className={hideLabel ? 'fx-visually-hidden' : classes.label}>{labelText}</legend>
        {fxButton}
        {body}
      </fieldset>
    );
  }

  return (
    <div className={hideLabel ? classes.fieldOfRow : classes.field}>
      {hideLabel && !resettable && !fxButton && !secretButton ? (
        <label htmlFor={id} className="fx-visually-hidden">
          {labelText}
        </label>
      ) : (
        <div className={classes.labelRow}>
          <label htmlFor={id} className={hideLabel ? 'fx-visually-hidden' : classes.label}>
            {labelText}
          </label>
          {resettable && (
            <Tooltip label={t('form.reset')}>
              <ActionIcon
                variant="subtle"
                color="gray"
                size={24}
                aria-label={t('form.reset')}
                onClick={() => change(undefined)}
              >
                <RotateCcw size={14} aria-hidden />
              </ActionIcon>
            </Tooltip>
          )}
          {secretButton}
          {fxButton}
        </div>
      )}
      {body}
    </div>
  );
}
