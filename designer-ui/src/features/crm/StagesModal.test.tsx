import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { renderUi } from '@/test/render';
import { StagesModal } from './StagesModal';
import type { Pipeline } from './types';

const pipeline = {
  id: 'sales',
  type: 'deal',
  name: 'Sales',
  rev: 1,
  stages: [
    { id: 'a', name: 'New', color: '#64748b', kind: 'normal' },
    { id: 'b', name: 'Won', color: '#15803d', kind: 'success' },
    { id: 'c', name: 'Lost', color: '#b91c1c', kind: 'failure' },
  ],
} as unknown as Pipeline;

const names = () =>
  screen.getAllByLabelText(/^Name of stage/).map((input) => (input as HTMLInputElement).value);

test('a new stage stands before those that end the way, ready for its name', async () => {
  const user = userEvent.setup();
  renderUi(<StagesModal opened onClose={vi.fn()} pipeline={pipeline} onNew={vi.fn()} />);
  await user.click(await screen.findByRole('button', { name: 'Add stage' }));
  await user.keyboard('Offer sent');
  expect(names()).toEqual(['New', 'Offer sent', 'Won', 'Lost']);
});

test('a click beside the dialog keeps what was typed', async () => {
  const user = userEvent.setup();
  const onClose = vi.fn();
  const { baseElement } = renderUi(
    <StagesModal opened onClose={onClose} pipeline={pipeline} onNew={vi.fn()} />,
  );
  await user.type(await screen.findByLabelText('Name of stage 1'), ' clients');
  const beside = baseElement.querySelector('.mantine-Modal-overlay');
  if (!beside) throw new Error('no place beside the dialog');
  await user.click(beside);
  expect(onClose).not.toHaveBeenCalled();
  expect(names()[0]).toBe('New clients');
});
