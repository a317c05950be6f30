import { isApiError } from '@/api/problem';
import type { FieldError } from '@/features/forms';
import type { Finding, Rules, StageBoard } from './api';
import type { Part } from './rules';

/** What is wrong with an entry; `path` is a pointer into it. */
export interface EntryFinding extends FieldError {
  readonly severity: 'error' | 'warning';
}

export type FindingsById = ReadonlyMap<string, readonly EntryFinding[]>;

const ENTRY = /^\/stages\/(\d+)\/(robots|triggers)\/(\d+)(\/.*)?$/;

type Found = { path?: string; message: string; severity: 'error' | 'warning' };

/** Findings by the ids of what they are about: places change while people edit. */
function collect(rules: Rules, found: readonly Found[]): FindingsById {
  const byId = new Map<string, EntryFinding[]>();
  for (const { path = '', message, severity } of found) {
    const [, stage, part, at, rest = ''] = ENTRY.exec(path) ?? [];
    const id = part && rules.stages[Number(stage)]?.[part as Part][Number(at)]?.id;
    if (!id) continue;
    byId.set(id, [...(byId.get(id) ?? []), { path: rest, message, severity }]);
  }
  return byId;
}

/** The findings of a refused save, or of a board as it is stored, as the server gave them. */
export function findingsIn(source: unknown): readonly Finding[] {
  if (isApiError(source, 422)) {
    const listed = source.problem.findings as Finding[] | undefined;
    return (
      listed ??
      source.details.map(({ path, code = '', message }) => ({ path, code, message, severity: 'error' }))
    );
  }
  const stages = (source as Partial<StageBoard> | undefined)?.stages;
  // Those of a stored stage point into it.
  return (stages ?? []).flatMap(({ findings }, at) =>
    (findings ?? []).map((finding) => ({ ...finding, path: `/stages/${at}${finding.path ?? ''}` })),
  );
}

/** Findings as the cards and forms show them. */
export const byEntry = (
  rules: Rules,
  findings: readonly Finding[],
  text: (finding: Finding) => string,
): FindingsById =>
  collect(
    rules,
    findings.map((finding) => ({
      path: finding.path,
      message: text(finding),
      severity: finding.severity === 'error' ? 'error' : 'warning',
    })),
  );

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
