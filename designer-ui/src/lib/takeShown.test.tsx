import { MultiSelect, Select, TagsInput } from '@mantine/core';
import { act, fireEvent, screen } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { renderUi } from '@/test/render';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const press = (key: string) => fireEvent.keyDown(screen.getByRole('combobox'), { key, code: key });
const settle = () => act(() => vi.runAllTimers());

test('an arrow that is quicker than the list counts', () => {
  const change = vi.fn();
  renderUi(<Select label="City" data={['Oslo', 'Riga', 'Turin']} searchable onChange={change} />);
  act(() => screen.getByRole('combobox').focus());
  press('ArrowDown');
  press('ArrowDown');
  settle();
  press('Enter');
  expect(change).toHaveBeenCalledExactlyOnceWith('Riga', expect.anything());
});

test('a choice that comes later does not move what is taken', () => {
  const change = vi.fn();
  let offer: (data: string[]) => void = () => {};
  function Cities() {
    const [data, setData] = useState(['Oslo', 'Riga']);
    offer = setData;
    return <Select label="City" data={data} value={null} searchable onChange={change} />;
  }
  renderUi(<Cities />);
  act(() => screen.getByRole('combobox').focus());
  settle();
  press('ArrowDown');
  press('ArrowDown');
  act(() => offer(['Bergen', 'Oslo', 'Riga']));
  settle();
  press('Enter');
  expect(change).toHaveBeenCalledExactlyOnceWith('Riga', expect.anything());
});

test('lists of several and of words take what is shown as well', () => {
  const several = vi.fn();
  const { unmount } = renderUi(
    <MultiSelect label="City" data={['Oslo', 'Riga']} searchable onChange={several} />,
  );
  act(() => screen.getByRole('combobox').focus());
  press('ArrowDown');
  settle();
  press('Enter');
  expect(several).toHaveBeenCalledExactlyOnceWith(['Oslo']);
  unmount();

  const words = vi.fn();
  renderUi(<TagsInput label="City" data={['Oslo', 'Riga']} onChange={words} />);
  const input = screen.getByRole('combobox');
  act(() => input.focus());
  press('ArrowDown');
  settle();
  press('Enter');
  expect(words).toHaveBeenCalledExactlyOnceWith(['Oslo']);
});

test('a word that is on no list is still taken by Enter', () => {
  const words = vi.fn();
  renderUi(<TagsInput label="City" data={['Oslo']} onChange={words} />);
  const input = screen.getByRole('combobox');
  act(() => input.focus());
  fireEvent.change(input, { target: { value: 'Gdynia' } });
  settle();
  press('Enter');
  expect(words).toHaveBeenCalledExactlyOnceWith(['Gdynia']);
});
