import { queryOptions } from '@tanstack/react-query';
import { api, type Page } from '../client';

export type Notification = {
  id: string;
  at: string;
  text: string;
  link?: string;
  read: boolean;
  kind: string;
};

export const notificationCountQuery = queryOptions({
  queryKey: ['notifications', 'count'],
  queryFn: ({ signal }) => api.get<{ count: number }>('/notifications/count', undefined, signal),
  select: (reply) => reply.count,
});

export const notificationsQuery = queryOptions({
  queryKey: ['notifications', 'list'],
  queryFn: ({ signal }) => api.get<Page<Notification>>('/notifications', { limit: 50 }, signal),
});

export const markNotificationsRead = (body: { ids: string[] } | { all: true }) =>
  api.post<void>('/notifications/read', body);
