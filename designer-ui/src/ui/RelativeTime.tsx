import { useEffect, useState } from 'react';
import { formatDateTime, formatRelative } from '@/lib/format';

/** "2 hours ago" that keeps counting; the exact instant is in the tooltip. */
export function RelativeTime({ at }: { at: string }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 30_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={at} title={formatDateTime(at)}>
      {formatRelative(at)}
    </time>
  );
}
