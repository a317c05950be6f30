import { act, render, screen } from '@testing-library/react';
import { Component, type ReactNode } from 'react';
import { expect, test, vi } from 'vitest';
import { Later, later } from './later';

function Hello({ name }: { name: string }) {
  return <p>Hello {name}</p>;
}

class Boundary extends Component<{ children: ReactNode }> {
  override state = { failed: '' };
  static getDerivedStateFromError(error: Error) {
    return { failed: error.message };
  }
  override render() {
    return this.state.failed || this.props.children;
  }
}

test('a component is shown as soon as its code is here, and its fallback until then', async () => {
  vi.useFakeTimers();
  let arrive: (component: typeof Hello) => void = () => {};
  const load = vi.fn(
    () =>
      new Promise<typeof Hello>((resolve) => {
        arrive = resolve;
      }),
  );
  const Slow = later(load);
  render(
    <Later fallback={<p>wait</p>}>
      <Slow name="Ada" />
    </Later>,
  );
  expect(screen.getByText('wait')).toBeTruthy();
  // No timer runs: nothing but the answer is waited for.
  await act(async () => arrive(Hello));
  expect(screen.getByText('Hello Ada')).toBeTruthy();
  expect(screen.queryByText('wait')).toBeNull();

  render(<Slow name="Bob" />);
  expect(screen.getByText('Hello Bob')).toBeTruthy();
  expect(load).toHaveBeenCalledTimes(1);
  vi.useRealTimers();
});

test('code that cannot be fetched is a matter for the boundary of errors', async () => {
  const quiet = vi.spyOn(console, 'error').mockImplementation(() => {});
  const Lost = later<{ name: string }>(() => Promise.reject(new Error('no such file')));
  render(
    <Boundary>
      <Lost name="Ada" />
    </Boundary>,
  );
  expect(await screen.findByText('no such file')).toBeTruthy();
  quiet.mockRestore();
});
