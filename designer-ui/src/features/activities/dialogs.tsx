import type { ComponentProps } from 'react';
import { Later, later } from '@/lib/later';

// The form machinery is most of a page's weight and needed only when somebody plans.
const Activity = later(
  () => import('./ActivityDialog').then((module) => module.ActivityDialog),
  'activities',
);
const Close = later(() => import('./CloseDialog').then((module) => module.CloseDialog), 'activities');

export const ActivityDialog = (props: ComponentProps<typeof Activity>) => (
  <Later fallback={null}>
    <Activity {...props} />
  </Later>
);

export const CloseDialog = (props: ComponentProps<typeof Close>) => (
  <Later fallback={null}>
    <Close {...props} />
  </Later>
);
