import { fireEvent, screen } from '@testing-library/react';
import { useState } from 'react';
import { describe, expect, it, vi } from 'vitest';
import { contract, kinds } from '@/lib/process/fixtures';
import { renderUi } from '@/test/render';
import { type Designer, DesignerContext } from '../DesignerContext';
import type { Connecting } from '../editorActions';
import { Outline } from './Outline';

function show(connecting?: Connecting) {
  const connectTo = vi.fn();
  const onMenu = vi.fn();
  const process = contract();
  function Harness() {
    const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
    const designer = {
      document: process,
      kinds,
      readOnly: false,
      findings: [],
      selection,
      connecting,
      select: (ids: Iterable<string>) => setSelection(new Set(ids)),
      actions: { goTo: (id: string) => setSelection(new Set([id])), connectTo },
    } as unknown as Designer;
    return (
      <DesignerContext.Provider value={designer}>
        <Outline highlight={undefined} presence={new Map()} onMenu={onMenu} />
      </DesignerContext.Provider>
    );
  }
  renderUi(<Harness />);
  const lines = screen.getAllByRole('treeitem');
  const press = (key: string, more: KeyboardEventInit = {}): void => {
    fireEvent.keyDown(window.document.activeElement as Element, { key, ...more });
  };
  return { connectTo, onMenu, lines, press };
}

const focused = (): string | null | undefined => window.document.activeElement?.getAttribute('data-line');

describe('the outline', { timeout: 60_000 }, () => {
  it('is one Tab stop that the arrow keys walk, and what they come to is selected', () => {
    const { lines, press } = show();
    expect(lines.filter((line) => line.tabIndex === 0)).toHaveLength(1);
    fireEvent.focus(lines[0] as Element);
    (lines[0] as HTMLElement).focus();
    press('ArrowDown');
    expect(focused()).toBe('draft');
    expect(window.document.activeElement).toHaveAttribute('aria-selected', 'true');
    press('ArrowDown', { shiftKey: true });
    expect(screen.getAllByRole('treeitem', { selected: true })).toHaveLength(2);
    press('End');
    press('Home');
    expect(focused()).toBe('begin');
    // The time limit stands below its step; left goes back up to it.
    fireEvent.click(lines.find((line) => line.dataset.line === 'late') as Element);
    expect(window.document.activeElement).toHaveAttribute('aria-level', '2');
    press('ArrowLeft');
    expect(focused()).toBe('prepare');
  });

  it('connects to the line that is pressed while a connection is made', () => {
    const { connectTo, lines } = show({ from: 'draft', port: 'out', to: 'prepare' });
    expect(lines.find((line) => line.dataset.line === 'begin')).toHaveAttribute('data-refused');
    fireEvent.click(lines.find((line) => line.dataset.line === 'won') as Element);
    expect(connectTo).toHaveBeenCalledWith('won');
  });

  it('opens the menu of a line by its button', () => {
    const { onMenu } = show();
    fireEvent.click(screen.getByRole('button', { name: 'Actions for Prepare' }));
    expect(onMenu).toHaveBeenCalledWith(expect.objectContaining({ id: 'prepare' }));
  });
});
