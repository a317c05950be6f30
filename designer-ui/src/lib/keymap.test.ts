// @vitest-environment jsdom
import { afterEach, describe, expect, test, vi } from 'vitest';
import { installKeymap, registerCommands } from './commands';
import { fold, matchScore } from './fold';
import { matchesShortcut, shortcutKeys } from './keymap';

const key = (init: KeyboardEventInit) =>
  new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init });

describe('keymap', () => {
  let cleanup: (() => void)[] = [];
  afterEach(() => {
    for (const undo of cleanup) undo();
    cleanup = [];
    document.body.replaceChildren();
  });

  test('matches letters on a layout without Latin ones', () => {
    expect(matchesShortcut('mod+k', key({ key: 'л', code: 'KeyK', ctrlKey: true }))).toBe(true);
    expect(matchesShortcut('mod+k', key({ key: 'k', code: 'KeyK', ctrlKey: true }))).toBe(true);
    expect(matchesShortcut('mod+k', key({ key: 'k', code: 'KeyK' }))).toBe(false);
    expect(matchesShortcut('mod+k', key({ key: 'k', code: 'KeyK', ctrlKey: true, shiftKey: true }))).toBe(
      false,
    );
    // A Dvorak keyboard types another Latin letter with that key: only the letter counts.
    expect(matchesShortcut('n', key({ key: 'b', code: 'KeyN' }))).toBe(false);
    expect(matchesShortcut('?', key({ key: '?', code: 'Slash', shiftKey: true }))).toBe(true);
    expect(matchesShortcut('alt+1', key({ key: '¡', code: 'Digit1', altKey: true }))).toBe(true);
  });

  test('prints keys', () => {
    expect(shortcutKeys('mod+shift+z')).toEqual([['Ctrl', 'Shift', 'Z']]);
    expect(shortcutKeys('g d')).toEqual([['G'], ['D']]);
    expect(shortcutKeys('+')).toEqual([['+']]);
  });

  test('runs commands by key, sequence and scope, never single keys while typing', () => {
    const ran: string[] = [];
    const command = (id: string, shortcut: string, scope?: string) => ({
      id,
      title: id,
      section: 's',
      shortcut,
      scope,
      run: () => void ran.push(id),
    });
    let single = true;
    cleanup.push(
      registerCommands([
        command('next', 'j'),
        command('save', 'mod+s'),
        command('go', 'g d'),
        command('add', 'n', 'canvas'),
      ]),
    );
    cleanup.push(installKeymap(() => single));
    const canvas = document.createElement('div');
    canvas.dataset.commandScope = 'canvas';
    const input = document.createElement('input');
    document.body.append(canvas, input);

    document.body.dispatchEvent(key({ key: 'j', code: 'KeyJ' }));
    input.dispatchEvent(key({ key: 'j', code: 'KeyJ' }));
    input.dispatchEvent(key({ key: 's', code: 'KeyS', ctrlKey: true }));
    document.body.dispatchEvent(key({ key: 'n', code: 'KeyN' }));
    canvas.dispatchEvent(key({ key: 'n', code: 'KeyN' }));
    document.body.dispatchEvent(key({ key: 'g', code: 'KeyG' }));
    document.body.dispatchEvent(key({ key: 'd', code: 'KeyD' }));
    single = false;
    document.body.dispatchEvent(key({ key: 'j', code: 'KeyJ' }));
    expect(ran).toEqual(['next', 'save', 'add', 'go']);
  });

  test('leaves keys of disabled commands alone', () => {
    const run = vi.fn();
    cleanup.push(
      registerCommands([{ id: 'x', title: 'x', section: 's', shortcut: 'x', enabled: () => false, run }]),
    );
    cleanup.push(installKeymap(() => true));
    const event = key({ key: 'x', code: 'KeyX' });
    document.body.dispatchEvent(event);
    expect(run).not.toHaveBeenCalled();
    expect(event.defaultPrevented).toBe(false);
  });
});

describe('fold', () => {
  test('forgets case and accents', () => {
    expect(fold('Łódź São Ёлка')).toBe('lodz sao елка');
  });

  test('ranks starts over word starts over parts over scattered letters', () => {
    const score = (text: string) => matchScore('set', text);
    expect([
      score('Settings'),
      score('Mail settings'),
      score('Reset'),
      score('Slow test'),
      score('Runs'),
    ]).toEqual([4, 3, 2, 1, null]);
  });
});
