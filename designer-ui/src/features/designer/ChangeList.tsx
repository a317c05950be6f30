import { Minus, Move, Pencil, Plus } from 'lucide-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { KindTable } from '@/lib/process/kinds';
import { changesBetween, type ElementChange } from '@/lib/process/patches';
import type { ProcessDocument } from '@/lib/process/types';
import classes from './Designer.module.css';
import { elementName } from './texts';

const ICONS = { added: Plus, removed: Minus, changed: Pencil, moved: Move };

interface ChangeListProps {
  readonly base: ProcessDocument;
  readonly next: ProcessDocument;
  readonly kinds: KindTable;
  /** Nodes that only moved are left out by default: they change nothing. */
  readonly moves?: boolean;
  /** Shows fields with both values. */
  readonly details?: boolean;
  readonly onSelect?: (change: ElementChange) => void;
}

function short(value: unknown): string {
  if (value === null || value === undefined) return '–';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

/** What turns one state of a process into another, by element. */
export function ChangeList({ base, next, kinds, moves = false, details = false, onSelect }: ChangeListProps) {
  const { t, i18n } = useTranslation('designer');
  const changes = useMemo(
    () => changesBetween(base, next).filter((change) => moves || change.kind !== 'moved'),
    [base, next, moves],
  );
  if (changes.length === 0) return <p className={classes.hint}>{t('changes.none')}</p>;
  const nameOf = (change: ElementChange): string =>
    change.element === 'process'
      ? t('process.title')
      : elementName(t, kinds, i18n.language, change.kind === 'removed' ? base : next, change.id);
  return (
    <ul className={classes.changes}>
      {changes.map((change) => {
        const Icon = ICONS[change.kind];
        const row = (
          <>
            <span className={classes.changeIcon} data-change={change.kind}>
              <Icon size={13} aria-label={t(`change.${change.kind}`)} />
            </span>
            <span className={classes.changeName}>{nameOf(change)}</span>
            {!details && change.fields.length > 0 && (
              <span className={classes.changeFields}>
                {change.fields.map((field) => field.path).join(', ')}
              </span>
            )}
          </>
        );
        return (
          <li key={`${change.element}/${change.id}`}>
            {onSelect ? (
              <button type="button" className={classes.changeRow} onClick={() => onSelect(change)}>
                {row}
              </button>
            ) : (
              <span className={classes.changeRow}>{row}</span>
            )}
            {details &&
              change.fields.map((field) => (
                <div key={field.path} className={classes.fieldChange}>
                  <code>{field.path}</code>
                  <del>{short(field.before)}</del>
                  <ins>{short(field.after)}</ins>
                </div>
              ))}
          </li>
        );
      })}
    </ul>
  );
}
