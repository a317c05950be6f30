import type { Stage } from './Rehearsal';
import type { Wait } from './scenario';
import type { Rehearsal } from './useRehearsal';

/** What every part of the panel is given. */
export interface PartProps {
  readonly rehearsal: Rehearsal;
  readonly stage: Stage;
}

/** What a card of something open is given. */
export type WaitProps = PartProps & { readonly wait: Wait };

/** What somebody is called: those that the scenario has made up, then those who are here. */
export function personName(
  id: string,
  people: Readonly<Record<string, unknown>> | undefined,
  users: readonly { readonly id: string; readonly name: string }[],
): string {
  const made = people?.[id] as { name?: unknown } | undefined;
  return typeof made?.name === 'string' ? made.name : (users.find((user) => user.id === id)?.name ?? id);
}

/** A value as a person reads it in a narrow column. */
export const valueText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? null, null, 2);

/** An object of JSON that was typed; undefined when it is none, an empty text is an empty object. */
export function objectOf(text: string): Record<string, unknown> | undefined {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
