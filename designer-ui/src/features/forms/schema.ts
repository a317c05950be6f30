import { isLanguage } from '@/i18n';

/** The part of JSON Schema (2020-12) that forms understand, with our hints. */
export type JsonSchema = {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  format?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  additionalProperties?: boolean | JsonSchema;
  examples?: unknown[];
  /** How the field is edited; see `widgetOf`. */
  'x-widget'?: string;
  /** The record type that a picker is about, or the place in the value that says it ("/type"). */
  'x-record-type'?: string;
  /** Texts of the field may name secrets. */
  'x-secrets'?: boolean;
  /** False: the field never takes an expression. */
  'x-expression'?: boolean;
  /** A list of choices is one control for several values instead of rows. */
  'x-many'?: boolean;
  /** Shown only while other fields of the same object have these values. */
  'x-if'?: Record<string, unknown>;
  /** Folded away under "More settings". */
  'x-advanced'?: boolean;
  /** Order of the properties; those not named follow in the order of the schema. */
  'x-order'?: string[];
  /** Texts by language: title, description, and the labels of enum values. */
  'x-i18n'?: Record<string, { title?: string; description?: string; enum?: Record<string, string> }>;
  /** Labels of enum values: by language in our files, already in the reader's language from the server. */
  'x-labels'?: Record<string, Record<string, string> | string>;
  [hint: `x-${string}`]: unknown;
};

export type Path = readonly (string | number)[];

/** Value that is kept elsewhere and opened when it is sent. */
export type SecretValue = { secret: string };

/** Value computed while the process runs. */
export type ExpressionValue = { expr: string };

/** `written`: a mistake in an expression, which the editor of the field says by itself. */
export type FieldError = { path: string; message: string; written?: boolean };

export type Option = { value: string; label: string };

export type WidgetName =
  | 'text'
  | 'textarea'
  | 'template'
  | 'expression'
  | 'condition'
  | 'number'
  | 'boolean'
  | 'select'
  | 'multiselect'
  | 'tags'
  | 'date'
  | 'datetime'
  | 'duration'
  | 'money'
  | 'color'
  | 'user'
  | 'group'
  | 'performer'
  | 'department'
  | 'record-type'
  | 'pipeline'
  | 'stage'
  | 'field'
  | 'template-file'
  | 'process'
  | 'web-form'
  | 'resource'
  | 'booking-field'
  | 'secret'
  | 'outcome'
  | 'object'
  | 'rows'
  | 'file'
  | 'json';

export function isExpression(value: unknown): value is ExpressionValue {
  return typeof value === 'object' && value !== null && typeof (value as ExpressionValue).expr === 'string';
}

export function isSecret(value: unknown): value is SecretValue {
  return typeof value === 'object' && value !== null && typeof (value as SecretValue).secret === 'string';
}

function isSecretBranch(schema: JsonSchema): boolean {
  return schema.properties?.secret?.['x-widget'] === 'secret-picker';
}

function isExpressionBranch(schema: JsonSchema): boolean {
  return (
    schema.properties?.expr !== undefined ||
    schema.$ref?.endsWith('/expr') === true ||
    schema.$ref?.endsWith('/expression') === true
  );
}

/** Follows a local reference ("#/$defs/duration"); siblings of `$ref` win over what it names. */
export function deref(schema: JsonSchema, root: JsonSchema): JsonSchema {
  if (!schema.$ref?.startsWith('#/')) return schema;
  let target: unknown = root;
  for (const part of schema.$ref.slice(2).split('/')) {
    target = (target as Record<string, unknown> | undefined)?.[part.replace(/~1/g, '/').replace(/~0/g, '~')];
  }
  if (typeof target !== 'object' || target === null) return schema;
  const { $ref: _, ...own } = schema;
  return { ...deref(target as JsonSchema, root), ...own };
}

/** A field without its alternatives: what a literal must look like, and whether an expression or a secret may stand instead. */
export function literalOf(
  schema: JsonSchema,
  root: JsonSchema,
): { schema: JsonSchema; expression: boolean; secret?: JsonSchema | undefined } {
  const resolved = deref(schema, root);
  const branches = resolved.anyOf ?? resolved.oneOf;
  if (!branches?.some(isExpressionBranch)) return { schema: resolved, expression: false };
  const secret = branches.find(isSecretBranch)?.properties?.secret;
  const rest = branches
    .filter((branch) => !isExpressionBranch(branch) && !isSecretBranch(branch))
    .map((branch) => deref(branch, root));
  const { anyOf: _a, oneOf: _o, ...own } = resolved;
  const first = rest[0];
  if (rest.length === 1 && first) return { schema: { ...first, ...own }, expression: true, secret };
  if (rest.length === 0) return { schema: { ...own, 'x-widget': 'expression' }, expression: true };
  return { schema: { ...own, anyOf: rest }, expression: true };
}

