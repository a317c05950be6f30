import i18next from 'i18next';
import { randomId } from '@/lib/ids';
import { ApiError, type ProblemDocument } from './problem';

export const apiBase = '/api/v1';

export type Query = Record<
  string,
  string | number | boolean | null | undefined | readonly (string | number)[]
>;

export type RequestOptions = {
  query?: Query;
  /** JSON, or FormData / Blob which are sent as they are. */
  body?: unknown;
  /** Revision the change is based on (If-Match); the server answers 409 with its current one when it is stale. */
  rev?: number | string;
  /**
   * Key that makes a POST safe to repeat. One is made for every POST; pass your own when a person's retry must count
   * as the same request.
   */
  idempotencyKey?: string;
  signal?: AbortSignal;
};

/** `etag` is the bare revision, ready to be given back as `rev`. */
export type Reply<T> = { data: T; etag: string | null; status: number };

/** A page of a list; `next` is the cursor of the following one. */
export type Page<T> = { items: T[]; next?: string | null; total?: number };

let onSignedOut: () => void = () => {};

/** Called when the server says that the session has ended. */
export function setSignedOutHandler(handler: () => void): void {
  onSignedOut = handler;
}

export function buildUrl(path: string, query?: Query): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === null || value === undefined || value === '') continue;
    if (Array.isArray(value)) for (const item of value) search.append(key, String(item));
    else search.set(key, String(value));
  }
  const text = search.toString();
  return `${apiBase}${path}${text ? `?${text}` : ''}`;
}

async function readProblem(response: Response): Promise<ProblemDocument> {
  const type = response.headers.get('Content-Type') ?? '';
  if (type.includes('json')) {
    try {
      return (await response.json()) as ProblemDocument;
    } catch {
      // A proxy cut the body: the status still tells enough.
    }
  }
  return { title: response.statusText || `HTTP ${response.status}`, status: response.status };
}

export async function request<T>(
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<Reply<T>> {
  const headers = new Headers({ Accept: 'application/json, application/problem+json' });
  headers.set('Accept-Language', i18next.resolvedLanguage ?? 'en');
  let body: BodyInit | undefined;
  if (options.body instanceof FormData || options.body instanceof Blob) {
    body = options.body;
  } else if (options.body !== undefined) {
    headers.set('Content-Type', 'application/json');
    body = JSON.stringify(options.body);
  }
  if (options.rev !== undefined) headers.set('If-Match', `"${options.rev}"`);
  if (method === 'POST') headers.set('Idempotency-Key', options.idempotencyKey ?? randomId(24));

  let response: Response;
  try {
    response = await fetch(buildUrl(path, options.query), {
      method,
      headers,
      body,
      credentials: 'same-origin',
      signal: options.signal,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, { title: i18next.t('error.offline'), code: 'offline' });
  }

  const requestId = response.headers.get('X-Request-Id');
  if (!response.ok) {
    const error = new ApiError(response.status, await readProblem(response), requestId);
    if (response.status === 401 && !path.startsWith('/session')) onSignedOut();
    throw error;
  }
  const etag = response.headers.get('ETag')?.replace(/^W\/|"/g, '') ?? null;
  const isJson = (response.headers.get('Content-Type') ?? '').includes('json');
  const data = response.status === 204 || !isJson ? undefined : await response.json();
  return { data: data as T, etag, status: response.status };
}

const dataOf = <T>(reply: Promise<Reply<T>>) => reply.then(({ data }) => data);

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) =>
    dataOf(request<T>('GET', path, { query, signal })),
  post: <T>(path: string, body?: unknown, options: RequestOptions = {}) =>
    dataOf(request<T>('POST', path, { ...options, body })),
  put: <T>(path: string, body?: unknown, options: RequestOptions = {}) =>
    dataOf(request<T>('PUT', path, { ...options, body })),
  patch: <T>(path: string, body?: unknown, options: RequestOptions = {}) =>
    dataOf(request<T>('PATCH', path, { ...options, body })),
  delete: <T = void>(path: string, options: RequestOptions = {}) =>
    dataOf(request<T>('DELETE', path, options)),
};
