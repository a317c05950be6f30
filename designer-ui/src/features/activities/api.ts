import { queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import { allPages } from '@/api/pages';
import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';

export type ActivityType = 'call' | 'meeting' | 'task' | 'other';
export type RecordRef = gen.ActivityRef;
export type Activity = Shape<
  gen.ShownActivity,
  { type: ActivityType; status: 'planned' | 'done' | 'canceled'; names: Record<string, string> }
>;
export type ActivityPatch = gen.ActivityPatch;

export type ActivityFilter = {
  record?: string;
  person?: string;
  department?: string;
  from?: string;
  to?: string;
  status?: Activity['status'];
  type?: ActivityType;
  overdue?: boolean;
  calendar?: boolean;
  sort?: 'at' | '-at';
};

/** How many activities a page shows at most; a month with more is a list for another tool. */
const most = 1000;

export const activitiesQuery = (filter: ActivityFilter) =>
  queryOptions({
    queryKey: ['activities', filter],
    queryFn: ({ signal }) => allPages<Activity>('/activities', filter, most, signal),
    placeholderData: (old) => old,
  });

/** What the reader has to do next: the late ones come first by themselves. */
export const nextActivitiesQuery = queryOptions({
  queryKey: ['activities', 'next'],
  queryFn: ({ signal }) =>
    api.get<Page<Activity>>('/activities', { person: 'me', status: 'planned', limit: 6 }, signal),
});

export const activityQuery = (id: string) =>
  queryOptions({
    queryKey: ['activities', 'one', id],
    queryFn: ({ signal }) => api.get<Activity>(`/activities/${encodeURIComponent(id)}`, undefined, signal),
  });

const at = (activity: Activity) => `/activities/${encodeURIComponent(activity.id)}`;

export const planActivity = (body: ActivityPatch) => api.post<Activity>('/activities', body);

export const changeActivity = (activity: Activity, patch: ActivityPatch) =>
  api.patch<Activity>(at(activity), patch, { rev: activity.rev });

export const closeActivity = (activity: Activity, how: 'done' | 'cancellation', result?: string) =>
  api.post<Activity>(`${at(activity)}/${how}`, { result }, { rev: activity.rev });

export const reopenActivity = (activity: Activity) =>
  api.post<Activity>(`${at(activity)}/reopening`, undefined, { rev: activity.rev });

export const deleteActivity = (activity: Activity) => api.delete(at(activity), { rev: activity.rev });
