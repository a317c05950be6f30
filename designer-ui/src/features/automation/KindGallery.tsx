import { Modal } from '@mantine/core';
import { Search } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fold, matchScore } from '@/lib/fold';
import classes from './Automation.module.css';
import type { Kind } from './catalogue';
import { Tile } from './Tile';

interface KindGalleryProps {
  readonly title: string;
  readonly help: string;
  /** What the search asks; without it what is to be done. */
  readonly ask?: string | undefined;
  readonly kinds: readonly Kind[];
  readonly onChoose: (kind: Kind) => void;
  readonly onClose: () => void;
}

/** Everything that can be added, by category, with what it does; found by typing. */
export function KindGallery({ title, help, ask, kinds, onChoose, onClose }: KindGalleryProps) {
  const { t } = useTranslation(['automation', 'common']);
  const [search, setSearch] = useState('');
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const listId = useId();
  const groups = useMemo(() => {
    const found = kinds
      .map((kind) => ({
        kind,
        score: matchScore(search, `${kind.name} ${kind.categoryName} ${kind.help}`) ?? -1,
      }))
      .filter(({ score }) => score >= 0);
    // While searching, what is named so comes before what only mentions it.
    const named = (kind: Kind): number => (search && fold(kind.name).includes(fold(search)) ? 0 : 1);
    const sorted = search ? found.sort((a, b) => named(a.kind) - named(b.kind) || b.score - a.score) : found;
    const byCategory = new Map<string, Kind[]>();
    for (const { kind } of sorted)
      byCategory.set(kind.categoryName, [...(byCategory.get(kind.categoryName) ?? []), kind]);
    return [...byCategory];
  }, [kinds, search]);
  const flat = groups.flatMap(([, own]) => own);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new search starts at the top.
  useEffect(() => setActive(0), [search]);
  useEffect(() => {
    list.current?.querySelector(`[data-index="${active}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [active]);

  const onKeyDown = (event: KeyboardEvent): void => {
    // The tiles stand in as many columns as fit; up and down go by rows.
    const tiles = [...(list.current?.querySelectorAll<HTMLElement>('[data-index]') ?? [])];
    const row = (by: 1 | -1): number => {
      const from = tiles[active]?.getBoundingClientRect();
      if (!from) return active;
      const rows = tiles
        .map((tile, at) => ({ at, box: tile.getBoundingClientRect() }))
        .filter(({ box }) => (by > 0 ? box.top > from.top + 4 : box.top < from.top - 4));
      const nearest = Math.min(...rows.map(({ box }) => Math.abs(box.top - from.top)));
      const same = rows.filter(({ box }) => Math.abs(Math.abs(box.top - from.top) - nearest) < 4);
      const best = same.sort(
        (a, b) => Math.abs(a.box.left - from.left) - Math.abs(b.box.left - from.left),
      )[0];
      return best?.at ?? active;
    };
    const chosen = flat[active];
    if (event.key === 'ArrowDown') setActive(row(1));
    else if (event.key === 'ArrowUp') setActive(row(-1));
    else if (event.key === 'ArrowRight' && search === '') setActive(Math.min(active + 1, flat.length - 1));
    else if (event.key === 'ArrowLeft' && search === '') setActive(Math.max(active - 1, 0));
    else if (event.key === 'Enter' && chosen) onChoose(chosen);
    else return;
    event.preventDefault();
  };

  return (
    <Modal
      opened
      onClose={onClose}
      closeOnClickOutside
      size={760}
      title={title}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <p className={classes.hint}>{help}</p>
      <div className={classes.gallerySearch}>
        <Search size={16} aria-hidden />
        <input
          data-autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={flat[active] ? `${listId}-${active}` : undefined}
          aria-label={ask ?? t('gallery.search')}
          placeholder={ask ?? t('gallery.search')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
      </div>
      <div ref={list} id={listId} role="listbox" aria-label={title} className={classes.galleryList}>
        {groups.map(([category, own]) => (
          // biome-ignore lint/a11y/useSemanticElements: a group of options has no element of its own.
          <div key={category} role="group" aria-label={category}>
            <p className={classes.galleryCategory} aria-hidden>
              {category}
            </p>
            <div className={classes.galleryTiles}>
              {own.map((kind) => {
                const index = flat.indexOf(kind);
                return (
                  // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox above takes the keys.
                  <div
                    key={kind.key}
                    id={`${listId}-${index}`}
                    data-index={index}
                    data-kind={kind.key}
                    role="option"
                    tabIndex={-1}
                    aria-selected={index === active}
                    className={classes.galleryTile}
                    onPointerMove={() => setActive(index)}
                    onClick={() => onChoose(kind)}
                  >
                    <Tile kind={kind} />
                    <span>
                      <span className={classes.galleryName}>{kind.name}</span>
                      <span className={classes.galleryHelp}>{kind.help}</span>
                    </span>
                  </div>
                );
              })}
            </div>
          </div>
        ))}
      </div>
      {flat.length === 0 && <p className={classes.none}>{t('gallery.none')}</p>}
    </Modal>
  );
}
