import { fireEvent, screen } from '@testing-library/react';
import { useState } from 'react';
import { describe, expect, it, vi } from 'vitest';
import { contract, kinds } from '@/lib/process/fixtures';
import type { ProcessNode, Trigger } from '@/lib/process/types';
import { renderUi } from '@/test/render';
import { type Designer, DesignerContext } from '../DesignerContext';
import { EffectEditor } from './EffectEditor';
import { TriggerEditor } from './TriggerEditor';

function show(start: ProcessNode, effect: boolean) {
  const seen = vi.fn();
  function Harness() {
    const [node, setNode] = useState(start);
    const change = (value: unknown): void => {
      seen(value);
      setNode({ ...node, [effect ? 'effect' : 'trigger']: value as Trigger });
    };
    return effect ? (
      <EffectEditor node={node} onChange={change} />
    ) : (
      <TriggerEditor node={node} onChange={change} />
    );
  }
  const designer = {
    document: contract(),
    kinds,
    readOnly: false,
    definitionKey: 'k',
  } as unknown as Designer;
  renderUi(
    <DesignerContext.Provider value={designer}>
      <Harness />
    </DesignerContext.Provider>,
  );
  return seen;
}

async function choose(label: string, option: string): Promise<void> {
  fireEvent.click(screen.getByRole('combobox', { name: label }));
  fireEvent.click(await screen.findByRole('option', { name: option }));
}

describe('several events of one node', { timeout: 60_000 }, () => {
  it('begin with what was set, grow, change their kind and shrink', async () => {
    const node = { id: 'w', kind: 'catchEvent', trigger: { timer: { after: 'PT2H' } } };
    const seen = show(node, false);
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
    const seen = show({ id: 'e', kind: 'endEvent', effect: { signal: { code: 'done' } } }, true);
    await choose('What happens here', 'Several');
    expect(seen).toHaveBeenLastCalledWith({ all: [{ signal: { code: 'done' } }, { message: { name: '' } }] });
    await choose('Event 2', 'Escalation');
    expect(seen.mock.lastCall?.[0].all[1]).toEqual({ escalation: { code: '' } });
  });
});
