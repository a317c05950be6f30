import { QueryClient } from '@tanstack/react-query';
import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { contract, descriptors } from '@/lib/process/fixtures';
import { KindTable } from '@/lib/process/kinds';
import type { ProcessDocument } from '@/lib/process/types';
import { renderUi } from '@/test/render';
import { ChangeList } from './ChangeList';

const kinds = new KindTable(
  descriptors.map((descriptor) =>
    descriptor.key === 'approval'
      ? {
          ...descriptor,
          schema: {
            type: 'object',
            properties: {
              approvers: { title: 'Approvers', 'x-widget': 'performer-picker' },
              rule: {
                title: 'Rule',
                enum: ['all', 'any'],
                'x-labels': { all: 'All agree', any: 'First answer' },
              },
              due: { title: 'Due', 'x-widget': 'duration' },
              text: { title: 'Text' },
              outcomes: { title: 'Outcomes' },
            },
          },
        }
      : descriptor,
  ),
);

function show(change: (next: ProcessDocument) => void) {
  const base = contract();
  const approval = base.nodes.find(({ kind }) => kind === 'approval');
  if (!approval) throw new Error('the contract asks nobody');
  approval.config = {
    approvers: ['u-1'],
    rule: 'all',
    due: 'P1D',
    text: `${'a'.repeat(300)} Monday`,
    outcomes: [{ name: 'yes', label: 'Agreed' }],
  };
  const next = structuredClone(base);
  change(next);
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  const users = ['Ada', 'Bea'].map((name, i) => ({ id: `u-${i + 1}`, name, active: true }));
  client.setQueryData(['directory'], { users, groups: [], roles: [], departments: [] });
  client.setQueryData(['pipelines'], {
    items: [{ id: 'p', key: 'p', name: 'Sales', type: 'deal', stages: [{ id: 's1', name: 'Won' }] }],
  });
  renderUi(<ChangeList base={base} next={next} kinds={kinds} details />, client);
  return screen.getAllByRole('listitem').map((row) => {
    const fields = [...row.querySelectorAll('div')];
    return fields.map((field) => [...field.children].map((part) => part.textContent));
  });
}

const configOf = (document: ProcessDocument) =>
  document.nodes.find(({ kind }) => kind === 'approval')?.config as Record<string, unknown>;

test('changes of settings are told with the words of the form, not with keys and ids', () => {
  const rows = show((next) =>
    Object.assign(configOf(next), { approvers: ['u-1', 'u-2'], rule: 'any', due: 'P2D' }),
  );
  expect(rows).toEqual([
    [
      ['Approvers', 'Ada', 'Ada, Bea'],
      ['Rule', 'All agree', 'First answer'],
      ['Due', '1 day', '2 days'],
    ],
  ]);
});

test('values that would read the same are shown as they are written', () => {
  const [[[field, before, after] = []] = []] = show((next) => {
    configOf(next).outcomes = [{ name: 'agreed', label: 'Agreed' }];
  });
  expect(field).toBe('Outcomes');
  expect(before).toContain('"yes"');
  expect(after).toContain('"agreed"');
});

test('of a long text the place that differs is shown', () => {
  const [[[, before, after] = []] = []] = show((next) => {
    configOf(next).text = `${'a'.repeat(300)} Tuesday`;
  });
  expect(before).toMatch(/^…a+ Monday$/);
  expect(after).toMatch(/^…a+ Tuesday$/);
});

test('a connection that leads elsewhere says from which step to which, and a stage its name', () => {
  const rows = show((next) => {
    const flow = next.flows.find(({ to }) => to === 'prepare');
    if (flow) flow.to = 'late';
    const start = next.nodes.find(({ kind }) => kind === 'startEvent');
    if (start) start.trigger = { on: 'stageEntered', pipeline: 'p', stage: 's1' };
  });
  expect(rows.flat()).toContainEqual(['To', 'Prepare', expect.not.stringContaining('late')]);
  expect(rows.flat()).toContainEqual([
    'Waits for',
    '–',
    'Waits for: Stage entered; Pipeline: Sales; Stage: Won',
  ]);
});
