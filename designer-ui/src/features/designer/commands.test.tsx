import { fireEvent } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { installKeymap, shortcutsOf } from '@/lib/commands';
import { renderUi } from '@/test/render';
import {
  commandsAt,
  type DesignerCommand,
  type EditorActions,
  type EditorState,
  useDesignerCommands,
} from './commands';

const calm: EditorState = {
  readOnly: false,
  undo: undefined,
  redo: undefined,
  selected: 1,
  only: 'step',
  steps: 1,
  grouped: false,
  foldable: false,
  scope: false,
  hostable: true,
  answered: true,
  placed: { selected: false, some: false },
  pinned: false,
  connecting: false,
  hasProblems: false,
  hasWay: false,
  hasFault: false,
  map: undefined,
  searching: false,
  tool: 'select',
  outline: false,
  phone: false,
  palette: true,
  settings: true,
};

let singleKeys = true;
let uninstall = (): void => {};
beforeEach(() => {
  singleKeys = true;
  uninstall = installKeymap(() => singleKeys);
});
afterEach(() => uninstall());

function show(state: Partial<EditorState> = {}) {
  const called = vi.fn();
  const actions = new Proxy({} as EditorActions, {
    get:
      (_, name) =>
      (...args: unknown[]) =>
        called(name, ...args.filter((arg) => !(arg instanceof Event))),
  });
  let commands: readonly DesignerCommand[] = [];
  function Harness() {
    commands = useDesignerCommands(actions, { ...calm, ...state });
    return (
      <div data-command-scope="canvas">
        <button type="button">drawing</button>
        <input aria-label="name" />
      </div>
    );
  }
  const view = renderUi(<Harness />);
  const canvas = view.getByRole('button', { name: 'drawing' });
  const press = (init: KeyboardEventInit, on: Element = canvas): boolean => fireEvent.keyDown(on, init);
  return { called, press, commands: () => commands, view };
}

