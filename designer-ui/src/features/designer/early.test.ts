import { QueryClient } from '@tanstack/react-query';
import { describe, expect, it, vi } from 'vitest';
import { api } from '@/api/client';
import { definitionQuery, fetchEarly } from './api';
import { definitionKeyOf } from './early';

describe('definitionKeyOf', () => {
  it.each([
    ['/definitions/contract', 'contract'],
    ['/definitions/contract/', 'contract'],
    ['/definitions/a%20b', 'a b'],
    ['/definitions/a%', undefined],
    ['/definitions', undefined],
    ['/definitions/contract/versions', undefined],
    ['/crm/deals/1', undefined],
  ])('%s: %s', (path, key) => {
    expect(definitionKeyOf(path)).toBe(key);
  });
});

describe('fetchEarly', () => {
  const read = (key: string) => new QueryClient().fetchQuery({ ...definitionQuery(key), retry: false });

  it('hands its answer out once', async () => {
    const get = vi
      .spyOn(api, 'get')
      .mockResolvedValueOnce({ draftRev: 1 })
      .mockResolvedValueOnce({ draftRev: 2 });
    fetchEarly('a');
    expect(await read('a')).toEqual({ draftRev: 1 });
    expect(await read('a')).toEqual({ draftRev: 2 });
    expect(get).toHaveBeenCalledTimes(2);
  });

  it('is forgotten when it failed, and when nobody came for it in time', async () => {
    const get = vi
      .spyOn(api, 'get')
      .mockRejectedValueOnce(new Error('no'))
      .mockResolvedValue({ draftRev: 3 });
    fetchEarly('b');
    await Promise.resolve();
    await Promise.resolve();
    expect(await read('b')).toEqual({ draftRev: 3 });
    vi.useFakeTimers();
    fetchEarly('c');
    vi.advanceTimersByTime(10_000);
    vi.useRealTimers();
    get.mockResolvedValue({ draftRev: 4 });
    expect(await read('c')).toEqual({ draftRev: 4 });
  });
});
