import type { TFunction } from 'i18next';
import { type KindTable, kindKey, triggerKind } from '@/lib/process/kinds';
import { isExpr, type ProcessNode } from '@/lib/process/types';

export type DesignerT = TFunction<'designer'>;

/** What a node is, in words: from the server's descriptor, else from our catalogue. */
export function kindName(t: DesignerT, kinds: KindTable, node: ProcessNode): string {
  const descriptor = kinds.of(node);
  if (node.kind === 'robot') return descriptor?.name ?? node.robot ?? t('kind.robot');
  if (node.kind === 'startEvent') {
    const trigger = triggerKind(node);
    return trigger
      ? t(`trigger.${trigger}` as 'trigger.manual', { defaultValue: trigger })
      : t('trigger.manual');
  }
  return t(`kind.${kindKey(node)}` as 'kind.userTask', {
    defaultValue: descriptor?.name ?? t(`kind.${node.kind}` as 'kind.userTask', { defaultValue: node.kind }),
  });
}

const UNITS: Record<string, 'day' | 'week' | 'month' | 'year' | 'hour' | 'minute' | 'second'> = {
  Y: 'year',
  M: 'month',
  W: 'week',
  D: 'day',
  TH: 'hour',
  TM: 'minute',
  TS: 'second',
};

/** "3 days" for `P3D`; the raw text for what is no simple ISO 8601 duration. */
export function durationText(language: string, iso: string): string {
  const match = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(
    iso,
  );
  if (!match) return iso;
  const parts = ['Y', 'M', 'W', 'D', 'TH', 'TM', 'TS'].flatMap((designator, i) => {
    const amount = match[i + 1];
    if (!amount) return [];
    const unit = UNITS[designator] as string;
    return [
      new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(Number(amount)),
    ];
  });
  return parts.length > 0 ? parts.join(' ') : iso;
}

/** A span of time in words: `P3D`, or `{amount, unit}`; an expression stays as it is written. */
function spanText(t: DesignerT, language: string, value: unknown): string {
  if (isExpr(value)) return value.expr;
  if (typeof value === 'object' && value !== null) {
    const { amount, unit } = value as { amount?: unknown; unit?: unknown };
    if (isExpr(amount)) return amount.expr;
    return typeof unit === 'string'
      ? t(`duration.${unit}` as 'duration.workingDay', {
          count: Number(amount),
          defaultValue: `${amount} ${unit}`,
        })
      : '';
  }
  return typeof value === 'string' ? durationText(language, value) : '';
}

/** A date or a local point in time as the language writes it; the raw text for what is neither. */
function pointText(language: string, value: string): string {
  const match = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d))?/.exec(value);
  const at = match ? new Date(`${match[1]}T${match[2] ?? '00:00'}:00Z`) : undefined;
  if (!at || Number.isNaN(at.getTime())) return value;
  return new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeZone: 'UTC',
    ...(match?.[2] ? { timeStyle: 'short' } : {}),
  }).format(at);
}

/** A timer rule in words. `named`: what the date is called that an expression gives. */
export function timerText(t: DesignerT, language: string, rule: unknown, named?: string): string {
  if (typeof rule !== 'object' || rule === null) return '';
  const { after, before, at, every } = rule as Record<string, unknown>;
  if (at === undefined) return spanText(t, language, after ?? every);
  const point = isExpr(at) ? (named ?? at.expr) : typeof at === 'string' ? pointText(language, at) : '';
  const span = spanText(t, language, before ?? after);
  if (!span || !point) return point;
  return t(before === undefined ? 'timer.saysAfter' : 'timer.saysBefore', { span, at: point });
}

export interface NodeText {
  readonly title: string;
  readonly subtitle: string;
}

/** Title and subtitle of a node: its name, and what it is or when it fires. */
export function nodeText(t: DesignerT, kinds: KindTable, language: string, node: ProcessNode): NodeText {
  const kind = kindName(t, kinds, node);
  const timer = timerText(t, language, node.trigger?.timer);
  const folded = typeof node.folded === 'number' ? t('group.folded', { count: node.folded }) : undefined;
  const detail = folded ?? (timer || kind);
  if (node.name) return { title: node.name, subtitle: detail };
  return { title: timer && node.kind !== 'startEvent' ? timer : kind, subtitle: timer ? kind : '' };
}
