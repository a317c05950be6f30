import type { ProcessDocument, ProcessNode } from './types';

/** Test data that stands for what a step brings in a rehearsal. It belongs to the draft and is not published. */
export interface Pin {
  /** Of a task. */
  readonly outcome?: string;
  /** Of a robot. */
  readonly port?: string;
  readonly result?: Record<string, unknown>;
  readonly variables?: Record<string, unknown>;
  /** It throws this error instead. */
  readonly error?: string;
  /** Fingerprint of the step when the data was made. */
  readonly of?: string;
  /** The run whose results these are, and when. */
  readonly run?: string;
  readonly at?: string;
}

/** As large as one may be: test data is for reading, not for files. */
export const MOST_BYTES = 256 * 1024;

const ANSWERED = new Set(['robot', 'userTask', 'approval', 'acknowledge', 'requestInformation']);

/** Whether somebody outside the process brings what the step results in. */
export const isAnswered = (node: Pick<ProcessNode, 'kind'>): boolean => ANSWERED.has(node.kind);

const NONE: Readonly<Record<string, Pin>> = {};

export const pinsOf = (document: ProcessDocument): Readonly<Record<string, Pin>> =>
  typeof document.pins === 'object' && document.pins !== null ? (document.pins as Record<string, Pin>) : NONE;

/** What the result of a step depends on: how it is called and where it stands is left out. */
const MEANT = ['kind', 'robot', 'config', 'trigger', 'loop', 'each', 'policy'] as const;

/** A short text that changes with what the step does. */
export function fingerprintOf(node: ProcessNode): string {
  const text = sorted(Object.fromEntries(MEANT.map((field) => [field, node[field]])));
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  const half = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
  return half(a ^ (b >>> 15)) + half(b ^ (a >>> 13));
}

function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([x], [y]) => (x < y ? -1 : 1));
  return `{${members.map(([name, inner]) => `${JSON.stringify(name)}:${sorted(inner)}`).join()}}`;
}

/** The step does something else than when its data was made. */
export const isStale = (node: ProcessNode, of: string | undefined): boolean =>
  of !== undefined && of !== fingerprintOf(node);

/** Pins data to a node, or takes it away. */
export function setPin(document: ProcessDocument, id: string, pin: Pin | undefined): void {
  const { [id]: _, ...others } = pinsOf(document);
  const next = pin ? { ...others, [id]: pin } : others;
  if (Object.keys(next).length > 0) document.pins = next;
  else delete document.pins;
}
