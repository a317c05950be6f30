import { TextInput } from '@mantine/core';
import { Search, TriangleAlert } from 'lucide-react';
import { type DragEvent, memo, useId, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { iconOf, KIND_MEDIA_TYPE } from '@/canvas';
import { CATEGORIES, isDestructive, type KindDescriptor } from '@/lib/process/kinds';
import classes from './Designer.module.css';
import type { Designer } from './DesignerContext';
import { fold } from './fold';
import { categoryName, descriptorHelp, descriptorName, kindRelevance, searchedText } from './texts';

/** Descriptors by category, in a fixed order of categories; unknown categories follow. */
export function byCategory(descriptors: readonly KindDescriptor[]): [string, KindDescriptor[]][] {
  const groups = new Map<string, KindDescriptor[]>();
  for (const descriptor of descriptors) {
    const group = groups.get(descriptor.category);
    if (group) group.push(descriptor);
    else groups.set(descriptor.category, [descriptor]);
  }
  const rank = (category: string): number => {
    const position = CATEGORIES.indexOf(category);
    return position < 0 ? CATEGORIES.length - 1.5 : position;
  };
  return [...groups].sort(([a], [b]) => rank(a) - rank(b));
}

/** Every kind of step: drag it onto the canvas or an edge, or click it. */
export const Palette = memo(function Palette({ kinds, actions }: Pick<Designer, 'kinds' | 'actions'>) {
  const { t } = useTranslation('designer');
  const [search, setSearch] = useState('');
  const id = useId();
  const groups = useMemo(() => {
    const wanted = fold(search);
    const shown = kinds.all.filter(
      (descriptor) =>
        !descriptor.hidden &&
        (wanted === '' || wanted.split(/\s+/).every((word) => searchedText(t, descriptor).includes(word))),
    );
    if (wanted === '') return byCategory(shown);
    const score = (descriptor: KindDescriptor): number => kindRelevance(t, descriptor, wanted);
    const found = byCategory(shown.sort((a, b) => score(a) - score(b)));
    // The category of the best match comes first; within one the best is first, too.
    const best = ([, [first]]: [string, KindDescriptor[]]): number => (first ? score(first) : 4);
    return found.sort((a, b) => best(a) - best(b));
  }, [kinds, search, t]);
  const drag = (key: string) => (event: DragEvent) => {
    event.dataTransfer.setData(KIND_MEDIA_TYPE, key);
    event.dataTransfer.effectAllowed = 'copy';
  };
  return (
    <aside className={classes.palette} aria-label={t('palette.title')}>
      <div className={classes.paletteSearch}>
        <TextInput
          size="sm"
          aria-label={t('palette.search')}
          placeholder={t('palette.search')}
          leftSection={<Search size={15} aria-hidden />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </div>
      <div className={classes.paletteList}>
        {groups.length === 0 && <p className={classes.hint}>{t('palette.none')}</p>}
        {groups.map(([category, descriptors]) => (
          <section key={category} aria-label={categoryName(t, category)}>
            <h2 className={classes.category}>{categoryName(t, category)}</h2>
            <ul className={classes.kinds}>
              {descriptors.map((descriptor) => (
                <li key={descriptor.key}>
                  <button
                    type="button"
                    draggable
                    className={classes.kind}
                    style={{ '--kind': `var(--fx-kind-${descriptor.look})` } as React.CSSProperties}
                    title={descriptorHelp(t, descriptor) || undefined}
                    data-kind={descriptor.key}
                    {...(search === '' ? { 'aria-labelledby': `${id}-${descriptor.key}` } : {})}
                    onDragStart={drag(descriptor.key)}
                    onClick={() => actions.addKind(descriptor.key, {})}
                  >
                    <KindTile descriptor={descriptor} />
                    <span className={classes.kindName}>
                      <span id={`${id}-${descriptor.key}`}>{descriptorName(t, descriptor)}</span>
                      {/* Whoever searches does not know the names: which one to take is said. */}
                      {search !== '' && (
                        <span className={classes.kindHelp}>{descriptorHelp(t, descriptor)}</span>
                      )}
                    </span>
                    {isDestructive(descriptor) && <Destructive />}
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </aside>
  );
});

/** Marks what takes data away, before it is put in. */
export function Destructive() {
  const { t } = useTranslation('designer');
  return (
    <span className={classes.destructive} title={t('destructive.mark')}>
      <TriangleAlert size={14} aria-hidden />
      <span className="fx-visually-hidden">{t('destructive.mark')}</span>
    </span>
  );
}

export function KindTile({ descriptor }: { descriptor: KindDescriptor }) {
  const Icon = iconOf(descriptor.icon);
  return (
    <span
      className={classes.tile}
      data-look={descriptor.look}
      style={{ '--kind': `var(--fx-kind-${descriptor.look})` } as React.CSSProperties}
    >
      <Icon size={16} aria-hidden />
    </span>
  );
}
