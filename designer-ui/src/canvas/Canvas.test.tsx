import { act, fireEvent, screen, within } from '@testing-library/react';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { contract, kinds, ladder } from '@/lib/process/fixtures';
import { renderUi } from '@/test/render';
import { Canvas, type CanvasProps } from './Canvas';
import { RunStore } from './runStore';

beforeAll(() => {
  // jsdom has no layout; the library culls by the size of its container.
  for (const [name, value] of [
    ['offsetWidth', 1600],
    ['offsetHeight', 500],
    ['clientWidth', 1600],
    ['clientHeight', 500],
  ] as const) {
    Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => value });
  }
});

beforeEach(() => localStorage.clear());

function show(props: Partial<CanvasProps> = {}) {
  return renderUi(<Canvas document={contract()} kinds={kinds} label="Contract preparation" {...props} />);
}

const step = (name: RegExp) => screen.getByRole('group', { name });

// Finding elements by role and name in jsdom is slow on a busy machine.
describe('Canvas', { timeout: 60_000 }, () => {
  it('shows every node with a spoken name, and is one Tab stop', () => {
    const { container } = show();
    expect(screen.getByRole('application', { name: 'Contract preparation' })).toHaveAttribute(
      'tabindex',
      '0',
    );
    expect(step(/^Prepare, Task, 2 in, 2 out$/)).toBeInTheDocument();
    expect(step(/^Draft, Send e-mail, 1 in, 1 out$/)).toBeInTheDocument();
    expect(screen.getAllByRole('group', { name: /\d in, \d out$/ })).toHaveLength(8);
    expect(screen.getByRole('group', { name: 'Connection from Draft to Prepare' })).toBeInTheDocument();
    expect(within(step(/^Approve/)).getByText('rework')).toBeInTheDocument();
    expect(container.querySelectorAll('[tabindex="0"]')).toHaveLength(1);
  });

  it('offers no editing unless it is editable', () => {
    const { container } = show();
    expect(screen.queryByLabelText(/^Add a step/)).toBeNull();
    expect(container.querySelector('[aria-label="Insert a step here"]')).toBeNull();
  });

  it('asks for a step behind a free port and inside a flow', () => {
    const onPick = vi.fn();
    const document = contract();
    document.flows = document.flows.filter(({ id }) => id !== 'f6');
    const { container } = show({ document, editable: true, onPick });
    const plus = within(step(/^Approve/)).getByLabelText('Add a step after “reject”');
    fireEvent.click(plus);
    expect(onPick).toHaveBeenLastCalledWith(
      expect.objectContaining({ from: { node: 'ok', port: 'reject' } }),
    );
    const insert = container.querySelector('[data-flow="f1"] [aria-label="Insert a step here"]');
    if (!insert) throw new Error('no insert button');
    fireEvent.click(insert);
    expect(onPick).toHaveBeenLastCalledWith(expect.objectContaining({ flow: 'f1' }));
  });

  it('asks a gateway for its second way, and a join for none', () => {
    const onPick = vi.fn();
    const document = contract();
    document.nodes.push({ id: 'which', kind: 'exclusiveGateway', name: 'Which way?' });
    document.layout = { ...document.layout, which: { at: [0, 600] } };
    document.flows.push({ id: 'w', from: 'which', to: 'prepare' });
    const { unmount } = show({ document, editable: true, onPick });
    fireEvent.click(within(step(/^Which way/)).getByLabelText('Add a step here'));
    expect(onPick).toHaveBeenLastCalledWith(
      expect.objectContaining({ from: expect.objectContaining({ node: 'which' }) }),
    );
    const two = { ...document, flows: [...document.flows, { id: 'v', from: 'which', to: 'ok' }] };
    unmount();
    show({ document: two, editable: true, onPick });
    expect(within(step(/^Which way/)).queryByLabelText('Add a step here')).toBeNull();
  });

  it('reports selection by click', () => {
    const onSelectionChange = vi.fn();
    show({ onSelectionChange });
    fireEvent.click(step(/^Prepare/));
    expect(onSelectionChange).toHaveBeenLastCalledWith(new Set(['prepare']));
  });

  it('shows problems with their number', () => {
    show({ marks: new Map([['prepare', { severity: 'error', count: 2 }]]) });
    expect(within(step(/^Prepare/)).getByTitle('2 problems')).toHaveTextContent('2');
  });

  it('follows a run without a new document', () => {
    const runStore = new RunStore();
    const { container } = show({ runStore, overlay: 'run' });
    act(() => {
      runStore.replace({
        nodes: {
          draft: { status: 'done', durationMs: 1500 },
          prepare: { status: 'waitingPerson', person: 'Anna Nowak', tokens: 1 },
        },
        flows: { f1: 1, f2: 1 },
      });
    });
    expect(step(/^Prepare/)).toHaveTextContent('Anna Nowak');
    expect(within(step(/^Prepare/)).getByTitle('Waiting for a person')).toBeInTheDocument();
    expect(container.querySelector('[data-flow="f2"]')).toHaveAttribute('data-taken', 'true');
    expect(container.querySelector('[data-flow="f3"]')).toHaveAttribute('data-taken', 'false');

    act(() =>
      runStore.apply({ nodes: { prepare: { status: 'failed', incidents: 1, incident: 'SMTP is down' } } }),
    );
    expect(within(step(/^Prepare/)).getAllByTitle('SMTP is down').length).toBeGreaterThan(0);
    expect(within(step(/^Draft/)).getByTitle('Done')).toBeInTheDocument();
  });

  it('counts the tokens of all runs', () => {
    const runStore = new RunStore();
    show({ runStore, overlay: 'counts' });
    act(() => runStore.replace({ nodes: { prepare: { status: 'running', tokens: 1234 } } }));
    expect(within(step(/^Prepare/)).getByTitle('1234 tokens here')).toHaveTextContent(/^1[.,]2K$/i);
  });

  it('draws a large graph far out on one canvas instead of in the DOM', () => {
    const { container } = show({ document: ladder(160), viewportKey: 'big' });
    expect(container.querySelectorAll('.react-flow__node').length).toBeLessThan(100);
    localStorage.setItem('fluxo.viewport.far', '0 0 0.15');
    const far = renderUi(<Canvas document={ladder(160)} kinds={kinds} label="Far" viewportKey="far" />);
    expect(far.container.querySelectorAll('.react-flow__node')).toHaveLength(0);
  });
});
