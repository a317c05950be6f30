import { afterEach, describe, expect, test, vi } from 'vitest';
import { api, buildUrl, request, setSignedOutHandler } from './client';
import { ApiError, isApiError } from './problem';
import { shouldRetry } from './queryClient';

function answer(status: number, body?: unknown, headers: Record<string, string> = {}) {
  const type = status >= 400 ? 'application/problem+json' : 'application/json';
  const fake = vi.fn(async (_url: string, _init: RequestInit) =>
    body === undefined
      ? new Response(null, { status, headers })
      : new Response(JSON.stringify(body), { status, headers: { 'Content-Type': type, ...headers } }),
  );
  vi.stubGlobal('fetch', fake);
  return {
    fake,
    sent: () => {
      const [url, init] = fake.mock.calls[0] as [string, RequestInit];
      return { url, init, headers: new Headers(init.headers) };
    },
  };
}

describe('client', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    setSignedOutHandler(() => {});
  });

  test('builds addresses without empty parameters', () => {
    expect(buildUrl('/tasks', { view: 'mine', q: '', cursor: null, limit: 20, id: ['a', 'b'] })).toBe(
      '/api/v1/tasks?view=mine&limit=20&id=a&id=b',
    );
  });

  test('sends JSON with an idempotency key and the revision it is based on', async () => {
    const { sent } = answer(201, { id: 'x' });
    expect(await api.post('/groups', { name: 'a' }, { rev: 7 })).toEqual({ id: 'x' });
    expect(sent().url).toBe('/api/v1/groups');
    expect(sent().init.body).toBe('{"name":"a"}');
    expect(sent().headers.get('If-Match')).toBe('"7"');
    expect(sent().headers.get('Idempotency-Key')).toMatch(/^[0-9a-z]{24}$/);
    expect(sent().headers.get('Accept-Language')).toBe('en');
  });

  test('sends no idempotency key with a read and returns the bare revision', async () => {
    const { sent } = answer(200, { id: 'x' }, { ETag: '"12"' });
    expect(await request('GET', '/users/x')).toEqual({ data: { id: 'x' }, etag: '12', status: 200 });
    expect(sent().headers.has('Idempotency-Key')).toBe(false);
  });

  test('turns a problem document into an error that can be shown', async () => {
    answer(409, {
      title: 'Stale',
      code: 'stale',
      instance: 'req-1',
      errors: [{ path: '/name', message: 'no' }],
    });
    const error = await api.put('/groups/1', {}).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ApiError);
    expect(isApiError(error, 409)).toBe(true);
    const problem = error as ApiError;
    expect([problem.code, problem.requestId, problem.details]).toEqual([
      'stale',
      'req-1',
      [{ path: '/name', message: 'no' }],
    ]);
  });

  test('survives an answer that is no problem document', async () => {
    vi.stubGlobal('fetch', async () => new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));
    const error = (await api.get('/x').catch((cause: unknown) => cause)) as ApiError;
    expect([error.status, error.message]).toEqual([502, 'Bad Gateway']);
  });

  test('knows a request that never arrived', async () => {
    vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('failed')));
    const error = (await api.get('/x').catch((cause: unknown) => cause)) as ApiError;
    expect(error.offline).toBe(true);
    expect(shouldRetry(0, error)).toBe(true);
    expect(shouldRetry(2, error)).toBe(false);
    expect(shouldRetry(0, new ApiError(409, {}))).toBe(false);
  });

  test('tells when the session has ended, but not for the question who is signed in', async () => {
    const ended = vi.fn();
    setSignedOutHandler(ended);
    answer(401, { code: 'unauthenticated' });
    await api.get('/session').catch(() => {});
    expect(ended).not.toHaveBeenCalled();
    await api.get('/tasks').catch(() => {});
    expect(ended).toHaveBeenCalledOnce();
  });

  test('lets files through as they are and returns nothing for 204', async () => {
    const { sent } = answer(204);
    const form = new FormData();
    form.set('owner', 'task:1');
    expect(await api.post('/files', form)).toBeUndefined();
    expect(sent().init.body).toBe(form);
    expect(sent().headers.has('Content-Type')).toBe(false);
  });
});
