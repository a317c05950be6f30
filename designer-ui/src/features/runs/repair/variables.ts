import type { JsonSchema } from '@/features/forms';
import type { ProcessDocument, Variable } from '@/lib/process/types';

/** How one value of a declared type is edited; what has no editor of its own is JSON. */
function one(type: string, value: unknown): JsonSchema {
  switch (type) {
    case 'string': {
      const long = typeof value === 'string' && (value.length > 60 || value.includes('\n'));
      return long ? { type: 'string', 'x-widget': 'textarea' } : { type: 'string' };
    }
    case 'number':
    case 'integer':
    case 'boolean':
      return { type };
    case 'date':
      return { type: 'string', format: 'date' };
    case 'dateTime':
      return { type: 'string', format: 'date-time' };
    case 'duration':
      return { type: 'string', format: 'duration' };
    case 'money':
      return { type: 'object', 'x-widget': 'money' };
    case 'user':
      return { type: 'string', 'x-widget': 'user-picker' };
    case 'group':
      return { type: 'string', 'x-widget': 'group-picker' };
    case 'list':
      return { type: 'array', 'x-widget': 'json' };
    case 'object':
      return { type: 'object', 'x-widget': 'json' };
    default:
      return { 'x-widget': 'json' };
  }
}

const fits = (schema: JsonSchema, value: unknown): boolean => {
  if (value === undefined || value === null) return true;
  if (schema.type === 'integer' || schema.type === 'number') return typeof value === 'number';
  if (schema.type === 'array') return Array.isArray(value);
  if (schema.type === 'object') return typeof value === 'object' && !Array.isArray(value);
  return schema.type === undefined || typeof value === schema.type;
};

/** What an undeclared variable holds says how it is edited. */
const guessed = (value: unknown): string => {
  if (Array.isArray(value)) return 'list';
  return value === null ? 'any' : typeof value;
};

/**
 * The form of a run's variables: the declared ones with their titles and editors, then what the run holds besides. A
 * value that does not fit its declared type, and several values in one variable, are edited as JSON.
 */
export function variablesSchema(process: ProcessDocument, values: Record<string, unknown> = {}): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const add = (variable: Variable) => {
    const value = values[variable.name];
    const options = Array.isArray(variable.options) ? variable.options : [];
    let schema: JsonSchema =
      variable.type === 'string' && options.length > 0
        ? { type: 'string', enum: options }
        : one(variable.type, value);
    if (variable.multiple === true || !fits(schema, value)) schema = { 'x-widget': 'json' };
    properties[variable.name] = {
      ...schema,
      title: typeof variable.label === 'string' && variable.label !== '' ? variable.label : variable.name,
      description: typeof variable.description === 'string' ? variable.description : undefined,
      'x-expression': false,
    };
  };
  for (const variable of process.variables ?? []) add(variable);
  for (const [name, value] of Object.entries(values)) {
    if (!properties[name]) add({ name, type: guessed(value) });
  }
  return { type: 'object', properties };
}

/** Only what differs from the run's own values; what was emptied becomes empty there too. */
export function changedOf(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): Record<string, unknown> {
  const changed: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, now] = [before[name] ?? null, after[name] ?? null];
    if (JSON.stringify(old) !== JSON.stringify(now)) changed[name] = now;
  }
  return changed;
}
