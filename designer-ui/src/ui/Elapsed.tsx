import { formatDuration } from '@/lib/format';
import { useNow } from '@/lib/useNow';

/** How long something took, with what was before it; counts on when it has begun and not ended. */
export function Elapsed({ ms = 0, since }: { ms?: number; since?: string | null }) {
  const begun = since ? Date.parse(since) : undefined;
  const now = useNow(begun);
  return formatDuration(ms + (begun === undefined ? 0 : Math.max(0, now - begun)));
}
