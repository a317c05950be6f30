import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, type Page, request } from '../client';
import type * as gen from '../schema.gen';
import type { Shape } from '../shape';
import type { User } from '../types';

export type Group = Shape<gen.IdentityGroup>;
export type Department = gen.IdentityDepartment;
export type Token = Shape<gen.IdentityToken, { createdAt: string }>;

/** The password is only ever sent, never received. */
export type MailSettings = gen.MailboxSettings;

export type MailDetail = Shape<gen.MailboxLetter, { at: string }>;
export type MailSummary = MailDetail;

export type AuditEntry = Shape<gen.AuditEntry, { at: string }>;

const at = (path: string, id: string) => `${path}/${encodeURIComponent(id)}`;

export const usersQuery = (q: string) =>
  infiniteQueryOptions({
    queryKey: ['users', q],
    queryFn: ({ signal, pageParam }) =>
      api.get<Page<User>>('/users', { q, limit: 100, cursor: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  });

export type UserInput = Partial<Omit<User, 'id' | 'rev' | 'avatarColor'>> & { password?: string };

export const createUser = (input: UserInput) => api.post<User>('/users', input);
export const changeUser = (user: User, input: UserInput) =>
  api.patch<User>(at('/users', user.id), input, { rev: user.rev });
export const setPassword = (id: string, password: string) =>
  api.post(`${at('/users', id)}/password`, { password });

export const groupsQuery = queryOptions({
  queryKey: ['groups'],
  queryFn: ({ signal }) => api.get<Page<Group>>('/groups', undefined, signal),
});
export const departmentsQuery = queryOptions({
  queryKey: ['departments'],
  queryFn: ({ signal }) => api.get<Page<Department>>('/departments', undefined, signal),
});

type Named = { id: string; rev: number };
const crud = <T extends Named>(path: string) => ({
  create: (input: Partial<T>) => api.post<T>(path, input),
  change: (item: T, input: Partial<T>) => api.patch<T>(at(path, item.id), input, { rev: item.rev }),
  remove: (item: T) => api.delete(at(path, item.id), { rev: item.rev }),
});
export const groupsApi = crud<Group>('/groups');
export const departmentsApi = crud<Department>('/departments');

export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: ({ signal }) => api.get<Page<Token>>('/tokens', undefined, signal),
});
export const createToken = (input: { name: string; expiresAt?: string }) =>
  api.post<Token & { token: string }>('/tokens', input);
export const revokeToken = (id: string) => api.delete(at('/tokens', id));

export const mailSettingsQuery = queryOptions({
  queryKey: ['settings', 'mail'],
  queryFn: async ({ signal }) => {
    const { data, etag } = await request<MailSettings>('GET', '/settings/mail', { signal });
    return { settings: data, rev: etag ?? undefined };
  },
});
export const saveMailSettings = (settings: MailSettings, rev: string | undefined) =>
  api.put<MailSettings>('/settings/mail', settings, { rev });
export type Retention = Shape<gen.RetentionRule, { rev: number }>;
export const retentionQuery = queryOptions({
  queryKey: ['settings', 'retention'],
  queryFn: ({ signal }) => api.get<Retention>('/settings/retention', undefined, signal),
});
export const saveRetention = (rule: Pick<Retention, 'days' | 'processes'>, rev: number) =>
  api.put<Retention>('/settings/retention', rule, { rev });
export const sendTestMail = (to: string) => api.post<unknown>('/settings/mail/test', { to });

export const outboxQuery = infiniteQueryOptions({
  queryKey: ['outbox', 'list'],
  queryFn: ({ signal, pageParam }) =>
    api.get<Page<MailSummary>>('/outbox', { limit: 50, cursor: pageParam }, signal),
  initialPageParam: '',
  getNextPageParam: (last) => last.next || undefined,
});
export const mailQuery = (id: string) =>
  queryOptions({
    queryKey: ['outbox', 'one', id],
    queryFn: ({ signal }) => api.get<MailDetail>(at('/outbox', id), undefined, signal),
  });

export type AuditFilter = { actor?: string; action?: string; object?: string };
export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', filter],
    queryFn: ({ signal, pageParam }) =>
      api.get<Page<AuditEntry>>('/audit', { ...filter, limit: 50, cursor: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  });
