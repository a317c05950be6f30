type Named = { id: string; name: string; active?: boolean };

const mention = /@\[([^\]\n]{1,200})\]\(([A-Za-z0-9._-]{1,100})\)/g;

/** "@Henrik Lindqvist" as people write it becomes what the server reads as a mention; longer names first. */
export function withMentions(text: string, people: readonly Named[]): string {
  const names = new Map(people.filter(({ active }) => active !== false).map((one) => [one.name, one.id]));
  if (names.size === 0) return text;
  const escaped = [...names.keys()]
    .sort((a, b) => b.length - a.length)
    .map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return text.replace(
    new RegExp(`@(${escaped.join('|')})(?![\\p{L}\\p{N}])`, 'gu'),
    (whole, name: string) => {
      const id = names.get(name);
      return id ? `@[${name}](${id})` : whole;
    },
  );
}

export type Part = { text: string; user?: string };

/** A text in pieces: plain words, and people who are mentioned. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(mention)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    parts.push({ text: `@${match[1]}`, user: match[2] });
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

/** The word after the last "@" before the cursor, null when nobody is being named there. */
export function namedAt(text: string, cursor: number): { from: number; typed: string } | null {
  const before = text.slice(0, cursor);
  const from = before.lastIndexOf('@');
  if (from < 0 || (from > 0 && /[\p{L}\p{N}]/u.test(before[from - 1] ?? ''))) return null;
  const typed = before.slice(from + 1);
  return typed.length > 40 || /[\n@[\]]/.test(typed) ? null : { from, typed };
}
