import { Modal, TextInput } from '@mantine/core';
import { Search } from 'lucide-react';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Command, shortcutsOf, useRegisteredCommands } from '@/lib/commands';
import { matchScore } from '@/lib/fold';
import { storage } from '@/lib/storage';
import { Kbd } from '@/ui';
import classes from './CommandPalette.module.css';
import { closePalette, usePaletteState } from './state';

const recentKey = 'palette.recent';

function readRecent(): string[] {
  return (storage.get(recentKey) ?? '').split('\n').filter(Boolean);
}

/** Commands that fit the query, best first; without one the last used come first. */
export function rankCommands(
  commands: readonly Command[],
  query: string,
  recent: readonly string[],
): Command[] {
  const offered = commands.filter((command) => !command.hidden && (command.enabled?.() ?? true));
  if (query.trim() === '') {
    const used = recent
      .map((id) => offered.find((command) => command.id === id))
      .filter((c): c is Command => !!c);
    return [...used, ...offered.filter((command) => !used.includes(command))];
  }
  return offered
    .map((command) => ({ command, score: matchScore(query, `${command.title} ${command.keywords ?? ''}`) }))
    .filter((entry): entry is { command: Command; score: number } => entry.score !== null)
    .sort((a, b) => b.score - a.score)
    .map(({ command }) => command);
}

/** Ctrl+K: everything that can be done here, found by typing. */
export function CommandPalette() {
  const { t } = useTranslation();
  const { palette } = usePaletteState();
  return (
    <Modal.Root
      opened={palette}
      onClose={closePalette}
      size={560}
      yOffset="12dvh"
      transitionProps={{ duration: 80 }}
    >
      <Modal.Overlay />
      <Modal.Content aria-label={t('palette.open')} radius="xl">
        <Modal.Body p={0}>{palette && <PaletteBody />}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function PaletteBody() {
  const { t } = useTranslation();
  const commands = useRegisteredCommands();
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const found = useMemo(() => rankCommands(commands, query, readRecent()).slice(0, 50), [commands, query]);

  useEffect(() => {
    list.current?.querySelector(`[data-index="${active}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [active]);

  const run = (command: Command | undefined) => {
    if (!command) return;
    storage.set(
      recentKey,
      [command.id, ...readRecent().filter((id) => id !== command.id)].slice(0, 5).join('\n'),
    );
    closePalette();
    // The dialog gives the focus back first; commands that move the focus then win.
    setTimeout(() => command.run());
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const last = found.length - 1;
    if (event.key === 'ArrowDown') setActive((index) => (index >= last ? 0 : index + 1));
    else if (event.key === 'ArrowUp') setActive((index) => (index <= 0 ? last : index - 1));
    else if (event.key === 'Home') setActive(0);
    else if (event.key === 'End') setActive(last);
    else if (event.key === 'Enter') run(found[active]);
    else return;
    event.preventDefault();
  };

  return (
    <>
      <TextInput
        data-autofocus
        variant="unstyled"
        size="lg"
        classNames={{ input: classes.input }}
        leftSection={<Search size={18} aria-hidden />}
        placeholder={t('palette.placeholder')}
        aria-label={t('palette.placeholder')}
        role="combobox"
        aria-expanded
        aria-controls="palette-list"
        aria-activedescendant={found[active] ? `palette-${active}` : undefined}
        value={query}
        onChange={(event) => {
          setQuery(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div
        className={classes.list}
        id="palette-list"
        role="listbox"
        aria-label={t('palette.open')}
        ref={list}
      >
        {found.map((command, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the input handles the keys.
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the input.
          <div
            key={command.id}
            id={`palette-${index}`}
            data-index={index}
            role="option"
            aria-selected={index === active}
            className={classes.option}
            onMouseMove={() => setActive(index)}
            onClick={() => run(command)}
          >
            <span className={classes.section}>{command.section}</span>
            <span className={classes.name}>{command.title}</span>
            {shortcutsOf(command)
              .slice(0, 1)
              .map((shortcut) => (
                <Kbd key={shortcut} shortcut={shortcut} />
              ))}
          </div>
        ))}
        {found.length === 0 && <p className={classes.none}>{t('palette.none')}</p>}
      </div>
    </>
  );
}
