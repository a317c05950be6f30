import type { TFunction } from 'i18next';
import type { ProcessNode } from '@/lib/process/types';

/** What people see for an outcome's port. */
export function outcomeLabel(outcomes: unknown, port: string): string {
  if (!Array.isArray(outcomes)) return port;
  const outcome = outcomes.find((candidate) => candidate?.name === port) as
    | { label?: string; title?: string }
    | undefined;
  return outcome?.label || outcome?.title || port;
}

/** The same, for a way out that the product has named itself in the words of the reader. */
export function portLabel(t: TFunction<'designer'>, outcomes: unknown, port: string): string {
  const named = outcomeLabel(outcomes, port);
  return named === 'refused' && !Array.isArray(outcomes) ? t('port.refused') : named;
}

export interface Stroke {
  /** Dashes of what does not interrupt, dots of what an event starts. */
  readonly dash: string | undefined;
  /** A second line: a transaction. */
  readonly double: boolean;
  /** A thick line: a call of another process. */
  readonly thick: boolean;
}

export function strokeOf(node: ProcessNode): Stroke {
  const dash = node.event === true ? '2 4' : node.interrupting === false ? '4 3' : undefined;
  return { dash, double: node.transaction === true, thick: node.kind === 'callActivity' };
}
