import { Check, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { formatDate, formatDateTime, formatMoney, formatNumber } from '@/lib/format';
import type { Why, WhyChange, WhyPart } from './api';
import classes from './WhyNot.module.css';

interface WhyNotProps {
  readonly why: Why;
  /** A value by the name that people know: "record.amount". */
  readonly label: (path: string) => string;
  /** A condition in words. */
  readonly say: (source: string) => string;
}

/** Why a condition did not hold: its parts with what they saw, and the smallest change that would turn it round. */
export function WhyNot({ why, label, say }: WhyNotProps) {
  const { t } = useTranslation('automation');
  return (
    <div className={classes.why} data-why>
      <Parts part={why} label={label} say={say} />
      {why.changes.length > 0 ? (
        <p className={classes.change} data-why-change>
          <strong>{t('why.would')}</strong>{' '}
          {why.changes.map((change) => sayChange(t, change, label)).join('; ')}
        </p>
      ) : (
        <p className={classes.none}>{t('why.none')}</p>
      )}
      {!why.exact && <p className={classes.none}>{t('why.notExact')}</p>}
    </div>
  );
}

function Parts({ part, label, say }: { part: WhyPart } & Omit<WhyNotProps, 'why'>) {
  const { t } = useTranslation('automation');
  if (part.parts?.length)
    return (
      <div className={classes.group}>
        {part.op && part.parts.length > 1 && (
          <span className={classes.op}>{t(part.op === 'and' ? 'why.all' : 'why.any')}</span>
        )}
        {part.op === 'not' && <span className={classes.op}>{t('why.not')}</span>}
        {part.parts.map((inner) => (
          <Parts key={inner.source} part={inner} label={label} say={say} />
        ))}
      </div>
    );
  const Mark = part.result ? Check : X;
  return (
    <div className={classes.leaf} data-holds={part.result}>
      <Mark size={13} aria-label={t(part.result ? 'why.holds' : 'why.fails')} />
      <span>
        {say(part.source)}
        {part.values
          ?.filter(({ path }) => path !== 'now')
          .map(({ path, value }) => (
            <span key={path} className={classes.value}>
              {label(path)}: {showValue(value) || t('record.empty')}
            </span>
          ))}
        {part.error && <span className={classes.value}>{part.error}</span>}
      </span>
    </div>
  );
}

type T = ReturnType<typeof useTranslation<'automation'>>['t'];

function sayChange(t: T, change: WhyChange, label: (path: string) => string): string {
  return t(`why.relation.${change.relation}`, {
    field: change.path === 'now' ? t('why.now') : label(change.path),
    limit: showValue(change.limit ?? change.to) || t('record.empty'),
    from: showValue(change.from) || t('record.empty'),
  });
}

/** A value as people read it. */
export function showValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(showValue).join(', ');
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'object') {
    const money = value as { amount?: unknown; currency?: unknown };
    return typeof money.amount === 'number' && typeof money.currency === 'string'
      ? formatMoney({ amount: money.amount, currency: money.currency })
      : JSON.stringify(value);
  }
  const text = String(value);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) || /T00:00:00\.000Z$/.test(text)) return formatDate(text);
  if (/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text)) return formatDateTime(text);
  return text;
}
