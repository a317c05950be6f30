import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ExpressionScope, FormProvider, type UploadedFile, useFormContext } from './context';
import { Field } from './Field';
import classes from './SchemaForm.module.css';
import { deref, type FieldError, fieldNames, isShown, type JsonSchema, type Path, setAt } from './schema';

export type FormChange = { path: Path; value: unknown };

export type SchemaFormProps = {
  /** Schema of an object; its properties are the fields. */
  schema: JsonSchema;
  value: Record<string, unknown>;
  /** The whole new value, and which place changed (undefined removes it). */
  onChange: (value: Record<string, unknown>, change: FormChange) => void;
  /** Broken rules by JSON pointer into the value. */
  errors?: readonly FieldError[];
  /** Fields may hold expressions: every one gets its fx switch. */
  expressions?: boolean;
  scope?: ExpressionScope;
  recordType?: string;
  pipeline?: string;
  upload?: (file: File) => Promise<UploadedFile>;
  /** Files that were sent before. */
  files?: readonly UploadedFile[];
  readOnly?: boolean;
  /** Keeps the ids of two forms on one page apart. */
  idPrefix?: string;
};

/** Form made from a JSON Schema. It keeps no state of its own, so undo and drafts of the owner simply work. */
export function SchemaForm({ schema, value, onChange, errors = [], ...props }: SchemaFormProps) {
  return (
    <FormProvider
      value={{
        root: schema,
        value,
        errors,
        expressions: props.expressions ?? false,
        scope: props.scope,
        recordType: props.recordType ?? 'deal',
        pipeline: props.pipeline,
        upload: props.upload,
        files: props.files ?? [],
        readOnly: props.readOnly ?? false,
        idPrefix: props.idPrefix ?? 'form',
        setAt: (path, next) => onChange(setAt(value, path, next), { path, value: next }),
      }}
    >
      <ObjectFields schema={schema} value={value} path={[]} />
    </FormProvider>
  );
}

/** The fields of one object, the advanced ones folded. */
export function ObjectFields(props: {
  schema: JsonSchema;
  value: Record<string, unknown>;
  path: Path;
  /** The object may be left out as a whole: its fields are required once one of them is filled. */
  optional?: boolean;
}) {
  const { t } = useTranslation();
  const { root } = useFormContext();
  const schema = deref(props.schema, root);
  const [more, setMore] = useState(false);
  const untouched = props.optional === true && Object.keys(props.value).length === 0;
  const names = fieldNames(schema).filter((name) => {
    const field = schema.properties?.[name];
    return field !== undefined && isShown(field, props.value, schema);
  });
  const isAdvanced = (name: string) =>
    schema.properties?.[name]?.['x-advanced'] === true && props.value[name] === undefined;
  const plain = names.filter((name) => !isAdvanced(name));
  const advanced = names.filter(isAdvanced);
  const render = (name: string) => (
    <Field
      key={name}
      name={name}
      schema={schema.properties?.[name] ?? {}}
      value={props.value[name]}
      path={[...props.path, name]}
      required={!untouched && (schema.required?.includes(name) ?? false)}
    />
  );
  return (
    <div className={classes.fields}>
      {plain.map(render)}
      {advanced.length > 0 && (
        <button type="button" className={classes.more} aria-expanded={more} onClick={() => setMore(!more)}>
          {more ? t('form.less') : t('form.more')}
        </button>
      )}
      {more && advanced.map(render)}
    </div>
  );
}
