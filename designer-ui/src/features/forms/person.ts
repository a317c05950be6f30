import { type ExpressionValue, isExpression } from './schema';

/** Who is meant: somebody by id, or somebody that a value names; `head`: the head of that person's department. */
export interface Who {
  readonly kind: 'id' | 'path';
  readonly name: string;
  readonly head: boolean;
}

const PATH = /^[A-Za-z_]\w*(?:\??\.[A-Za-z_]\w*)+$/;
const HEAD = /^head\(\s*(.+?)\s*\)$/;

/** Reads what a picker can show; undefined for an expression that says more. */
export function readWho(value: unknown): Who | undefined {
  if (typeof value === 'string') return value === '' ? undefined : { kind: 'id', name: value, head: false };
  if (!isExpression(value)) return undefined;
  const source = value.expr.trim();
  const inner = HEAD.exec(source)?.[1] ?? source;
  const head = inner !== source;
  if (PATH.test(inner)) return { kind: 'path', name: inner, head };
  if (!head || !/^"(?:[^"\\]|\\.)*"$/.test(inner)) return undefined;
  try {
    return { kind: 'id', name: JSON.parse(inner), head };
  } catch {
    return undefined;
  }
}

/** The value as a definition keeps it: a plain id where nothing is to be computed. */
export function writeWho({ kind, name, head }: Who): string | ExpressionValue {
  if (kind === 'id' && !head) return name;
  const inner = kind === 'id' ? JSON.stringify(name) : name;
  return { expr: head ? `head(${inner})` : inner };
}
