import { QueryClient } from '@tanstack/react-query';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, test } from 'vitest';
import { directoryQuery } from '@/api/queries/directory';
import type { Directory } from '@/api/types';
import { renderUi } from '@/test/render';
import { type JsonSchema, SchemaForm } from '.';

const directory: Directory = {
  users: [
    { id: 'anna', name: 'Anna Kowalska', title: '', departmentId: '', active: true, avatarColor: '#123456' },
  ],
  groups: [],
  departments: [],
  roles: [
    { id: 'operator', name: '', holders: 1 },
    { id: 'r1', name: 'Signers', holders: 0 },
  ],
};

const schema: JsonSchema = {
  type: 'object',
  properties: {
    assignee: { type: 'string', title: 'Assignee', 'x-widget': 'performer-picker' },
    approvers: {
      type: 'array',
      title: 'Approvers',
      'x-widget': 'performer-picker',
      'x-many': true,
      items: { type: 'string' },
    },
    head: { type: 'string', title: 'Head', 'x-widget': 'user-picker' },
  },
};

function Harness({ start = {} }: { start?: Record<string, unknown> }) {
  const [value, setValue] = useState<Record<string, unknown>>(start);
  return (
    <>
      <SchemaForm schema={schema} value={value} onChange={setValue} />
      <output>{JSON.stringify(value)}</output>
    </>
  );
}

const render = (start?: Record<string, unknown>) => {
  const client = new QueryClient();
  client.setQueryData(directoryQuery.queryKey, directory);
  renderUi(<Harness start={start} />, client);
};
const current = () => JSON.parse(document.querySelector('output')?.textContent ?? '');

test('roles are chosen where people are, by pointer and by keyboard', async () => {
  render();
  await userEvent.click(screen.getByRole('combobox', { name: /Assignee/ }));
  await userEvent.click(await screen.findByRole('option', { name: 'Role: Operator' }));
  expect(current()).toEqual({ assignee: 'role:operator' });

  await userEvent.type(screen.getByLabelText(/^Approvers/), 'Signers{ArrowDown}{Enter}');
  expect(current()).toEqual({ assignee: 'role:operator', approvers: ['role:r1'] });
  expect(screen.getAllByText('Role: Signers (nobody holds it)').length).toBeGreaterThan(0);

  await userEvent.click(screen.getByRole('combobox', { name: /Head/ }));
  expect(screen.queryByRole('option', { name: 'Role: Operator' })).toBeNull();
});

test('a role that is gone stays to be seen', () => {
  render({ assignee: 'role:gone' });
  expect(screen.getByRole('combobox', { name: /Assignee/ })).toHaveProperty(
    'value',
    'role:gone (no longer exists)',
  );
});
