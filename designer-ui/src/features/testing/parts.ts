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
