import { each } from '@/features/crm/ownFields';

type Compared = { id: string; values: Record<string, unknown> };

/** Of a field with several values: those of all records. */
export const everything = '*';

const plain = (value: unknown) => (empty(value) ? '' : JSON.stringify(value));

const empty = (value: unknown) =>
  each(value).length === 0 ||
  (typeof value === 'object' && value !== null && 'amount' in value && value.amount === 0);

/** The different values of a field, each by the first record that has it. */
export function choicesOf(field: string, records: readonly Compared[]): { id: string; value: unknown }[] {
  const seen = new Set<string>();
  return records.flatMap(({ id, values }) => {
    const value = values[field];
    if (seen.has(plain(value))) return [];
    seen.add(plain(value));
    return [{ id, value }];
  });
}

/** What a merge takes when nothing is chosen: the value of the one that stays, else the first that there is. */
export function chosenOf(
  field: { key: string; multiple?: boolean },
  records: readonly Compared[],
  into: string,
): string {
  if (field.multiple) return everything;
  const order = [...records].sort((a, b) => Number(b.id === into) - Number(a.id === into));
  const holder = order.find(({ values }) => !empty(values[field.key])) ?? order[0];
  const value = plain(holder?.values[field.key]);
  return choicesOf(field.key, records).find((choice) => plain(choice.value) === value)?.id ?? into;
}
