import { type ApiError, isApiError } from '@/api/problem';
import type { FieldError } from '@/features/forms';
import type { Rules, StoredStage } from './api';
import type { Part } from './rules';

/** What is wrong with an entry; `path` is a pointer into it. */
export interface EntryFinding extends FieldError {
  readonly severity: 'error' | 'warning';
}

export type FindingsById = ReadonlyMap<string, readonly EntryFinding[]>;

const ENTRY = /^\/(robots|triggers)\/(\d+)(\/.*)?$/;

/** Findings by the ids of what they are about: places change while people edit. */
function collect(
  rules: Rules,
  found: Iterable<{ stage: number; path: string; message: string; severity: 'error' | 'warning' }>,
): FindingsById {
  const byId = new Map<string, EntryFinding[]>();
  for (const { stage, path, message, severity } of found) {
    const [, part, at, rest = ''] = ENTRY.exec(path) ?? [];
    const id = part && rules.stages[stage]?.[part as Part][Number(at)]?.id;
    if (!id) continue;
    byId.set(id, [...(byId.get(id) ?? []), { path: rest, message, severity }]);
  }
  return byId;
}

/** The broken rules that a refused save names. */
export function refusals(error: unknown, sent: Rules): FindingsById {
  if (!isApiError(error, 422)) return new Map();
  return collect(
    sent,
    (error as ApiError).details.flatMap(({ path = '', message }) => {
      const [, stage, rest] = /^\/stages\/(\d+)(\/.*)$/.exec(path) ?? [];
      return rest ? [{ stage: Number(stage), path: rest, message, severity: 'error' as const }] : [];
    }),
  );
}

/** What the server says about the rules as they are stored. */
export function storedFindings(stages: readonly StoredStage[], rules: Rules): FindingsById {
  return collect(
    rules,
    stages.flatMap(({ stage, findings }) => {
      const at = rules.stages.findIndex((candidate) => candidate.stage === stage);
      return (findings ?? []).map(({ path = '', message, severity }) => ({
        stage: at,
        path,
        message,
        severity: severity === 'error' ? ('error' as const) : ('warning' as const),
      }));
    }),
  );
}

/** Errors of the settings as a form takes them: pointers into the config. */
export const configErrors = (findings: readonly EntryFinding[]): FieldError[] =>
  findings
    .filter(({ path }) => path.startsWith('/config'))
    .map(({ path, message }) => ({ path: path.slice('/config'.length), message }));

/** What is wrong with one field besides the settings, as one text. */
export const fieldError = (findings: readonly EntryFinding[], field: string): string | undefined =>
  findings
    .filter(({ path }) => path === `/${field}` || path.startsWith(`/${field}/`))
    .map(({ message }) => message)
    .join(' ') || undefined;
