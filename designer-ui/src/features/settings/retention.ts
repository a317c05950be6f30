import type { Retention } from '@/api/queries/settings';
import type { FieldError } from '@/features/forms';

type Row = { readonly process: string; readonly days: number };
/** The rule as the form edits it: what the server keeps by process is a list of rows. */
export type Form = Readonly<Record<string, unknown>>;

const rowsOf = (form: Form): readonly Row[] => (form.processes ?? []) as readonly Row[];

export const formOf = (rule: Pick<Retention, 'days' | 'processes'>): Form => ({
  days: rule.days,
  processes: Object.entries(rule.processes).map(([process, days]): Row => ({ process, days })),
});

export const ruleOf = (form: Form): Pick<Retention, 'days' | 'processes'> => ({
  days: Number(form.days),
  processes: Object.fromEntries(rowsOf(form).map(({ process, days }) => [process, days])),
});

/** What the server says of a process belongs to its row. */
export const errorsOf = (
  form: Form,
  details: readonly { readonly path?: string; readonly message: string }[],
): FieldError[] =>
  details.flatMap(({ path = '', message }) => {
    const [, list, key] = path.split('/');
    if (list !== 'processes') return path ? [{ path, message }] : [];
    const row = rowsOf(form).findIndex(({ process }) => process === key);
    return [{ path: row < 0 ? '/processes' : `/processes/${row}/days`, message }];
  });