export function typeOf(schema: JsonSchema): string | undefined {
  const type = Array.isArray(schema.type) ? schema.type.find((name) => name !== 'null') : schema.type;
  if (type) return type;
  if (schema.properties) return 'object';
  if (schema.items) return 'array';
  const first = schema.enum?.[0] ?? schema.const;
  if (first !== undefined) return typeof first;
  return undefined;
}

const pickers: Record<string, WidgetName> = {
  'user-picker': 'user',
  'group-picker': 'group',
  'performer-picker': 'performer',
  'department-picker': 'department',
  'record-type-picker': 'record-type',
  'pipeline-picker': 'pipeline',
  'stage-picker': 'stage',
  'field-picker': 'field',
  'template-picker': 'template-file',
  'process-picker': 'process',
  'form-picker': 'web-form',
  'resource-picker': 'resource',
  'booking-field-picker': 'booking-field',
  'secret-picker': 'secret',
  'outcome-picker': 'outcome',
  textarea: 'textarea',
  template: 'template',
  expression: 'expression',
  condition: 'condition',
  duration: 'duration',
  money: 'money',
  color: 'color',
  json: 'json',
  file: 'file',
};

export function widgetOf(schema: JsonSchema): WidgetName {
  const type = typeOf(schema);
  const hinted = schema['x-widget'] ? pickers[schema['x-widget']] : undefined;
  if (hinted && (type !== 'array' || hinted === 'file' || schema['x-many'] === true)) return hinted;
  if (optionsOf(schema)) return 'select';
  switch (type) {
    case 'string':
      if (schema.format === 'date') return 'date';
      if (schema.format === 'date-time') return 'datetime';
      if (schema.format === 'duration') return 'duration';
      return (schema.maxLength ?? 0) > 300 ? 'textarea' : 'text';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'array': {
      const items = schema.items ?? {};
      if (optionsOf(items)) return 'multiselect';
      return typeOf(items) === 'string' && !items['x-widget'] && !schema['x-widget'] ? 'tags' : 'rows';
    }
    case 'object':
      return schema.properties ? 'object' : 'json';
    default:
      return 'json';
  }
}

function textsOf(schema: JsonSchema, language: string) {
  const texts = schema['x-i18n'];
  return texts?.[language] ?? (isLanguage(language) ? texts?.en : undefined);
}

/** Label of a field: its title, or its name made readable. */
export function titleOf(schema: JsonSchema, name: string, language: string): string {
  const title = textsOf(schema, language)?.title ?? schema.title;
  if (title) return title;
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function helpOf(schema: JsonSchema, language: string): string | undefined {
  return textsOf(schema, language)?.description ?? schema.description;
}

function labelsOf(schema: JsonSchema, language: string): Record<string, string> {
  const named = textsOf(schema, language)?.enum;
  if (named) return named;
  const labels = schema['x-labels'] ?? {};
  const own = labels[language] ?? labels.en;
  if (typeof own === 'object') return own;
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** Choices of an enumerated field; null when it is none. */
export function optionsOf(schema: JsonSchema, language = 'en'): Option[] | null {
  const labels = labelsOf(schema, language);
  if (schema.enum) {
    return schema.enum.map((value) => ({
      value: String(value),
      label: labels[String(value)] ?? String(value),
    }));
  }
  const branches = schema.oneOf ?? schema.anyOf;
  if (branches && branches.length > 0 && branches.every((branch) => branch.const !== undefined)) {
    return branches.map((branch) => {
      const value = String(branch.const);
      return { value, label: labels[value] ?? titleOf(branch, value, language) };
    });
  }
  return null;
}

/** Names of an object's fields in the order in which they are shown. */
export function fieldNames(schema: JsonSchema): string[] {
  const names = Object.keys(schema.properties ?? {});
  const order = schema['x-order'] ?? [];
  return [...order.filter((name) => names.includes(name)), ...names.filter((name) => !order.includes(name))];
}

export function isShown(schema: JsonSchema, siblings: Record<string, unknown>, parent: JsonSchema): boolean {
  const condition = schema['x-if'];
  if (!condition) return true;
  return Object.entries(condition).every(([name, wanted]) => {
    const actual = siblings[name] ?? parent.properties?.[name]?.default;
    return Array.isArray(wanted) ? wanted.includes(actual) : actual === wanted;
  });
}

export function pointerOf(path: Path): string {
  return path.map((part) => `/${String(part).replace(/~/g, '~0').replace(/\//g, '~1')}`).join('');
}

export function getAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string | number, unknown>)[part];
  }
  return current;
}

/** Copy of `value` with one place changed; `undefined` removes the place. Untouched branches stay identical. */
export function setAt<T>(value: T, path: Path, next: unknown): T {
  const [head, ...rest] = path;
  if (head === undefined) return next as T;
  if (typeof head === 'number') {
    const list = Array.isArray(value) ? [...value] : [];
    const item = setAt(list[head], rest, next);
    if (item === undefined) list.splice(head, 1);
    else list[head] = item;
    return list as T;
  }
  const record = { ...(value as Record<string, unknown> | undefined) };
  const item = setAt(record[head], rest, next);
  if (item === undefined) delete record[head];
  else record[head] = item;
  return record as T;
}
