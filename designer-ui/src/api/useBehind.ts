import { useSyncExternalStore } from 'react';
import { live } from './ws';

const PATIENCE_MS = 3000;

let since: number | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let unfollow: (() => void) | undefined;
const listeners = new Set<() => void>();

function turn(next: number | undefined): void {
  if (next === since) return;
  since = next;
  for (const listener of listeners) listener();
}

/** A connection that is lost for longer than a moment makes what is shown old. */
function look(): void {
  const { state, lastMessageAt } = live.getStatus();
  if (state === 'open' || lastMessageAt === null) {
    clearTimeout(timer);
    timer = undefined;
    turn(undefined);
  } else if (since === undefined && timer === undefined) {
    timer = setTimeout(() => {
      timer = undefined;
      turn(live.getStatus().lastMessageAt ?? undefined);
    }, PATIENCE_MS);
  }
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) unfollow = live.onStatus(look);
  listeners.add(listener);
  look();
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    unfollow?.();
    clearTimeout(timer);
    timer = undefined;
    since = undefined;
  };
}

/** Of when the data on the page is, while live updates have been missing for three seconds; else undefined. */
export const useBehind = (): number | undefined => useSyncExternalStore(subscribe, () => since);
