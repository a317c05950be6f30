import { QueryClient } from '@tanstack/react-query';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { directoryQuery } from '@/api/queries/directory';
import { sessionQuery } from '@/api/queries/session';
import type { Directory, Session } from '@/api/types';
import { renderUi } from '@/test/render';
import { PartyModal } from './PartyModal';

// There is no router here; what it guards is the page, not the dialog.
vi.mock('@/ui/LeaveGuard', () => ({ LeaveGuard: () => null }));

const client = () => {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  queries.setQueryData(sessionQuery.queryKey, {
    user: { id: 'marta', name: 'Marta' },
    permissions: [],
  } as unknown as Session);
  queries.setQueryData(directoryQuery.queryKey, {
    users: [
      { id: 'marta', name: 'Marta', active: true },
      { id: 'henrik', name: 'Henrik', active: true },
    ],
  } as unknown as Directory);
  return queries;
};

beforeEach(() => {
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => Response.json({ items: [] })),
  );
});
afterEach(() => vi.unstubAllGlobals());

test('a client that was written in is asked about before the dialog closes', async () => {
  const user = userEvent.setup();
  const onClose = vi.fn();
  renderUi(<PartyModal kind="companies" party={{}} onClose={onClose} />, client());

  const name = await screen.findByLabelText(/^Name/);
  await user.type(name, 'Lis Pumps');
  await user.click(screen.getByRole('button', { name: 'Cancel' }));
  await screen.findByText('Leave without saving?');
  expect(onClose).not.toHaveBeenCalled();

  await user.click(screen.getByRole('button', { name: 'Stay' }));
  await waitFor(() => expect(screen.queryByText('Leave without saving?')).toBeNull());
  expect(name).toHaveProperty('value', 'Lis Pumps');

  await user.keyboard('{Escape}');
  await user.click(await screen.findByRole('button', { name: 'Leave' }));
  expect(onClose).toHaveBeenCalledTimes(1);
});

test('a client that is as it was closes at once', async () => {
  const user = userEvent.setup();
  const onClose = vi.fn();
  renderUi(<PartyModal kind="companies" party={{ name: 'Lis' }} onClose={onClose} />, client());

  const name = await screen.findByLabelText(/^Name/);
  await user.type(name, 'x');
  await user.clear(name);
  await user.type(name, 'Lis');
  await user.click(screen.getByRole('button', { name: 'Cancel' }));
  expect(onClose).toHaveBeenCalledTimes(1);
});

test('who adds a client is responsible for it, and somebody else can be chosen', async () => {
  const user = userEvent.setup();
  renderUi(<PartyModal kind="companies" party={{}} onClose={() => {}} />, client());

  const responsible = await screen.findByRole('combobox', { name: 'Responsible' });
  expect(responsible).toHaveProperty('value', 'Marta');
  await user.type(await screen.findByLabelText(/^Name/), 'Lis');
  await user.click(responsible);
  await user.click(await screen.findByRole('option', { name: 'Henrik', hidden: true }));
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => {
    const post = vi.mocked(fetch).mock.calls.find(([, init]) => init?.method === 'POST');
    expect(JSON.parse(String(post?.[1]?.body))).toMatchObject({ name: 'Lis', responsibleId: 'henrik' });
  });
});
