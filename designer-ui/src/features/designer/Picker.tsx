import { Portal } from '@mantine/core';
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PickRequest } from '@/canvas';
import { indexOf } from '@/lib/process/document';
import { isDestructive, type KindDescriptor } from '@/lib/process/kinds';
import classes from './Designer.module.css';
import { useDesigner } from './DesignerContext';
import { fold } from './fold';
import { Destructive, KindTile } from './Palette';
import { categoryName, descriptorHelp, descriptorName, kindRelevance, searchedText } from './texts';

const WIDTH = 320;
const HEIGHT = 380;

/** When the element appears: the portal mounts later than the picker. */
const focusOnce = (element: HTMLInputElement | null): void => element?.focus();

interface PickerProps {
  readonly request: PickRequest;
  readonly recent: readonly string[];
  readonly onChoose: (key: string) => void;
  /** `refocus`: closed by Esc, the focus goes back to the canvas. */
  readonly onClose: (refocus: boolean) => void;
}

/** The step picker: a popover at the pointer with search, what is likely first, arrows and Enter. */
export function Picker({ request, recent, onChoose, onClose }: PickerProps) {
  const { t } = useTranslation('designer');
  const { kinds, document } = useDesigner();
  const [search, setSearch] = useState('');
  const [active, setActive] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const listId = useId();

  const choices = useMemo(() => {
    const from = request.from ? indexOf(document).nodes.get(request.from.node) : undefined;
    // A start has no input: it cannot follow anything.
    const allowed = kinds.all.filter(
      (descriptor) =>
        !descriptor.hidden &&
        !((from || request.flow) && descriptor.kind === 'startEvent') &&
        // What an event starts stands outside the flow.
        !((from || request.flow) && descriptor.key === 'subEvent') &&
        !(request.flow && descriptor.kind === 'endEvent'),
    );
    const wanted = fold(search);
    const score = (descriptor: KindDescriptor): number => {
      const position = recent.indexOf(descriptor.key);
      return position < 0 ? recent.length + (descriptor.kind === 'robot' ? 1 : 0) : position;
    };
    const matching = allowed.filter((descriptor) => {
      if (wanted === '') return true;
      const text = searchedText(t, descriptor);
      return wanted.split(/\s+/).every((word) => text.includes(word));
    });
    const byName = (descriptor: KindDescriptor): number => kindRelevance(t, descriptor, wanted);
    return matching.sort((a, b) =>
      wanted === '' ? score(a) - score(b) : byName(a) - byName(b) || score(a) - score(b),
    );
  }, [kinds, document, request, search, recent, t]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new search starts at the top.
  useEffect(() => setActive(0), [search]);
  useLayoutEffect(() => {
    list.current?.querySelector(`[data-index="${active}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  useEffect(() => {
    const outside = (event: PointerEvent): void => {
      if (!box.current?.contains(event.target as Node)) onClose(false);
    };
    window.addEventListener('pointerdown', outside, true);
    return () => window.removeEventListener('pointerdown', outside, true);
  }, [onClose]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const last = choices.length - 1;
    switch (event.key) {
      case 'ArrowDown':
        setActive((at) => (at >= last ? 0 : at + 1));
        break;
      case 'ArrowUp':
        setActive((at) => (at <= 0 ? last : at - 1));
        break;
      case 'Home':
        setActive(0);
        break;
      case 'End':
        setActive(last);
        break;
      case 'Enter': {
        const chosen = choices[active];
        if (chosen) onChoose(chosen.key);
        break;
      }
      case 'Escape':
        onClose(true);
        break;
      case 'Tab':
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const left = Math.max(8, Math.min(request.anchor.x + 8, window.innerWidth - WIDTH - 8));
  const top = Math.max(8, Math.min(request.anchor.y - 8, window.innerHeight - HEIGHT - 8));
  return (
    <Portal>
      <div
        ref={box}
        className={classes.picker}
        style={{ left, top, width: WIDTH, maxHeight: HEIGHT }}
        role="dialog"
        aria-label={t('picker.title')}
      >
        <input
          ref={focusOnce}
          className={classes.pickerSearch}
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={choices[active] ? `${listId}-${active}` : undefined}
          aria-label={t('picker.search')}
          placeholder={t('picker.search')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <div
          ref={list}
          id={listId}
          role="listbox"
          aria-label={t('picker.title')}
          className={classes.pickerList}
        >
          {choices.map((descriptor, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox above takes the keys.
            <div
              key={descriptor.key}
              id={`${listId}-${index}`}
              data-index={index}
              role="option"
              tabIndex={-1}
              aria-selected={index === active}
              className={classes.option}
              onPointerMove={() => setActive(index)}
              onClick={() => onChoose(descriptor.key)}
            >
              <KindTile descriptor={descriptor} />
              <span className={classes.optionText}>
                <span className={classes.optionName}>{descriptorName(t, descriptor)}</span>
                <span className={classes.optionHelp}>
                  {descriptorHelp(t, descriptor) || categoryName(t, descriptor.category)}
                </span>
              </span>
              {isDestructive(descriptor) && <Destructive />}
            </div>
          ))}
        </div>
        {choices.length === 0 && <p className={classes.hint}>{t('palette.none')}</p>}
      </div>
    </Portal>
  );
}
