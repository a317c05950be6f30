import { Modal } from '@mantine/core';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { renderUi } from '@/test/render';
import { giveFocusBack } from './focusBack';

let stop: () => void;
beforeEach(() => {
  stop = giveFocusBack();
});
afterEach(() => stop());

/** A dialog that is there only while it is open; its row goes when it is told to. */
function Page() {
  const [open, setOpen] = useState(false);
  const [row, setRow] = useState(true);
  return (
    <>
      <button type="button">Add</button>
      {row && (
        <button type="button" onClick={() => setOpen(true)}>
          Drop
        </button>
      )}
      {open && (
        <Modal opened onClose={() => setOpen(false)} title="Sure?" transitionProps={{ duration: 0 }}>
          <button type="button" onClick={() => [setOpen(false), setRow(false)]}>
            Yes
          </button>
        </Modal>
      )}
    </>
  );
}

it('leads back to what opened a dialog', async () => {
  const user = userEvent.setup();
  renderUi(<Page />);
  await user.click(screen.getByRole('button', { name: 'Drop' }));
  (await screen.findByRole('button', { name: 'Yes' })).focus();
  await user.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  await waitFor(() => expect(screen.getByRole('button', { name: 'Drop' })).toHaveFocus());
});

it('leads to the place before where that one is gone', async () => {
  const user = userEvent.setup();
  renderUi(<Page />);
  screen.getByRole('button', { name: 'Add' }).focus();
  await user.tab();
  await user.keyboard('{Enter}');
  (await screen.findByRole('button', { name: 'Yes' })).focus();
  await user.keyboard('{Enter}');
  await waitFor(() => expect(screen.getByRole('button', { name: 'Add' })).toHaveFocus());
});
