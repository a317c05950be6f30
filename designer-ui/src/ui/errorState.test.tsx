import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { ApiError } from '@/api/problem';
import { renderUi } from '@/test/render';
import { ErrorState } from './ErrorState';

it('says what is wrong with what was asked for, and takes a filter away that names what is gone', async () => {
  const clear = vi.fn();
  const problem = {
    detail: 'Some fields are not valid.',
    remedy: 'Correct the fields that are listed.',
    errors: [{ path: '/filter/field', code: 'unknown_field', message: 'records have no field "floor"' }],
  };
  renderUi(<ErrorState error={new ApiError(422, problem)} onClear={clear} />);
  expect(screen.getByRole('alert')).toHaveTextContent('Records have no field "floor"');
  expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: 'Clear filters' }));
  expect(clear).toHaveBeenCalledOnce();
});
