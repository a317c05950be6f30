import { Minus, Move, Pencil, Plus } from 'lucide-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { KindTable } from '@/lib/process/kinds';
import { changesBetween, type ElementChange } from '@/lib/process/patches';
import type { ProcessDocument } from '@/lib/process/types';
import { type Place, useChangeWords } from './changeWords';
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

const LONGEST = 160;

/** Long texts are cut so that the place where they begin to differ is seen. */
function cut(before: string, after: string): [string, string] {
  let same = 0;
  while (same < before.length && before[same] === after[same]) same++;
  const from = Math.max(before.length, after.length) > LONGEST ? Math.max(0, same - 40) : 0;
  const one = (text: string): string =>
    `${from > 0 ? '…' : ''}${text.slice(from, from + LONGEST)}${text.length > from + LONGEST ? '…' : ''}`;
  return [one(before), one(after)];
}

const placeOf = ({ element, id }: ElementChange, field: { readonly path: string }): Place => ({
  element,
  id,
  path: field.path.split('.'),
});

/** What turns one state of a process into another, by element. */
export function ChangeList({ base, next, kinds, moves = false, details = false, onSelect }: ChangeListProps) {
  const { t, i18n } = useTranslation('designer');
  const changes = useMemo(
    () => changesBetween(base, next).filter((change) => moves || change.kind !== 'moved'),
    [base, next, moves],
  );
  const words = useChangeWords(base, next, kinds);
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
                {change.fields.map((field) => words.field(placeOf(change, field))).join(', ')}
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
              change.fields.map((field) => {
                const place = placeOf(change, field);
                const [before, after] = cut(...words.values(place, [field.before, field.after]));
                return (
                  <div key={field.path} className={classes.fieldChange}>
                    <span>{words.field(place)}</span>
                    <del>{before}</del>
                    <ins>{after}</ins>
                  </div>
                );
              })}
          </li>
        );
      })}
    </ul>
  );
}
