import { lazy, Suspense } from 'react';

const SuspensionBanner = lazy(() =>
  import('./repair/SuspensionBanner').then((module) => ({ default: module.SuspensionBanner })),
);

/** What an operator holds, over a page that shows a process or its instances. Its code never delays the page. */
export function HeldBanner({ definition }: { definition?: string }) {
  return (
    <Suspense>
      <SuspensionBanner definition={definition} />
    </Suspense>
  );
}
