import { ActionIcon, Button, NumberInput, Select, Switch, TextInput, Tooltip } from '@mantine/core';
import { ChevronRight, GripVertical, Plus, Trash2 } from 'lucide-react';
import { type KeyboardEvent, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FormField } from '@/api/queries/tasks';
import { announce } from '@/lib/live';
import { useFocusAfter } from '@/lib/useFocusAfter';
import { GrowingTextarea } from '@/ui/GrowingTextarea';
import { FIELD_TYPES, fieldSchema, isDated, isMeasured, isTextual, schemaOfFields } from '../formFields';
import { SchemaForm } from '../SchemaForm';
import own from './FormFields.module.css';
import { changed, moved, nameOf, optionsIn } from './formRows';

export interface FormFieldsProps {
  readonly fields: readonly FormField[];
  readonly readOnly: boolean;
  /** Answers can go into a variable of the process. */
  readonly into: boolean;
  /** What is wrong with a field, or with a part of it. */
  readonly problems: (at: number, part?: string) => string | undefined;
  /** `merge`: edits with the same one are a burst. */
  readonly onChange: (next: FormField[], merge?: string) => void;
}

/** What people fill in at a step: fields to add, order and describe, and the form as they will see it. */
export function FormFields({ fields, readOnly, into, problems, onChange: set }: FormFieldsProps) {
  const { t } = useTranslation('designer');
  const [open, setOpen] = useState<number | null>(null);
  const [dragged, setDragged] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const { list, goTo } = useFocusAfter<HTMLDivElement>();
  const change = (at: number, part: Partial<FormField>): void =>
    set(
      fields.map((field, i) => (i === at ? changed(field, part) : field)),
      `${at}:${Object.keys(part).join()}`,
    );
  const move = (from: number, to: number): void => {
    if (to < 0 || to >= fields.length || from === to) return;
    set(moved(fields, from, to));
    if (open === from) setOpen(to);
    else if (open !== null) setOpen(null);
    announce(t('form.moved', { position: to + 1, total: fields.length }));
  };
  const onKey = (event: KeyboardEvent, at: number): void => {
    const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
    if (step === 0) return;
    event.preventDefault();
    event.stopPropagation();
    goTo(`[data-row="${Math.min(Math.max(at + step, 0), fields.length - 1)}"] [data-handle]`);
    move(at, at + step);
  };
  const add = (): void => {
    const name = nameOf(
      '',
      fields.map((field) => field.name),
    );
    goTo(`[data-row="${fields.length}"] [data-editor] input`);
    set([...fields, { name, type: 'string' }]);
    setOpen(fields.length);
  };
  return (
    <div ref={list} className={own.list}>
      <ol className={own.rows}>
        {fields.map((field, i) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: the name is what is being typed; a row is its place.
            key={i}
            data-row={i}
            className={own.row}
            data-over={over === i && dragged !== null && dragged !== i ? true : undefined}
            data-broken={problems(i) ? true : undefined}
            onDragOver={(event) => {
              if (dragged === null) return;
              event.preventDefault();
              setOver(i);
            }}
            onDrop={(event) => {
              event.preventDefault();
              if (dragged !== null) move(dragged, i);
              setDragged(null);
            }}
          >
            <div className={own.head}>
              {!readOnly && (
                <Tooltip label={t('form.drag')}>
                  <button
                    type="button"
                    data-handle
                    draggable
                    className={own.handle}
                    aria-label={t('form.dragField', { field: field.label || field.name })}
                    onKeyDown={(event) => onKey(event, i)}
                    onDragStart={(event) => {
                      event.dataTransfer.effectAllowed = 'move';
                      event.dataTransfer.setData('text/plain', field.name);
                      setDragged(i);
                    }}
                    onDragEnd={() => {
                      setDragged(null);
                      setOver(null);
                    }}
                  >
                    <GripVertical size={16} aria-hidden />
                  </button>
                </Tooltip>
              )}
              <button
                type="button"
                className={own.toggle}
                aria-expanded={open === i}
                onClick={() => setOpen(open === i ? null : i)}
              >
                <ChevronRight size={14} aria-hidden className={own.arrow} />
                <span className={own.label}>
                  {field.label || field.name}
                  {field.required && <span aria-hidden> *</span>}
                </span>
                <span className={own.type}>
                  {t(`form.type.${field.type || 'string'}` as 'form.type.string')}
                </span>
              </button>
              {!readOnly && (
                <Tooltip label={t('form.remove')}>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={t('form.removeField', { field: field.label || field.name })}
                    onClick={() => {
                      goTo(
                        fields.length > 1
                          ? `[data-row="${Math.max(0, i - 1)}"] button[aria-expanded]`
                          : '[data-add]',
                      );
                      set(fields.filter((_, at) => at !== i));
                      setOpen(null);
                    }}
                  >
                    <Trash2 size={15} aria-hidden />
                  </ActionIcon>
                </Tooltip>
              )}
            </div>
            {open !== i && problems(i) && <p className={own.problem}>{problems(i)}</p>}
            {open === i && (
              <FieldEditor
                field={field}
                others={fields.filter((_, at) => at !== i).map(({ name }) => name)}
                into={into}
                readOnly={readOnly}
                problem={(part) => problems(i, part)}
                onChange={(part) => change(i, part)}
              />
            )}
          </li>
        ))}
      </ol>
      {!readOnly && (
        <Button
          size="xs"
          variant="default"
          data-add
          leftSection={<Plus size={14} aria-hidden />}
          onClick={add}
        >
          {t('form.add')}
        </Button>
      )}
      {fields.length > 0 && <Preview fields={fields} />}
    </div>
  );
}

