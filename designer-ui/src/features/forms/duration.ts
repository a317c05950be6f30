/** A span as the process format keeps it: ISO 8601, or an amount of working time of a calendar. */
export type DurationValue = string | { amount: number; unit: string; calendar?: string };

export const durationUnits = ['minute', 'hour', 'day', 'week', 'month', 'workingHour', 'workingDay'] as const;
export type DurationUnit = (typeof durationUnits)[number];

const iso: Record<string, [RegExp, (n: number) => string]> = {
  minute: [/^PT(\d+)M$/, (n) => `PT${n}M`],
  hour: [/^PT(\d+)H$/, (n) => `PT${n}H`],
  day: [/^P(\d+)D$/, (n) => `P${n}D`],
  week: [/^P(\d+)W$/, (n) => `P${n}W`],
  month: [/^P(\d+)M$/, (n) => `P${n}M`],
};

/** Amount and unit of a simple span; null for a mixed one such as P1DT2H, which is then edited as text. */
export function parseDuration(value: unknown): { amount: number; unit: DurationUnit } | null {
  if (typeof value === 'object' && value !== null) {
    const { amount, unit } = value as { amount?: unknown; unit?: unknown };
    const known = durationUnits.find((name) => name === unit);
    return typeof amount === 'number' && known ? { amount, unit: known } : null;
  }
  if (typeof value !== 'string') return null;
  for (const [unit, [pattern]] of Object.entries(iso)) {
    const match = pattern.exec(value);
    if (match) return { amount: Number(match[1]), unit: unit as DurationUnit };
  }
  return null;
}

export function buildDuration(amount: number, unit: DurationUnit, calendar?: string): DurationValue {
  const format = iso[unit]?.[1];
  if (format) return format(amount);
  return { amount, unit, calendar: calendar ?? 'company' };
}