describe('the commands of the designer', () => {
  it('listen to letters by character and, in a Russian layout, by key', () => {
    const { called, press } = show();
    press({ key: 'n', code: 'KeyN' });
    press({ key: 'т', code: 'KeyN' });
    expect(called.mock.calls).toEqual([['addStep'], ['addStep']]);
    // A Latin letter in another place of the keyboard means itself.
    called.mockClear();
    press({ key: 'b', code: 'KeyN' });
    expect(called).not.toHaveBeenCalled();
  });

  it('leave single keys to fields, to the rest of the page, and when they are switched off', () => {
    const { called, press, view } = show();
    press({ key: 'n', code: 'KeyN' }, view.getByLabelText('name'));
    press({ key: 'n', code: 'KeyN' }, document.body);
    singleKeys = false;
    press({ key: 'n', code: 'KeyN' });
    expect(called).not.toHaveBeenCalled();
    press({ key: 'd', code: 'KeyD', ctrlKey: true });
    expect(called).toHaveBeenCalledWith('duplicate');
  });

  it('leave undo to a field while somebody types in it', () => {
    const { called, press, view } = show({ undo: 'Undo: move' });
    press({ key: 'z', code: 'KeyZ', ctrlKey: true }, view.getByLabelText('name'));
    expect(called).not.toHaveBeenCalled();
    press({ key: 'z', code: 'KeyZ', ctrlKey: true });
    expect(called).toHaveBeenCalledWith('undo');
  });

  it('leave copying to the browser, and show its keys', () => {
    const { press, called, commands } = show();
    expect(press({ key: 'c', code: 'KeyC', ctrlKey: true })).toBe(true);
    expect(called).not.toHaveBeenCalled();
    expect(shortcutsOf(commands().find(({ id }) => id === 'designer.copy') as DesignerCommand)).toEqual([
      'mod+c',
    ]);
  });

  it('go to the next match with N while a search is shown', () => {
    const { press, called } = show({ searching: true });
    press({ key: 'n', code: 'KeyN' });
    press({ key: 'N', code: 'KeyN', shiftKey: true });
    expect(called.mock.calls).toEqual([
      ['nextMatch', 1],
      ['nextMatch', -1],
    ]);
  });

  it('lay out round what was placed where something was, and say whether a step may be moved', () => {
    const none = show();
    none.press({ key: 'K', code: 'KeyK', altKey: true, shiftKey: true });
    expect(none.called).not.toHaveBeenCalled();
    none.view.unmount();
    const { press, called, commands } = show({ placed: { selected: true, some: true } });
    press({ key: 'K', code: 'KeyK', altKey: true, shiftKey: true });
    press({ key: 'T', code: 'KeyT', altKey: true, shiftKey: true });
    expect(called.mock.calls).toEqual([
      ['tidy', true],
      ['tidy', false],
    ]);
    expect(commands().find(({ id }) => id === 'designer.placed')?.title).toBe('Let tidying up move it');
  });

  it('show and play a flow fault, fold the map and give colours', () => {
    const none = show({ only: 'connection' });
    for (const key of ['F8', 'm', 'C']) none.press({ key, altKey: key !== 'm', shiftKey: key === 'C' });
    expect(none.called).not.toHaveBeenCalled();
    none.view.unmount();
    const { press, called, commands } = show({ hasWay: true, hasFault: true, map: true });
    press({ key: 'F8', altKey: true }, document.body);
    press({ key: 'F8', altKey: true, shiftKey: true }, document.body);
    press({ key: 'm', code: 'KeyM' });
    press({ key: 'C', code: 'KeyC', altKey: true, shiftKey: true });
    commands()
      .find(({ title }) => title === 'Colour: Teal')
      ?.run();
    expect(called.mock.calls).toEqual([
      ['showWay'],
      ['playFault'],
      ['toggleMap'],
      ['chooseColour'],
      ['colour', 'teal'],
    ]);
  });

  it('push with the arrows while room is made, and connect with Enter while connecting', () => {
    const room = show({ tool: 'room' });
    room.press({ key: 'ArrowRight' });
    expect(room.called.mock.calls).toEqual([['nudge', 20, 0]]);
    room.view.unmount();
    const connecting = show({ connecting: true });
    connecting.press({ key: 'ArrowRight' });
    connecting.press({ key: 'Enter' });
    expect(connecting.called.mock.calls).toEqual([['go', 'next'], ['confirm']]);
  });

  it('never give two meanings to one key at once', () => {
    for (const state of [
      {},
      { connecting: true },
      { tool: 'room' as const },
      { selected: 3, only: undefined },
    ]) {
      const { commands, view } = show(state);
      const seen = new Map<string, string>();
      for (const command of commands()) {
        if (command.native || command.enabled?.() === false) continue;
        for (const shortcut of shortcutsOf(command)) {
          expect(seen.get(shortcut), `${shortcut} of ${command.id}`).toBeUndefined();
          seen.set(shortcut, command.id);
        }
      }
      view.unmount();
    }
  });

  it('fill the menus with what can be done there', () => {
    const { commands, view } = show({ undo: 'Undo: move' });
    const ids = (place: Parameters<typeof commandsAt>[1]) =>
      commandsAt(commands(), place)
        .flat()
        .map(({ id }) => id.replace('designer.', ''));
    expect(ids('step')).toEqual(
      expect.arrayContaining(['add', 'connect', 'rename', 'replace', 'timeLimit', 'delete']),
    );
    expect(ids('step')).not.toContain('fold');
    expect(ids('touch')).toEqual(['undo', 'connect', 'delete']);
    expect(ids('several')).not.toContain('align.left');
    view.unmount();
    const reader = show({ readOnly: true });
    const left = commandsAt(reader.commands(), 'step').flat();
    expect(left.map(({ id }) => id)).toEqual(['designer.open', 'designer.copy']);
  });
});
