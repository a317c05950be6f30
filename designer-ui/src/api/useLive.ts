import { useEffect, useRef, useSyncExternalStore } from 'react';
import { type LiveStatus, live, type TopicHandlers } from './ws';

/** Follows a topic while the component is mounted; null follows nothing. Handlers always see the latest render. */
export function useLive<S, E>(topic: string | null, handlers: TopicHandlers<S, E>): void {
  const latest = useRef(handlers);
  latest.current = handlers;
  useEffect(() => {
    if (topic === null) return;
    return live.subscribe<S, E>(topic, {
      onSnapshot: (data) => latest.current.onSnapshot(data),
      onEvents: (events) => latest.current.onEvents(events),
      onDenied: (problem) => latest.current.onDenied?.(problem),
    });
  }, [topic]);
}

export function useLiveStatus(): LiveStatus {
  return useSyncExternalStore(live.onStatus, live.getStatus);
}
