import { type OutputUnit, Validator } from '@cfworker/json-schema';
import i18next from 'i18next';
import { type FieldError, getAt, isExpression, type JsonSchema, optionsOf } from './schema';

/** Keywords whose own error only says that something below them failed. */
const wrappers = new Set([
  'properties',
  'items',
  'prefixItems',
  '$ref',
  'allOf',
  'additionalProperties',
  'if',
  'then',
  'else',
]);

const partsOf = (pointer: string): string[] =>
  pointer
    .replace(/^#/, '')
    .split('/')
    .slice(1)
    .map((part) => decodeURIComponent(part).replace(/~1/g, '/').replace(/~0/g, '~'));

function schemaAt(root: JsonSchema, keywordLocation: string): JsonSchema {
  let node: unknown = root;
  for (const part of partsOf(keywordLocation).slice(0, -1)) {
    const record = node as Record<string, unknown> | undefined;
    if (part === '$ref' && typeof record?.$ref === 'string') node = getAt(root, partsOf(record.$ref));
    else node = record?.[part];
  }
  return (node ?? {}) as JsonSchema;
}

const valueAt = (value: unknown, instanceLocation: string) =>
  getAt(
    value,
    partsOf(instanceLocation).map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
  );

function underExpression(value: unknown, instanceLocation: string): boolean {
  const parts = partsOf(instanceLocation);
  return parts
    .concat('')
    .some((_, index) => isExpression(valueAt(value, `#/${parts.slice(0, index).join('/')}`)) && index > 0);
}

function messageOf(keyword: string, schema: JsonSchema): string {
  const t = i18next.t;
  switch (keyword) {
    case 'minLength':
      return schema.minLength === 1
        ? t('form.error.required')
        : t('form.error.minLength', { count: schema.minLength ?? 0 });
    case 'maxLength':
      return t('form.error.maxLength', { count: schema.maxLength ?? 0 });
    case 'minimum':
      return t('form.error.minimum', { limit: schema.minimum });
    case 'maximum':
      return t('form.error.maximum', { limit: schema.maximum });
    case 'exclusiveMinimum':
      return t('form.error.exclusiveMinimum', { limit: schema.exclusiveMinimum });
    case 'exclusiveMaximum':
      return t('form.error.exclusiveMaximum', { limit: schema.exclusiveMaximum });
    case 'minItems':
      return t('form.error.minItems', { count: schema.minItems ?? 0 });
    case 'maxItems':
      return t('form.error.maxItems', { count: schema.maxItems ?? 0 });
    case 'format':
      switch (schema.format) {
        case 'email':
          return t('form.error.email');
        case 'uri':
          return t('form.error.uri');
        case 'date':
        case 'date-time':
          return t('form.error.date');
        case 'duration':
          return t('form.error.duration');
        default:
          return t('form.error.format');
      }
    case 'enum':
    case 'const':
      return t('form.error.choice', {
        choices: (optionsOf(schema, i18next.language) ?? []).map((option) => option.label).join(', '),
      });
    case 'uniqueItems':
      return t('form.error.unique');
    default:
      return t('form.error.format');
  }
}

const validators = new WeakMap<JsonSchema, Validator>();

function validatorOf(schema: JsonSchema): Validator {
  let validator = validators.get(schema);
  if (!validator) {
    validator = new Validator(schema as ConstructorParameters<typeof Validator>[0], '2020-12', false);
    validators.set(schema, validator);
  }
  return validator;
}

/**
 * Broken rules of a form's value, in the reader's language, one per field. A field that holds an expression is not
 * judged here: its value is known only while the process runs.
 */
export function validateForm(schema: JsonSchema, value: unknown): FieldError[] {
  const { errors } = validatorOf(schema).validate(value);
  const found = new Map<string, string>();
  const add = (path: string, message: string) => {
    if (!found.has(path)) found.set(path, message);
  };
  // The deepest errors say the most; the validator lists the wrapping ones first.
  const leaves = errors.filter((error: OutputUnit) => !wrappers.has(error.keyword));
  for (const error of leaves) {
    if (underExpression(value, error.instanceLocation)) continue;
    const place = error.instanceLocation.replace(/^#/, '');
    const own = schemaAt(schema, error.keywordLocation);
    if (error.keyword === 'required') {
      const object = (valueAt(value, error.instanceLocation) ?? {}) as Record<string, unknown>;
      for (const name of own.required ?? []) {
        if (object[name] === undefined) add(`${place}/${name}`, i18next.t('form.error.required'));
      }
      continue;
    }
    const deeper = leaves.some(
      (other) => other !== error && other.keywordLocation.startsWith(`${error.keywordLocation}/`),
    );
    if ((error.keyword === 'anyOf' || error.keyword === 'oneOf') && deeper) continue;
    add(place, messageOf(error.keyword, own));
  }
  return [...found].map(([path, message]) => ({ path, message }));
}
