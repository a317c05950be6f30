import { QueryClient } from '@tanstack/react-query';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { api } from '@/api/client';
import { signedInHere } from '@/api/queries/session';
import { queryClient } from '@/api/queryClient';
import { storage } from '@/lib/storage';
import { definitionQuery, fetchEarly } from './api';
import { askEarly, definitionKeyOf } from './early';

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

describe('askEarly', () => {
  const asked: string[] = [];
  let kept: string | null = null;
  let answer: (session: unknown) => void = () => {};

  beforeEach(() => {
    queryClient.clear();
    asked.length = 0;
    vi.spyOn(storage, 'get').mockImplementation(() => kept);
    vi.spyOn(storage, 'set').mockImplementation((key, value) => {
      expect(key).toBe(signedInHere);
      kept = value;
    });
    vi.spyOn(api, 'get').mockImplementation((path: string) => {
      asked.push(path);
      return path === '/session'
        ? new Promise((resolve) => {
            answer = resolve;
          })
        : Promise.resolve({ items: [] });
    });
  });

  it('waits for the session of a browser that it does not know, and remembers it', async () => {
    kept = null;
    const done = askEarly('d');
    expect(asked).toEqual(['/session']);
    answer({ user: { id: 'dana' } });
    await done;
    expect(asked).toEqual(['/session', '/definitions/d', '/node-kinds']);
    expect(kept).toBe('yes');
  });

  it('does not wait where somebody was signed in, and forgets it when nobody is', async () => {
    kept = 'yes';
    const done = askEarly('e');
    expect([...asked].sort()).toEqual(['/definitions/e', '/node-kinds', '/session']);
    answer(null);
    await done;
    expect(asked).toHaveLength(3);
    expect(kept).toBeNull();
  });
});
