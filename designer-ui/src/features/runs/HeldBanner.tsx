import { Later, later } from '@/lib/later';

const SuspensionBanner = later(
  () => import('./repair/SuspensionBanner').then((module) => module.SuspensionBanner),
  'repair',
);

/** What an operator holds, over a page that shows a process or its instances. Its code never delays the page. */
export function HeldBanner({ definition }: { definition?: string }) {
  return (
    <Later>
      <SuspensionBanner definition={definition} />
    </Later>
  );
}
