import { describe, expect, it } from 'vitest';
import type { NodeState } from '@/api/types';
import { runLook, snapshotOf, snapshotOfCounts } from './looks';
import { parseRunsSearch } from './search';

describe('how runs look', () => {
  it('shows an incident before anything else', () => {
    expect(runLook({ status: 'active', incidents: 1 })).toBe('failed');
    expect(runLook({ status: 'active', incidents: 0 })).toBe('running');
    expect(runLook({ status: 'completed', incidents: 0 })).toBe('done');
    expect(runLook({ status: 'quarantined', incidents: 0 })).toBe('failed');
  });

  it('draws reached nodes with person, duration and incident, and leaves out the others', () => {
    const node = (state: Partial<NodeState>): NodeState => ({
      status: 'idle',
      entered: 0,
      left: 0,
      tokens: 0,
      people: [],
      since: null,
      durationMs: 0,
      ...state,
    });
    const picture = snapshotOf(
      {
        status: 'active',
        nodeStates: {
          begin: node({ status: 'done', entered: 1, left: 1, durationMs: 12 }),
          ask: node({ status: 'waiting', entered: 1, tokens: 1, people: [{ id: 'm', name: 'Marta' }] }),
          mail: node({ status: 'incident', entered: 1, tokens: 1, incident: 'i1' }),
          end: node({}),
        },
        flowsTaken: { f1: 2 },
      },
      [{ id: 'i1', message: 'down' }],
    );
    expect(Object.keys(picture.nodes)).toEqual(['begin', 'ask', 'mail']);
    expect(picture.nodes.ask).toMatchObject({ status: 'waitingPerson', person: 'Marta', tokens: 1 });
    expect(picture.nodes.mail).toMatchObject({ status: 'failed', incidents: 1, incident: 'down' });
    expect(picture.flows).toEqual({ f1: 2 });
  });

  it('adds all runs up per node', () => {
    const picture = snapshotOfCounts({
      nodes: {
        ask: { active: 3, incidents: 0 },
        mail: { active: 1, incidents: 1 },
        end: { active: 0, incidents: 0 },
      },
      statuses: {},
    });
    expect(picture.nodes).toEqual({
      ask: { status: 'running', tokens: 3, incidents: undefined },
      mail: { status: 'failed', tokens: 1, incidents: 1 },
    });
  });

  it('reads filters from an address and drops what it does not know', () => {
    expect(parseRunsSearch({ state: 'incident', version: 2, node: 'ask', tab: 'waits', x: 1 })).toEqual({
      state: 'incident',
      version: 2,
      node: 'ask',
      tab: 'waits',
    });
    expect(parseRunsSearch({ state: 'odd', version: -1, node: '' })).toEqual({});
  });
});
