import { renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useLongPress } from './longPress';

const told = vi.fn();
let container: HTMLElement;
let step: HTMLElement;

function fire(type: string, at: { x: number; y: number }, more: Record<string, unknown> = {}): Event {
  const event = new MouseEvent(type, { bubbles: true, cancelable: true, clientX: at.x, clientY: at.y });
  Object.assign(event, { pointerType: 'touch', isPrimary: true, ...more });
  step.dispatchEvent(event);
  return event;
}

beforeEach(() => {
  vi.useFakeTimers();
  told.mockReset();
  container = document.createElement('div');
  container.innerHTML = '<div class="react-flow__node" data-id="ask"></div>';
  step = container.firstElementChild as HTMLElement;
  document.body.append(container);
  renderHook(() => useLongPress(container, told));
});
afterEach(() => {
  vi.useRealTimers();
  container.remove();
});

it('tells where a finger rests, and keeps the lift from closing the menu', () => {
  fire('pointerdown', { x: 5, y: 6 });
  fire('pointermove', { x: 8, y: 6 });
  vi.advanceTimersByTime(499);
  expect(told).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(told).toHaveBeenCalledExactlyOnceWith('ask', { x: 5, y: 6 });
  expect(fire('touchend', { x: 5, y: 6 }).defaultPrevented).toBe(true);
  expect(fire('touchend', { x: 5, y: 6 }).defaultPrevented).toBe(false);
});

it.each([
  ['a finger that moves', () => fire('pointermove', { x: 30, y: 6 })],
  ['one that is lifted', () => fire('touchend', { x: 5, y: 6 })],
  ['a second finger', () => fire('pointerdown', { x: 9, y: 9 }, { isPrimary: false })],
  [
    'a second finger outside of the drawing',
    () =>
      document.body.dispatchEvent(
        Object.assign(new MouseEvent('pointerdown', { bubbles: true }), { isPrimary: false }),
      ),
  ],
  ['a browser that has its own', () => fire('contextmenu', { x: 5, y: 6 })],
])('is not told for %s', (_, then) => {
  fire('pointerdown', { x: 5, y: 6 });
  then();
  vi.advanceTimersByTime(2000);
  expect(told).not.toHaveBeenCalled();
});

it('is not told for a mouse', () => {
  fire('pointerdown', { x: 5, y: 6 }, { pointerType: 'mouse' });
  vi.advanceTimersByTime(2000);
  expect(told).not.toHaveBeenCalled();
});
