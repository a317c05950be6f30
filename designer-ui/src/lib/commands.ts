import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { isTyping, matchesShortcut, SequenceMatcher } from './keymap';

/**
 * Everything a person can do. Key map, menus, toolbars, the command palette and the shortcut sheet are made from it.
 * `title` and `section` are translated text.
 */
export type Command = {
  id: string;
  title: string;
  section: string;
  shortcut?: string | readonly string[];
  /** Words that find the command besides its title. */
  keywords?: string;
  /**
   * Keyboard scope: the shortcut works only while the focus is inside an element with the attribute
   * `data-command-scope` of this value. Without it the shortcut works everywhere, except that shortcuts without
   * Ctrl or Alt stay silent while the person types.
   */
  scope?: string;
  /** False hides the command from the palette and lets its keys pass. */
  enabled?: () => boolean;
  /** Not offered in the palette, for example "next item". */
  hidden?: boolean;
  /** The keys belong to a field while somebody types in it, for example to undo there. */
  leftToFields?: boolean;
  /** The browser acts on the keys itself, for example copying; they are shown and not taken. */
  native?: boolean;
  run: (event?: KeyboardEvent) => void;
};

let registered: readonly Command[] = [];
const listeners = new Set<() => void>();

function publish(next: readonly Command[]): void {
  registered = next;
  for (const listener of listeners) listener();
}

/** Adds commands and returns how to remove them. Later registrations win over earlier ones with the same shortcut. */
export function registerCommands(commands: readonly Command[]): () => void {
  publish([...registered, ...commands]);
  return () => publish(registered.filter((command) => !commands.includes(command)));
}

export function listCommands(): readonly Command[] {
  return registered;
}

export function useRegisteredCommands(): readonly Command[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => registered,
  );
}

/**
 * Registers commands while the component is mounted. `run` and `enabled` always see the latest render; the list itself
 * is registered again only when ids, titles or shortcuts change.
 */
export function useCommands(commands: readonly Command[]): void {
  const latest = useRef(commands);
  latest.current = commands;
  const signature = useMemo(
    () =>
      JSON.stringify(
        commands.map((c) => [c.id, c.title, c.section, c.shortcut, c.scope, c.hidden, c.keywords]),
      ),
    [commands],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the signature stands for everything that is registered.
  useEffect(() => {
    const find = (id: string) => latest.current.find((command) => command.id === id);
    return registerCommands(
      latest.current.map((command) => ({
        ...command,
        enabled: () => find(command.id)?.enabled?.() ?? true,
        run: (event) => find(command.id)?.run(event),
      })),
    );
  }, [signature]);
}

export function shortcutsOf(command: Command): readonly string[] {
  if (command.shortcut === undefined) return [];
  return typeof command.shortcut === 'string' ? [command.shortcut] : command.shortcut;
}

const isModified = (shortcut: string) =>
  /(^|\s)(mod|alt|ctrl)\+|(^|\s)(shift\+)?f\d+$|^esc$/.test(shortcut.toLowerCase());

function inScope(command: Command, target: EventTarget | null): boolean {
  if (command.scope === undefined) return true;
  return target instanceof Element && target.closest(`[data-command-scope~="${command.scope}"]`) !== null;
}

/** Installs the one key listener of the application. `singleKeys` says whether unmodified keys are switched on. */
export function installKeymap(singleKeys: () => boolean): () => void {
  const sequences = new SequenceMatcher();
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    const typing = isTyping(event.target);
    const candidates = registered
      .filter((command) => !command.native && !(typing && command.leftToFields))
      .filter((command) => inScope(command, event.target) && (command.enabled?.() ?? true))
      .flatMap((command) => shortcutsOf(command).map((shortcut) => ({ command, shortcut })))
      .filter(({ shortcut }) => isModified(shortcut) || (!typing && singleKeys()));
    const sequence = sequences.match(
      candidates.map(({ shortcut }) => shortcut),
      event,
    );
    // The most specific scope and the youngest registration win.
    const hit = candidates
      .filter(({ shortcut }) => shortcut === sequence || matchesShortcut(shortcut, event))
      .sort((a, b) => Number(a.command.scope !== undefined) - Number(b.command.scope !== undefined))
      .at(-1);
    if (!hit) return;
    event.preventDefault();
    hit.command.run(event);
  };
  document.addEventListener('keydown', onKeyDown);
  return () => document.removeEventListener('keydown', onKeyDown);
}
