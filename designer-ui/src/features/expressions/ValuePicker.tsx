import { Portal } from '@mantine/core';
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SECRET_PATH } from './chips';
import classes from './ExpressionInput.module.css';
import { GROUPS, groupOf, type Names, useNaming, writtenPath } from './names';
import { SampleChoice } from './SampleChoice';

const WIDTH = 400;
const HEIGHT = 420;
const focusOnce = (element: HTMLInputElement | null): void => element?.focus();

const secretCall = (id: string): string => `secret("${id}")`;

/** Text for comparing while searching: lower case, without accents. */
const fold = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .replaceAll('ł', 'l')
    .toLowerCase()
    .trim();

export interface Insertion {
  readonly text: string;
  /** How many characters before its end the cursor goes: into the brackets of a function. */
  readonly back: number;
  /** A value with a name of its own, not a call. */
  readonly value: boolean;
}

interface Choice extends Insertion {
  readonly key: string;
  readonly group: string;
  readonly label: string;
  readonly code: string;
  readonly detail: string;
  readonly sample?: string;
}

interface ValuePickerProps {
  readonly names: Names;
  readonly definitionKey: string;
  /** The field it opens at. */
  readonly anchor: DOMRect;
  readonly onChoose: (choice: Insertion) => void;
  /** `refocus`: left by Esc, the cursor goes back into the field. */
  readonly onClose: (refocus: boolean) => void;
  /** Functions are of no use where a field is chosen. */
  readonly functions?: boolean;
  /** Secrets that the text may name. */
  readonly secrets?: readonly { readonly id: string; readonly name: string }[] | undefined;
}

/** One searchable list of everything an expression can read or call, with types and sample values. */
export function ValuePicker(props: ValuePickerProps) {
  const { names, anchor, onChoose, onClose, functions = true, secrets } = props;
  const { t } = useTranslation('designer');
  const naming = useNaming();
  const [search, setSearch] = useState('');
  const [active, setActive] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const listId = useId();

  const all = useMemo<Choice[]>(() => {
    const values = names.values.map((name) => ({
      key: name.path,
      group: groupOf(name),
      label: naming.label(name),
      code: writtenPath(name),
      detail: naming.type(name),
      text: writtenPath(name),
      back: 0,
      value: true,
      ...(name.sample === undefined ? {} : { sample: name.sample }),
    }));
    const calls = functions
      ? names.functions.map(({ name, signature, doc }) => ({
          key: `${name}()`,
          group: 'functions',
          label: name,
          code: signature,
          detail: doc,
          text: `${name}()`,
          back: signature.startsWith(`${name}()`) ? 0 : 1,
          value: false,
        }))
      : [];
    const kept = (secrets ?? []).map(({ id, name }) => ({
      key: `${SECRET_PATH}${id}`,
      group: 'secrets',
      label: name,
      code: secretCall(id),
      detail: t('value.secretHelp'),
      text: secretCall(id),
      back: 0,
      value: true,
    }));
    const order: readonly string[] = [...GROUPS, 'secrets', 'functions'];
    return [...values, ...kept, ...calls].sort((a, b) => order.indexOf(a.group) - order.indexOf(b.group));
  }, [names, naming, functions, secrets, t]);
  const found = useMemo(() => {
    const words = fold(search).split(/\s+/);
    return all.filter((choice) => {
      const group = choice.group === 'secrets' ? t('value.group.secrets') : '';
      const text = fold(`${choice.label} ${choice.code} ${choice.detail} ${choice.sample ?? ''} ${group}`);
      return words.every((word) => text.includes(word));
    });
  }, [all, search, t]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new search starts at the top.
  useEffect(() => setActive(0), [search]);
  useLayoutEffect(() => {
    list.current?.querySelector(`[data-index="${active}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  useEffect(() => {
    const outside = (event: PointerEvent): void => {
      const target = event.target as Element;
      if (!box.current?.contains(target) && !target.closest('[data-portal] [role="listbox"]')) onClose(false);
    };
    window.addEventListener('pointerdown', outside, true);
    return () => window.removeEventListener('pointerdown', outside, true);
  }, [onClose]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const last = found.length - 1;
    switch (event.key) {
      case 'ArrowDown':
        setActive((at) => (at >= last ? 0 : at + 1));
        break;
      case 'ArrowUp':
        setActive((at) => (at <= 0 ? last : at - 1));
        break;
      case 'Enter': {
        const chosen = found[active];
        if (chosen) onChoose(chosen);
        break;
      }
      case 'Escape':
        onClose(true);
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const width = Math.min(WIDTH, window.innerWidth - 16);
  const left = Math.max(8, Math.min(anchor.right - width, window.innerWidth - width - 8));
  const below = anchor.bottom + 4 + HEIGHT <= window.innerHeight;
  const top = below ? anchor.bottom + 4 : Math.max(8, Math.min(anchor.top, window.innerHeight) - HEIGHT - 4);
  return (
    <Portal>
      <div
        ref={box}
        className={classes.picker}
        style={{ left, top, width, maxHeight: Math.min(HEIGHT, window.innerHeight - 16) }}
        role="dialog"
        aria-label={t('value.insert')}
      >
        <input
          ref={focusOnce}
          className={classes.pickerSearch}
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={found[active] ? `${listId}-${active}` : undefined}
          aria-label={t('value.search')}
          placeholder={t('value.search')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <div
          ref={list}
          id={listId}
          role="listbox"
          aria-label={t('value.insert')}
          className={classes.pickerList}
        >
          {found.map((choice, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox above takes the keys.
            <div
              key={choice.key}
              id={`${listId}-${index}`}
              data-index={index}
              data-value={choice.key}
              role="option"
              tabIndex={-1}
              aria-selected={index === active}
              className={classes.option}
              onPointerMove={() => setActive(index)}
              onClick={() => onChoose(choice)}
            >
              {choice.group !== found[index - 1]?.group && (
                <span className={classes.optionGroup} aria-hidden>
                  {t(`value.group.${choice.group}` as 'value.group.record')}
                </span>
              )}
              <span className={classes.optionLine}>
                <span className={classes.optionName}>{choice.label}</span>
                {choice.sample !== undefined && <span className={classes.optionSample}>{choice.sample}</span>}
              </span>
              <span className={classes.optionHelp}>
                <code>{choice.code}</code> {choice.detail}
              </span>
            </div>
          ))}
        </div>
        {found.length === 0 && <p className={classes.optionNone}>{t('value.none')}</p>}
        <SampleChoice definitionKey={props.definitionKey} onEscape={() => onClose(true)} />
      </div>
    </Portal>
  );
}
