import type { TFunction } from 'i18next';
import type { Timing, TimingMode } from './api';

export type AutomationT = TFunction<'automation'>;

/** A span in words: "2 working days". */
export const spanText = (t: AutomationT, timing: Timing): string =>
  t(`timing.span.${timing.unit ?? 'day'}`, { count: timing.amount ?? 0 });

const inCompanyTime = (timing: Timing): boolean => timing.workingTime?.company === true;

function moment(t: AutomationT, timing: Timing, fieldLabel: (key: string) => string): string {
  switch (timing.mode) {
    case 'immediate':
      return t('timing.says.immediate');
    case 'afterPrevious':
      return t('timing.says.afterPrevious');
    case 'delay':
      return timing.amount
        ? t('timing.says.delay', { span: spanText(t, timing) })
        : t('timing.says.immediate');
    case 'date': {
      if (!timing.field) return t('timing.says.noDate');
      const field = fieldLabel(timing.field);
      if ((timing.direction ?? 'at') === 'at' || !timing.amount) return t('timing.says.on', { field });
      const key = timing.direction === 'before' ? 'timing.says.before' : 'timing.says.after';
      return t(key, { span: spanText(t, timing), field });
    }
  }
}

/** When a robot runs, as a sentence would say it: "1 working day before Expected close, at 10:00, in company hours". */
export function timingText(t: AutomationT, timing: Timing, fieldLabel: (key: string) => string): string {
  const parts = [moment(t, timing, fieldLabel)];
  if (timing.at) parts.push(t('timing.says.clock', { time: timing.at }));
  if (inCompanyTime(timing)) parts.push(t('timing.says.company'));
  if (timing.workingTime?.responsible) parts.push(t('timing.says.responsible'));
  return parts.join(', ');
}

/** A timing after its mode has changed: what the new one cannot have goes, what it needs comes. */
export function withMode(timing: Timing, mode: TimingMode, field?: string): Timing {
  const kept = timing.workingTime ? { workingTime: timing.workingTime } : {};
  switch (mode) {
    case 'immediate':
    case 'afterPrevious':
      return { mode, ...kept };
    case 'delay':
      return { mode, amount: timing.amount ?? 1, unit: timing.unit ?? 'day', ...kept };
    case 'date':
      return {
        mode,
        direction: timing.direction ?? 'before',
        amount: timing.amount ?? 1,
        unit: timing.unit ?? 'day',
        ...(timing.field || field ? { field: timing.field ?? field } : {}),
        ...kept,
      };
  }
}

/** Whether a time of day can be said: only whole days leave it open. */
export const takesClock = (timing: Timing): boolean => {
  if (timing.mode === 'date' && timing.direction === 'at') return true;
  return (
    (timing.mode === 'delay' || timing.mode === 'date') &&
    (timing.unit === 'day' || timing.unit === 'workingDay')
  );
};

/** A timing with one part changed; parts that no longer fit are dropped. */
export function withPart(timing: Timing, part: Partial<Timing>): Timing {
  const next: Timing = { ...timing, ...part };
  if (next.mode === 'date' && next.direction === 'at') {
    delete next.amount;
    delete next.unit;
  } else if (next.mode === 'date') {
    next.amount ??= 1;
    next.unit ??= 'day';
  }
  if (!next.at || !takesClock(next)) delete next.at;
  const { company, responsible } = next.workingTime ?? {};
  if (company || responsible)
    next.workingTime = { ...(company ? { company } : {}), ...(responsible ? { responsible } : {}) };
  else delete next.workingTime;
  return next;
}
