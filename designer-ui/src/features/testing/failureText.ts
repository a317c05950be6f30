import type { TFunction } from 'i18next';
import { valueText } from './parts';
import type { Failure } from './scenario';

/** How a failure calls what it names. */
export interface Names {
  /** A step or a connection. */
  readonly element: (id: string) => string;
  readonly robot: (key: string) => string;
}

const idsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** What did not come as it was expected, in the reader's language; what the server says where the code is unknown. */
export function failureText(t: TFunction<'testing'>, failure: Failure, names: Names): string {
  const { code, message, want, got, data = {} } = failure;
  const several = (ids: readonly string[]): string =>
    ids.map((id) => t('failure.quoted', { name: names.element(id) })).join(', ') || t('failure.nothing');
  if (code === 'other_way') return otherWay(t, failure, names, several);
  const values = {
    message,
    node: typeof data.node === 'string' && data.node !== '' ? names.element(data.node) : '',
    process: String(data.process ?? ''),
    name: String(data.name ?? ''),
    count: Number(data.count ?? 0),
    want: valueText(want),
    got: valueText(got),
  };
  switch (code) {
    case 'other_waits':
      return t('failure.other_waits', { want: several(idsOf(want)), got: several(idsOf(got)) });
    case 'not_open': {
      const open = idsOf(data.open);
      return t('failure.not_open', { node: values.node, open: several(open) });
    }
    case 'other_end': {
      const end = (value: unknown) => t(`end.${String(value)}` as 'end.completed');
      return t('failure.other_end', { want: end(want), got: end(got) });
    }
    case 'other_number_sends': {
      const robot = typeof data.robot === 'string' && data.robot !== '' ? names.robot(data.robot) : '';
      return t('failure.other_number_sends', { ...values, name: values.node || robot });
    }
    case 'choices_left':
      return t('failure.choices_left', values);
    default:
      return t(`failure.${code}` as 'failure.no_node', { ...values, defaultValue: message });
  }
}

/** Where two ways part is what has to be looked at, not the whole of both. */
function otherWay(
  t: TFunction<'testing'>,
  { want, got, data = {} }: Failure,
  names: Names,
  several: (ids: readonly string[]) => string,
): string {
  const [wanted, came] = [idsOf(want), idsOf(got)];
  if (data.inOrder !== true) {
    const missing = wanted.filter((id) => !came.includes(id));
    const extra = came.filter((id) => !wanted.includes(id));
    return t('failure.other_way.unordered', { missing: several(missing), extra: several(extra) });
  }
  let same = 0;
  while (same < wanted.length && wanted[same] === came[same]) same++;
  const name = (id: string | undefined) => (id === undefined ? '' : names.element(id));
  const values = { after: name(wanted[same - 1]), want: name(wanted[same]), got: name(came[same]) };
  const where = same > 0 ? 'after' : 'first';
  const what = same >= came.length ? 'ended' : same >= wanted.length ? 'more' : 'other';
  return t(`failure.other_way.${where}.${what}`, values);
}