type EditorProps = {
  field: FormField;
  others: readonly string[];
  into: boolean;
  readOnly: boolean;
  problem: (part: string) => string | undefined;
  onChange: (change: Partial<FormField>) => void;
};

function FieldEditor({ field, others, into, readOnly, problem, onChange }: EditorProps) {
  const { t } = useTranslation('designer');
  const { type } = field;
  const text = (part: 'label' | 'name' | 'into', label: string, description?: string) => (
    <TextInput
      label={label}
      description={description}
      value={field[part] ?? ''}
      readOnly={readOnly}
      error={problem(part)}
      maxLength={part === 'label' ? 200 : 100}
      onChange={(event) => {
        const value = event.currentTarget.value;
        // Until somebody writes a name of their own, it follows the label.
        const follows = part === 'label' && field.name === nameOf(field.label ?? '', others);
        onChange({ [part]: value, ...(follows ? { name: nameOf(value, others) } : {}) });
      }}
    />
  );
  const length = (part: 'minLength' | 'maxLength') => (
    <NumberInput
      label={t(`form.${part}`)}
      min={part === 'minLength' ? 0 : 1}
      max={10_000}
      allowDecimal={false}
      value={field[part] ?? ''}
      readOnly={readOnly}
      error={problem(part)}
      onChange={(value) => onChange({ [part]: value === '' ? undefined : Number(value) })}
    />
  );
  const limit = (part: 'min' | 'max') =>
    isDated(type) ? (
      <TextInput
        type="date"
        label={t(part === 'min' ? 'form.earliest' : 'form.latest')}
        value={typeof field[part] === 'string' ? field[part] : ''}
        readOnly={readOnly}
        error={problem(part)}
        onChange={(event) => onChange({ [part]: event.currentTarget.value || undefined })}
      />
    ) : (
      <NumberInput
        label={t(`form.${part}`)}
        value={typeof field[part] === 'number' ? field[part] : ''}
        readOnly={readOnly}
        error={problem(part)}
        onChange={(value) => onChange({ [part]: value === '' ? undefined : Number(value) })}
      />
    );
  return (
    <div className={own.editor} data-editor>
      {text('label', t('form.label'))}
      {text('name', t('form.name'), t('form.nameHelp'))}
      <Select
        label={t('form.typeLabel')}
        value={type || 'string'}
        data={FIELD_TYPES.map((value) => ({ value, label: t(`form.type.${value}`) }))}
        allowDeselect={false}
        readOnly={readOnly}
        error={problem('type')}
        onChange={(value) => value && onChange({ type: value })}
      />
      {type === 'choice' && (
        <OptionsEditor
          options={field.options ?? []}
          readOnly={readOnly}
          error={problem('options')}
          onChange={(options) => onChange({ options })}
        />
      )}
      {type !== 'boolean' && (
        <div className={own.pair}>
          <Switch
            label={t('form.required')}
            checked={field.required === true}
            disabled={readOnly}
            onChange={(event) => onChange({ required: event.currentTarget.checked })}
          />
          <Switch
            label={t('form.multiple')}
            checked={field.multiple === true}
            disabled={readOnly}
            onChange={(event) => onChange({ multiple: event.currentTarget.checked })}
          />
        </div>
      )}
      <GrowingTextarea
        label={t('form.fieldHelp')}
        minRows={1}
        maxRows={6}
        maxLength={2000}
        value={field.help ?? ''}
        readOnly={readOnly}
        onChange={(event) => onChange({ help: event.currentTarget.value })}
      />
      {(isMeasured(type) || isDated(type)) && (
        <div className={own.pair}>
          {limit('min')}
          {limit('max')}
        </div>
      )}
      {isTextual(type) && (
        <div className={own.pair}>
          {length('minLength')}
          {length('maxLength')}
        </div>
      )}
      {type !== 'file' && (
        <FirstValue field={field} readOnly={readOnly} error={problem('default')} onChange={onChange} />
      )}
      {into && text('into', t('form.into'), t('form.intoHelp'))}
    </div>
  );
}

