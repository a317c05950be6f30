import i18next from 'i18next';
import type { FormField } from '@/api/queries/tasks';
import { formatDate } from '@/lib/format';
import type { FieldError, JsonSchema } from './schema';

/** What a field can hold, in the order of the form builder. */
export const FIELD_TYPES = [
  'string',
  'text',
  'number',
  'integer',
  'money',
  'date',
  'dateTime',
  'choice',
  'boolean',
  'user',
  'file',
] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** Types whose values have a smallest and a largest one. */
export const isMeasured = (type: string): boolean =>
  type === 'number' || type === 'integer' || type === 'money';
export const isDated = (type: string): boolean => type === 'date' || type === 'dateTime';
export const isTextual = (type: string): boolean => type === 'string' || type === 'text' || type === '';

function valueSchema(field: FormField): JsonSchema {
  switch (field.type) {
    case 'number':
    case 'integer':
      return {
        type: field.type,
        ...(typeof field.min === 'number' ? { minimum: field.min } : {}),
        ...(typeof field.max === 'number' ? { maximum: field.max } : {}),
      };
    case 'boolean':
      return { type: 'boolean' };
    case 'date':
      return { type: 'string', format: 'date' };
    case 'dateTime':
      return { type: 'string', format: 'date-time' };
    case 'money':
      return { type: 'object', 'x-widget': 'money' };
    case 'user':
      return { type: 'string', 'x-widget': 'user-picker' };
    case 'file':
      return { type: 'string', 'x-widget': 'file' };
    case 'choice':
      return { type: 'string', enum: field.options ?? [] };
    default:
      return {
        type: 'string',
        ...(field.type === 'text' ? { 'x-widget': 'textarea' } : {}),
        ...(field.minLength ? { minLength: field.minLength } : {}),
        ...(field.maxLength ? { maxLength: field.maxLength } : {}),
      };
  }
}

export function fieldSchema(field: FormField): JsonSchema {
  const texts: JsonSchema = { title: field.label || undefined, description: field.help || undefined };
  if (field.default !== undefined) texts.default = field.default;
  const one = valueSchema(field);
  if (!field.multiple) return { ...one, ...texts };
  return { type: 'array', items: one, 'x-widget': one['x-widget'], 'x-many': true, ...texts };
}

/** The form of a task as a schema, in the order of its fields. */
export function schemaOfFields(fields: readonly FormField[]): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)])),
    // Integers as names would come first in an object.
    'x-order': fields.map((field) => field.name),
    required: fields.filter((field) => field.required && field.type !== 'boolean').map((field) => field.name),
  };
}

const minorDigits = (currency: string): number => {
  try {
    return (
      new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ??
      2
    );
  } catch {
    return 2;
  }
};

/** A value as its limits measure it: money in whole units, an instant by its day. */
function measure(type: string, value: unknown): number | string | undefined {
  if (type === 'money') {
    const { amount, currency } = (value ?? {}) as { amount?: unknown; currency?: unknown };
    return typeof amount === 'number' ? amount / 10 ** minorDigits(String(currency)) : undefined;
  }
  if (typeof value !== 'string') return undefined;
  if (type === 'date') return value;
  if (type !== 'dateTime') return undefined;
  const at = new Date(value);
  const two = (n: number) => String(n).padStart(2, '0');
  return Number.isNaN(at.getTime())
    ? undefined
    : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** Limits of amounts and days, which JSON Schema has no words for. */
export function limitErrors(fields: readonly FormField[], values: Record<string, unknown>): FieldError[] {
  const found: FieldError[] = [];
  const shown = (limit: number | string) =>
    typeof limit === 'string' ? formatDate(`${limit}T00:00`) : limit;
  for (const field of fields) {
    const { type, min, max } = field;
    const list = field.multiple ? values[field.name] : [values[field.name]];
    for (const [index, value] of (Array.isArray(list) ? list : []).entries()) {
      const size = measure(type, value);
      const path = field.multiple ? `/${field.name}/${index}` : `/${field.name}`;
      if (size === undefined) continue;
      if (min !== undefined && min !== null && size < min) {
        found.push({ path, message: i18next.t('form.error.minimum', { limit: shown(min) }) });
      } else if (max !== undefined && max !== null && size > max) {
        found.push({ path, message: i18next.t('form.error.maximum', { limit: shown(max) }) });
      }
    }
  }
  return found;
}
