/** A recurring rule in plain words; what none of them can say is a rule of its own. */
export type Recurrence =
  | { kind: 'minutes'; step: number }
  | { kind: 'hours'; step: number; minute: number }
  | { kind: 'daily'; time: string }
  | { kind: 'weekly'; time: string; days: readonly number[] }
  | { kind: 'monthly'; time: string; day: number }
  | { kind: 'custom'; cron: string };

export const RECURRENCES = ['minutes', 'hours', 'daily', 'weekly', 'monthly', 'custom'] as const;

const two = (n: number): string => String(n).padStart(2, '0');
const within = (text: string | undefined, least: number, most: number): number | undefined => {
  const n = text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  return n !== undefined && n >= least && n <= most ? n : undefined;
};

const NAMES = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** The days of a list such as 1-5 or MON,WED; undefined when it is more than that. Sunday is 0. */
function daysOf(text: string): number[] | undefined {
  const day = (part: string): number | undefined => {
    const named = NAMES.indexOf(part.toUpperCase());
    return named >= 0 ? named : within(part, 0, 6);
  };
  const days = new Set<number>();
  for (const part of text.split(',')) {
    const [first, last, ...more] = part.split('-');
    const from = day(first ?? '');
    const to = last === undefined ? from : day(last);
    if (from === undefined || to === undefined || more.length > 0 || from > to) return undefined;
    for (let n = from; n <= to; n++) days.add(n);
  }
  return [...days].sort((a, b) => a - b);
}

/** What a rule says in plain words. */
export function readCron(cron: string): Recurrence {
  const custom: Recurrence = { kind: 'custom', cron };
  const word = { '@hourly': '0 * * * *', '@daily': '0 0 * * *', '@midnight': '0 0 * * *' }[cron.trim()];
  const parts = (word ?? cron.trim()).split(/\s+/);
  const [minute, hour, day, month, weekday] = parts;
  if (parts.length !== 5 || month !== '*' || !minute || !hour || !day || !weekday) return custom;
  const everyDay = day === '*' && weekday === '*';
  const step = (text: string, most: number): number | undefined =>
    text === '*' ? 1 : within(/^\*\/(\d+)$/.exec(text)?.[1], 1, most);
  const minutes = step(minute, 30);
  if (everyDay && hour === '*' && minutes !== undefined) return { kind: 'minutes', step: minutes };
  const at = within(minute, 0, 59);
  if (at === undefined) return custom;
  const hours = step(hour, 12);
  if (everyDay && hours !== undefined) return { kind: 'hours', step: hours, minute: at };
  const clock = within(hour, 0, 23);
  if (clock === undefined) return custom;
  const time = `${two(clock)}:${two(at)}`;
  if (everyDay) return { kind: 'daily', time };
  if (day === '*') {
    const days = daysOf(weekday);
    return days ? { kind: 'weekly', time, days } : custom;
  }
  const dayOfMonth = within(day, 1, 31);
  return dayOfMonth !== undefined && weekday === '*' ? { kind: 'monthly', time, day: dayOfMonth } : custom;
}

/** 1,2,3 as 1-3. */
function ranges(days: readonly number[]): string {
  const parts: string[] = [];
  const sorted = [...new Set(days)].sort((a, b) => a - b);
  for (let i = 0; i < sorted.length; ) {
    let j = i;
    while (sorted[j + 1] === (sorted[j] as number) + 1) j++;
    parts.push(j - i >= 2 ? `${sorted[i]}-${sorted[j]}` : sorted.slice(i, j + 1).join(','));
    i = j + 1;
  }
  return parts.join(',');
}

export function writeCron(rule: Recurrence): string {
  if (rule.kind === 'custom') return rule.cron;
  if (rule.kind === 'minutes') return rule.step === 1 ? '* * * * *' : `*/${rule.step} * * * *`;
  if (rule.kind === 'hours') return `${rule.minute} ${rule.step === 1 ? '*' : `*/${rule.step}`} * * *`;
  const [hour = '9', minute = '0'] = rule.time.split(':');
  const at = `${Number(minute)} ${Number(hour)}`;
  if (rule.kind === 'daily') return `${at} * * *`;
  if (rule.kind === 'weekly') return `${at} * * ${ranges(rule.days)}`;
  return `${at} ${rule.day} * *`;
}

/** The same moment of the day in another kind of rule, where there is one. */
export function become(rule: Recurrence, kind: Recurrence['kind']): Recurrence {
  const time = 'time' in rule ? rule.time : '09:00';
  switch (kind) {
    case 'minutes':
      return { kind, step: 15 };
    case 'hours':
      return { kind, step: 1, minute: 0 };
    case 'daily':
      return { kind, time };
    case 'weekly':
      return { kind, time, days: [1, 2, 3, 4, 5] };
    case 'monthly':
      return { kind, time, day: 1 };
    default:
      return { kind, cron: writeCron(rule) };
  }
}
