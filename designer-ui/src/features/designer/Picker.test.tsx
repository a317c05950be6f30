import { screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { contract, kinds } from '@/lib/process/fixtures';
import { renderUi } from '@/test/render';
import { type Designer, DesignerContext } from './DesignerContext';
import { Picker } from './Picker';

function show(recent: string[] = []) {
  const onChoose = vi.fn();
  const onClose = vi.fn();
  const designer = { document: contract(), kinds } as unknown as Designer;
  renderUi(
    <DesignerContext.Provider value={designer}>
      <Picker
        request={{ anchor: { x: 10, y: 10 }, from: { node: 'draft', port: 'out' } }}
        recent={recent}
        onChoose={onChoose}
        onClose={onClose}
      />
    </DesignerContext.Provider>,
  );
  return { onChoose, onClose };
}

describe('Picker', { timeout: 60_000 }, () => {
  it('takes the keyboard at once: type, arrow, Enter', async () => {
    const { onChoose } = show();
    await screen.findByRole('combobox', { name: 'Which step?' });
    await userEvent.keyboard('deci');
    // What waits for a condition says that a decision is something else: it is found behind it.
    const found = screen.getAllByRole('option');
    expect(found).toHaveLength(2);
    expect(found[0]?.textContent).toMatch(/^Decision/);
    await userEvent.keyboard('{Enter}');
    expect(onChoose).toHaveBeenCalledWith('exclusiveGateway');
  });

  it('offers a decision first to those who call it a condition', async () => {
    const { onChoose } = show();
    await screen.findByRole('combobox', { name: 'Which step?' });
    await userEvent.keyboard('condition');
    expect(screen.getAllByRole('option').map((option) => option.textContent)).toEqual([
      expect.stringMatching(/^Decision/),
      expect.stringMatching(/^Wait for a condition/),
    ]);
    await userEvent.keyboard('{Enter}');
    expect(onChoose).toHaveBeenCalledWith('exclusiveGateway');
  });

  it('finds words without their accents and in any order, offers recent kinds first, never a start after a step', async () => {
    show(['robot:mail.send']);
    const box = await screen.findByRole('combobox', { name: 'Which step?' });
    expect(screen.getAllByRole('option')[0]).toHaveTextContent('Send e-mail');
    expect(screen.queryByRole('option', { name: /^Start/ })).toBeNull();
    await userEvent.type(box, 'mail sénd');
    expect(screen.getAllByRole('option')).toHaveLength(1);
  });

  it('closes by Esc and gives the focus back', async () => {
    const { onClose } = show();
    await screen.findByRole('combobox', { name: 'Which step?' });
    await userEvent.keyboard('{Escape}');
    expect(onClose).toHaveBeenCalledWith(true);
  });
});
