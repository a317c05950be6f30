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

/** A dialog that is there only while it is open; its row goes when it is told to, at once or with a later answer. */
function Page({ answer }: { answer?: Promise<void> }) {
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
          <button
            type="button"
            onClick={() => {
              setOpen(false);
              if (answer) void answer.then(() => setRow(false));
              else setRow(false);
            }}
          >
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

it('leads there, too, when that one goes with a later answer, unless the person has gone on', async () => {
  const user = userEvent.setup();
  for (const goesOn of [false, true]) {
    let resolve = (): void => {};
    const answer = new Promise<void>((done) => {
      resolve = done;
    });
    const { unmount } = renderUi(<Page answer={answer} />);
    screen.getByRole('button', { name: 'Add' }).focus();
    await user.tab();
    await user.keyboard('{Enter}');
    (await screen.findByRole('button', { name: 'Yes' })).focus();
    await user.keyboard('{Enter}');
    const drop = screen.getByRole('button', { name: 'Drop' });
    await waitFor(() => expect(drop).toHaveFocus());
    if (goesOn) drop.blur();
    resolve();
    await waitFor(() => expect(drop).not.toBeInTheDocument());
    const expected = goesOn ? document.body : screen.getByRole('button', { name: 'Add' });
    await waitFor(() => expect(expected).toHaveFocus());
    unmount();
  }
});
