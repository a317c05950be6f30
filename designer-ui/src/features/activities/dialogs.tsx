import { type ComponentProps, lazy, Suspense } from 'react';

// The form machinery is most of a page's weight and needed only when somebody plans.
const Activity = lazy(() =>
  import('./ActivityDialog').then((module) => ({ default: module.ActivityDialog })),
);
const Close = lazy(() => import('./CloseDialog').then((module) => ({ default: module.CloseDialog })));

export const ActivityDialog = (props: ComponentProps<typeof Activity>) => (
  <Suspense fallback={null}>
    <Activity {...props} />
  </Suspense>
);

export const CloseDialog = (props: ComponentProps<typeof Close>) => (
  <Suspense fallback={null}>
    <Close {...props} />
  </Suspense>
);
