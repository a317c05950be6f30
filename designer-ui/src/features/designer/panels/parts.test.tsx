import { fireEvent, screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { showPanel } from '@/test/panel';

async function choose(label: string, option: string): Promise<void> {
  fireEvent.click(screen.getByRole('combobox', { name: label }));
  fireEvent.click(await screen.findByRole('option', { name: option }));
}

describe('several events of one node', { timeout: 60_000 }, () => {
  it('begin with what was set, grow, change their kind and shrink', async () => {
    const node = { id: 'w', kind: 'catchEvent', trigger: { timer: { after: 'PT2H' } } };
    const seen = showPanel(node);
    await choose('Waits for', 'The first of several');
    const first = { timer: { after: 'PT2H' } };
    expect(seen).toHaveBeenLastCalledWith({ any: [first, { timer: { after: 'P1D' } }] });
    await choose('Event 2', 'Signal');
    expect(seen).toHaveBeenLastCalledWith({ any: [first, { signal: { code: '' } }] });
    fireEvent.change(screen.getByLabelText(/^Code/), { target: { value: 'paid' } });
    expect(seen).toHaveBeenLastCalledWith({ any: [first, { signal: { code: 'paid' } }] });
    fireEvent.click(screen.getByRole('button', { name: 'Add another' }));
    expect(seen.mock.lastCall?.[0].any).toHaveLength(3);
    await choose('Waits for', 'All of several');
    expect(seen.mock.lastCall?.[0].all).toHaveLength(3);
    fireEvent.click(screen.getByRole('button', { name: 'Remove number 1' }));
    expect(seen.mock.lastCall?.[0].all[0]).toEqual({ signal: { code: 'paid' } });
  });

  it('are sent together by an end', async () => {
    const seen = showPanel({ id: 'e', kind: 'endEvent', effect: { signal: { code: 'done' } } }, 'effect');
    await choose('What happens here', 'Several');
    expect(seen).toHaveBeenLastCalledWith({ all: [{ signal: { code: 'done' } }, { message: { name: '' } }] });
    await choose('Event 2', 'Escalation');
    expect(seen.mock.lastCall?.[0].all[1]).toEqual({ escalation: { code: '' } });
  });
});
