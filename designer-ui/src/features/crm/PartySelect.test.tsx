import { QueryClient } from '@tanstack/react-query';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { renderUi } from '@/test/render';
import { PartySelect } from './PartySelect';

const sent: unknown[] = [];

beforeEach(() => {
  sent.length = 0;
  vi.stubGlobal(
    'fetch',
    vi.fn(async (_address: string, request?: RequestInit) => {
      if (request?.method !== 'POST') return Response.json({ items: [] });
      const body = JSON.parse(String(request.body));
      sent.push(body);
      return Response.json({ id: 'c1', ...body }, { status: 201 });
    }),
  );
});
afterEach(() => vi.unstubAllGlobals());

function Chosen({ makes = false }) {
  const [id, setId] = useState<string | null>(null);
  return (
    <>
      <PartySelect kind="companies" label="Company" makes={makes} value={id} onChange={setId} />
      <output>{id ?? 'nobody'}</output>
    </>
  );
}

const fresh = () => new QueryClient({ defaultOptions: { queries: { retry: false } } });

test('a company that is not there is made of what was typed', async () => {
  const user = userEvent.setup();
  renderUi(<Chosen makes />, fresh());
  await user.type(screen.getByRole('combobox', { name: 'Company' }), 'Lis Pumps');
  await user.click(await screen.findByRole('option', { name: 'New company “Lis Pumps”' }));
  await screen.findByText('c1');
  expect(sent).toEqual([{ name: 'Lis Pumps' }]);
  expect(screen.getByRole('combobox', { name: 'Company' })).toHaveProperty('value', 'Lis Pumps');
});

test('where nothing is made, nothing is offered', async () => {
  const user = userEvent.setup();
  renderUi(<Chosen />, fresh());
  await user.type(screen.getByRole('combobox', { name: 'Company' }), 'Lis Pumps');
  await screen.findByText('Nothing found');
  expect(screen.queryByRole('option')).toBeNull();
});