/** One option a line; the text is kept as it is typed, also while a line is still empty. */
function OptionsEditor(props: {
  options: readonly string[];
  readOnly: boolean;
  error: string | undefined;
  onChange: (options: string[]) => void;
}) {
  const { t } = useTranslation('designer');
  const { options } = props;
  const [typed, setTyped] = useState(options.join('\n'));
  const shown = optionsIn(typed).join('\n') === options.join('\n') ? typed : options.join('\n');
  return (
    <GrowingTextarea
      label={t('form.options')}
      description={t('form.optionsHelp')}
      minRows={3}
      maxRows={12}
      value={shown}
      readOnly={props.readOnly}
      error={props.error}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        props.onChange(optionsIn(event.currentTarget.value));
      }}
    />
  );
}

/** What the field holds before anybody fills it in, edited as people will. */
function FirstValue(props: {
  field: FormField;
  readOnly: boolean;
  error: string | undefined;
  onChange: (change: Partial<FormField>) => void;
}) {
  const { t } = useTranslation('designer');
  const { field, error } = props;
  const { default: _, minLength: _l, maxLength: _m, ...rest } = field;
  const schema = { ...fieldSchema(rest as FormField), title: t('form.first'), description: undefined };
  return (
    <SchemaForm
      schema={{ type: 'object', properties: { default: schema } }}
      value={field.default === undefined ? {} : { default: field.default }}
      errors={error ? [{ path: '/default', message: error }] : []}
      readOnly={props.readOnly}
      idPrefix={`first-${field.name}`}
      onChange={(value) => props.onChange({ default: value.default })}
    />
  );
}

/** The form as people will see it; what is typed here is kept nowhere. */
function Preview({ fields }: { fields: readonly FormField[] }) {
  const { t } = useTranslation('designer');
  const [values, setValues] = useState<Record<string, unknown>>({});
  const schema = useMemo(() => schemaOfFields(fields), [fields]);
  return (
    <div className={own.preview}>
      <h4 className={own.previewTitle}>{t('form.preview')}</h4>
      <SchemaForm schema={schema} value={values} onChange={setValues} idPrefix="form-preview" />
    </div>
  );
}
