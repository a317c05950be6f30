import type { FormField } from '@/api/queries/tasks';
import { isDated, isMeasured, isTextual } from '@/features/forms/formFields';

/** Letters of other scripts as names can carry them. */
const LATIN: Record<string, string> = {
  ...Object.fromEntries(
    [...'абвгдезийклмнопрстуфыэ'].map((letter, i) => [letter, 'abvgdezijklmnoprstufye'[i] as string]),
  ),
  ё: 'e',
  ж: 'zh',
  х: 'h',
  ц: 'c',
  ч: 'ch',
  ш: 'sh',
  щ: 'sch',
  ъ: '',
  ь: '',
  ю: 'yu',
  я: 'ya',
  ł: 'l',
};

/** A variable's name made from what people read: "Weight in kg" gives weightInKg. */
export function nameOf(label: string, taken: readonly string[]): string {
  const words = [...label.toLowerCase()]
    .map((letter) => LATIN[letter] ?? letter)
    .join('')
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
  const joined = words
    .map((word, i) => (i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('')
    .slice(0, 60);
  const base = /^[a-z]/.test(joined) ? joined : `field${joined}`;
  const free = (name: string) => name !== 'field' && !taken.includes(name);
  if (free(base)) return base;
  for (let n = base === 'field' ? taken.length + 1 : 2; ; n++) if (free(`${base}${n}`)) return `${base}${n}`;
}

/** Options of a choice as lines of a text. */
export const optionsIn = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

/** A field with a change, without what does not fit its type any more. */
export function changed(field: FormField, change: Partial<FormField>): FormField {
  const next: FormField = { ...field, ...change };
  if (change.type !== undefined && change.type !== field.type) {
    delete next.default;
    if (next.type !== 'choice') delete next.options;
    else next.options ??= [];
    if (!isTextual(next.type)) {
      delete next.minLength;
      delete next.maxLength;
    }
    if (!(isMeasured(next.type) && isMeasured(field.type)) && !(isDated(next.type) && isDated(field.type))) {
      delete next.min;
      delete next.max;
    }
    if (next.type === 'boolean') {
      delete next.required;
      delete next.multiple;
    }
  }
  if (change.multiple !== undefined && change.multiple !== field.multiple) delete next.default;
  if (change.options !== undefined) {
    const left = (Array.isArray(next.default) ? next.default : [next.default]).filter((value) =>
      change.options?.includes(String(value)),
    );
    if (next.default !== undefined && left.length === 0) delete next.default;
  }
  for (const key of Object.keys(next) as (keyof FormField)[]) {
    if (next[key] === undefined || next[key] === '' || next[key] === false) {
      if (key !== 'name' && key !== 'default') delete next[key];
    }
  }
  return next;
}

export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list];
  const [item] = next.splice(from, 1);
  next.splice(to, 0, item as T);
  return next;
}
