import type { AuditEntry } from '@/api/queries/settings';

const longest = 80;

function shown(value: unknown): string {
  if (value === undefined || value === null || value === '') return '–';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** What changed, one "field: before → after" per line; fields that stayed are left out. */
export function changesOf(entry: AuditEntry): string[] {
  const { before, after } = entry.detail ?? {};
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return names
    .filter((name) => JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]))
    .map((name) =>
      before === undefined
        ? `${name}: ${shown(after?.[name])}`
        : `${name}: ${shown(before[name])} → ${shown(after?.[name])}`,
    );
}

/** "sessions:1f3a…" for "sessions:1f3a<60 more>": enough to recognise, the whole stands in the tooltip. */
export function shortObject(object: string): string {
  const at = object.indexOf(':');
  const id = object.slice(at + 1);
  return id.length > 16 ? `${object.slice(0, at + 1)}${id.slice(0, 8)}…` : object;
}
