import { describe, expect, it } from 'vitest';
import { History } from './history';

interface Doc {
  items: string[];
  name: string;
}

function setup(limit = 200) {
  let at = 0;
  const history = new History<Doc>({ items: [], name: 'a' }, { limit, now: () => at });
  return { history, wait: (ms: number) => (at += ms) };
}

const add = (item: string) => (draft: Doc) => {
  draft.items.push(item);
};

describe('History', () => {
  it('gives back the identical value after undo and the same value after redo', () => {
    const { history } = setup();
    const before = history.current;
    history.run({ key: 'add' }, add('x'), { focus: ['x'] });
    const after = history.current;
    expect(history.undo()).toEqual({ label: { key: 'add' }, focus: ['x'] });
    expect(history.current).toEqual(before);
    history.redo();
    expect(history.current).toEqual(after);
  });

  it('makes no entry and keeps redo when nothing changes', () => {
    const { history } = setup();
    history.run({ key: 'add' }, add('x'));
    history.undo();
    expect(history.run({ key: 'nothing' }, () => {})).toBe(false);
    expect(history.redoLabel).toEqual({ key: 'add' });
  });

  it('forgets redo after a new edit', () => {
    const { history } = setup();
    history.run({ key: 'add' }, add('x'));
    history.undo();
    history.run({ key: 'add' }, add('y'));
    expect(history.redo()).toBeUndefined();
  });

  it('merges a burst on the same target and ends it by time, target and seal', () => {
    const { history, wait } = setup();
    const type = (name: string, merge = 'rename') =>
      history.run(
        { key: 'rename' },
        (draft) => {
          draft.name = name;
        },
        { merge },
      );
    type('ab');
    wait(500);
    type('abc');
    expect(history.size).toBe(1);
    wait(801);
    type('abcd');
    expect(history.size).toBe(2);
    type('abcde', 'other');
    expect(history.size).toBe(3);
    history.seal();
    type('abcdef', 'other');
    expect(history.size).toBe(4);
    for (let i = 0; i < 4; i++) history.undo();
    expect(history.current.name).toBe('a');
  });

  it('keeps the youngest entries only', () => {
    const { history } = setup(3);
    for (const item of ['1', '2', '3', '4', '5']) history.run({ key: 'add' }, add(item));
    while (history.undo());
    expect(history.current.items).toEqual(['1', '2']);
  });

  it('tells its listeners and starts anew on reset', () => {
    const { history } = setup();
    let told = 0;
    const stop = history.subscribe(() => told++);
    history.run({ key: 'add' }, add('x'));
    history.reset({ items: ['z'], name: 'z' });
    stop();
    history.run({ key: 'add' }, add('y'));
    expect(told).toBe(2);
    history.undo();
    expect(history.undo()).toBeUndefined();
    expect(history.current.items).toEqual(['z']);
  });
});
