import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';

export type WaitingMessage = Shape<
  gen.WaitingMessage,
  {
    sentAt: string;
    expiresAt: string;
    body?: Record<string, unknown>;
    receivers: { run: string; key: string }[];
  }
>;
export type UnclaimedMessage = Shape<gen.UnclaimedMessage, { sentAt: string; expiredAt: string }>;
export type CutChain = Shape<gen.CutChain, { at: string }>;

/** What is sent; `ttl` in seconds. */
export type NewMessage = { name: string; key?: string; body?: Record<string, unknown>; ttl?: number };

export const waitingQuery = queryOptions({
  queryKey: ['messages', 'waiting'],
  queryFn: ({ signal }) => api.get<Page<WaitingMessage>>('/messages/waiting', { limit: 200 }, signal),
  refetchInterval: 5_000,
});

export const unclaimedQuery = infiniteQueryOptions({
  queryKey: ['messages', 'unclaimed'],
  queryFn: ({ signal, pageParam }) =>
    api.get<Page<UnclaimedMessage>>('/messages/unclaimed', { limit: 50, cursor: pageParam }, signal),
  initialPageParam: '',
  getNextPageParam: (last) => last.next || null,
  refetchInterval: 15_000,
});

export const cutQuery = infiniteQueryOptions({
  queryKey: ['messages', 'cut'],
  queryFn: ({ signal, pageParam }) =>
    api.get<Page<CutChain>>('/messages/cut', { limit: 50, cursor: pageParam }, signal),
  initialPageParam: '',
  getNextPageParam: (last) => last.next || null,
  refetchInterval: 15_000,
});

export const sendMessage = (message: NewMessage) =>
  api.post<{ id: string; runs: string[] }>('/messages', message);

export const dropMessage = (id: string) => api.delete(`/messages/${encodeURIComponent(id)}`);
