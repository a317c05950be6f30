import { queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/api/client';
import { allPages } from '@/api/pages';
import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';

export const resourceKinds = ['room', 'car', 'equipment', 'specialist', 'other'] as const;
export type ResourceKind = (typeof resourceKinds)[number];
export type Resource = Shape<gen.BookingResource, { kind: ResourceKind }>;
export type ResourceRules = Shape<gen.BookingRules, { kind: ResourceKind }>;
export type Booking = Shape<gen.ShownBooking, { status: 'active' | 'canceled' }>;
export type Wish = gen.BookingWish;

export const resourcesQuery = queryOptions({
  queryKey: ['resources'],
  queryFn: ({ signal }) => api.get<Page<Resource>>('/resources', undefined, signal),
  staleTime: 60_000,
});

export type BookingFilter = {
  resource?: string;
  person?: string;
  record?: string;
  field?: string;
  from?: string;
  to?: string;
  status?: Booking['status'];
};

/** How many bookings a page shows at most. */
const most = 2000;

export const bookingsQuery = (filter: BookingFilter) =>
  queryOptions({
    queryKey: ['bookings', filter],
    queryFn: ({ signal }) => allPages<Booking>('/bookings', filter, most, signal),
    placeholderData: (old) => old,
  });

export const addResource = (rules: ResourceRules) => api.post<Resource>('/resources', rules);

export const changeResource = (resource: Resource, rules: ResourceRules) =>
  api.put<Resource>(`/resources/${encodeURIComponent(resource.id)}`, rules, { rev: resource.rev });

export const deleteResource = (resource: Resource) =>
  api.delete(`/resources/${encodeURIComponent(resource.id)}`, { rev: resource.rev });

const at = (booking: Booking) => `/bookings/${encodeURIComponent(booking.id)}`;

export const book = (wish: Wish) => api.post<Booking>('/bookings', wish);

export const moveBooking = (booking: Booking, motion: gen.BookingMotion) =>
  api.patch<Booking>(at(booking), motion, { rev: booking.version });

export const cancelBooking = (booking: Booking, reason: string) =>
  api.post<Booking>(`${at(booking)}/cancellation`, { reason }, { rev: booking.version });
