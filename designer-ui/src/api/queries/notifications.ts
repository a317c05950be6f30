import { queryOptions } from '@tanstack/react-query';
import { api, type Page } from '../client';
import type * as gen from '../schema.gen';
import type { Shape } from '../shape';

export type Notification = Shape<gen.FeedNotification, { at: string }>;

export const notificationCountQuery = queryOptions({
  queryKey: ['notifications', 'count'],
  queryFn: ({ signal }) => api.get<gen.Counted>('/notifications/count', undefined, signal),
  select: (reply) => reply.count,
});

export const notificationsQuery = queryOptions({
  queryKey: ['notifications', 'list'],
  queryFn: ({ signal }) => api.get<Page<Notification>>('/notifications', { limit: 50 }, signal),
});

export const markNotificationsRead = (body: { ids: string[] } | { all: true }) =>
  api.post<void>('/notifications/read', body);
