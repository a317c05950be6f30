/**
 * Shortcuts are written "mod+shift+k", "alt+1", "f8", "?", or a sequence "g d". `mod` is Ctrl, on macOS Cmd.
 * Letters match by the character and, for layouts that have no Latin letters, by the physical key.
 */

const isMac = typeof navigator !== 'undefined' && /mac|iphone|ipad/i.test(navigator.platform);

type Stroke = { mod: boolean; ctrl: boolean; shift: boolean; alt: boolean; key: string };

function parseStroke(text: string): Stroke {
  // A lone "+" is the key itself.
  const parts = text === '+' ? ['+'] : text.toLowerCase().split('+');
  const key = parts.at(-1) || '+';
  return {
    mod: parts.includes('mod'),
    ctrl: parts.includes('ctrl'),
    shift: parts.includes('shift'),
    alt: parts.includes('alt'),
    key,
  };
}

const codeOf = (key: string): string | null => {
  if (/^[a-z]$/.test(key)) return `Key${key.toUpperCase()}`;
  if (/^[0-9]$/.test(key)) return `Digit${key}`;
  return null;
};

const isLatinLetterOrDigit = (key: string) => /^[a-z0-9]$/i.test(key);

function matchesStroke(stroke: Stroke, event: KeyboardEvent): boolean {
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const otherMeta = isMac ? event.ctrlKey : event.metaKey;
  if (stroke.mod !== mod) return false;
  if (otherMeta !== (isMac ? stroke.ctrl : false)) return false;
  if (stroke.alt !== event.altKey) return false;
  const key = event.key.toLowerCase();
  const code = codeOf(stroke.key);
  if (code !== null) {
    if (stroke.shift !== event.shiftKey) return false;
    if (key === stroke.key) return true;
    // Alt and Russian layouts change `key`; a Latin letter on another place of the keyboard must not match twice.
    return event.code === code && (!isLatinLetterOrDigit(key) || event.altKey);
  }
  const named = stroke.key === 'space' ? ' ' : stroke.key === 'esc' ? 'escape' : stroke.key;
  if (named.length > 1 && stroke.shift !== event.shiftKey) return false;
  return key === named;
}

/** Strokes of a shortcut; more than one is a sequence. */
export function parseShortcut(shortcut: string): Stroke[] {
  return shortcut.split(' ').map(parseStroke);
}

export function matchesShortcut(shortcut: string, event: KeyboardEvent): boolean {
  const strokes = parseShortcut(shortcut);
  const first = strokes[0];
  return strokes.length === 1 && first !== undefined && matchesStroke(first, event);
}

const names: Record<string, string> = {
  enter: '↵',
  esc: 'Esc',
  escape: 'Esc',
  arrowleft: '←',
  arrowright: '→',
  arrowup: '↑',
  arrowdown: '↓',
  delete: 'Del',
  backspace: '⌫',
  space: 'Space',
};

/** Keys of a shortcut as they are printed on a keyboard, stroke by stroke. */
export function shortcutKeys(shortcut: string): string[][] {
  return parseShortcut(shortcut).map((stroke) => {
    const keys: string[] = [];
    if (stroke.ctrl) keys.push('Ctrl');
    if (stroke.mod) keys.push(isMac ? '⌘' : 'Ctrl');
    if (stroke.alt) keys.push(isMac ? '⌥' : 'Alt');
    if (stroke.shift) keys.push(isMac ? '⇧' : 'Shift');
    keys.push(names[stroke.key] ?? stroke.key.toUpperCase());
    return keys;
  });
}

/** True while the person is typing: single-key shortcuts must stay silent then. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  const tag = target.tagName;
  if (tag === 'TEXTAREA' || tag === 'SELECT') return true;
  return (
    tag === 'INPUT' &&
    !['checkbox', 'radio', 'button', 'submit', 'range', 'file'].includes((target as HTMLInputElement).type)
  );
}

/** Steps through sequences such as "g d". Feed it every key press; it says which of the shortcuts is complete. */
export class SequenceMatcher {
  private pending: { shortcut: string; strokes: Stroke[]; next: number }[] = [];
  private lastAt = 0;

  match(shortcuts: readonly string[], event: KeyboardEvent): string | null {
    if (event.timeStamp - this.lastAt > 1200) this.pending = [];
    this.lastAt = event.timeStamp;
    const started = shortcuts
      .map((shortcut) => ({ shortcut, strokes: parseShortcut(shortcut), next: 0 }))
      .filter((entry) => entry.strokes.length > 1);
    const advanced = [...this.pending, ...started].filter((entry) => {
      const stroke = entry.strokes[entry.next];
      return stroke !== undefined && matchesStroke(stroke, event);
    });
    for (const entry of advanced) entry.next++;
    const complete = advanced.find((entry) => entry.next === entry.strokes.length);
    this.pending = complete ? [] : advanced;
    return complete?.shortcut ?? null;
  }
}
