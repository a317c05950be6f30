import { isApiError } from '@/api/problem';
import type { Values } from './ownFields';

/** A field that somebody else has changed meanwhile, with both values. */
export type Clash = { field: string; mine: unknown; theirs: unknown };

export type Clashes = {
  clashes: Clash[];
  /** How the ids among the values are called. */
  names: Record<string, string>;
  /** The revision that the next attempt is based on. */
  rev: number;
};

/** What a change of some fields is sent as. */
export type FieldPatch = { fields?: Values | null; [member: string]: unknown };

const members: Record<string, readonly string[]> = {
  company: ['companyId'],
  contact: ['contactId', 'contactIds'],
  responsible: ['responsibleId'],
  // Rows make the amount.
  amount: ['amount', 'currency', 'products'],
};

/** The fields of a refused change that clash; null when it was refused for another reason. */
export function clashesOf(error: unknown): Clashes | null {
  if (!isApiError(error, 409)) return null;
  const { clashes, names, current } = error.problem as {
    clashes?: Clash[];
    names?: Record<string, string>;
    current?: { rev: number };
  };
  if (!clashes?.length || !current) return null;
  // The amount follows from the rows: who decides about these has decided about it.
  const rows = clashes.some(({ field }) => field === 'products');
  return {
    clashes: clashes.filter(({ field }) => !(rows && field === 'amount')),
    names: names ?? {},
    rev: current.rev,
  };
}

/** A change without the fields whose other value stays. */
export function without<P extends FieldPatch>(patch: P, fields: readonly string[]): P {
  const dropped = fields.flatMap((field) => members[field] ?? [field]);
  const entries = Object.entries(patch).filter(([member]) => !dropped.includes(member));
  const rest = Object.fromEntries(entries) as P;
  if (!rest.fields) return rest;
  const own = Object.entries(rest.fields).filter(([key]) => !fields.includes(key));
  if (own.length > 0) return { ...rest, fields: Object.fromEntries(own) };
  const { fields: _fields, ...others } = rest;
  return others as P;
}
