/** Text for screen readers. The LiveRegion component speaks it; `assertive` interrupts. */
type Announcement = { text: string; assertive: boolean; id: number };

let current: Announcement = { text: '', assertive: false, id: 0 };
const listeners = new Set<() => void>();

export function announce(text: string, options: { assertive?: boolean } = {}): void {
  current = { text, assertive: options.assertive ?? false, id: current.id + 1 };
  for (const listener of listeners) listener();
}

export const announcements = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  get: () => current,
};
