import { QueryClient } from '@tanstack/react-query';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sessionQuery } from '@/api/queries/session';
import type { Session } from '@/api/types';
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
