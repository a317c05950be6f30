import { useSyncExternalStore } from 'react';
import { announcements } from '@/lib/live';

/** The two hidden regions that speak what happened; mounted once by the shell. */
export function LiveRegion() {
  const { text, assertive, id } = useSyncExternalStore(announcements.subscribe, announcements.get);
  // A changing trailing space makes the same sentence spoken twice.
  const spoken = text && id % 2 === 0 ? `${text}\u00a0` : text;
  return (
    <>
      <div className="fx-visually-hidden" role="status" aria-live="polite">
        {assertive ? '' : spoken}
      </div>
      <div className="fx-visually-hidden" role="alert" aria-live="assertive">
        {assertive ? spoken : ''}
      </div>
    </>
  );
}
