import { create } from 'zustand';
import { storage } from './storage';

export type Preferences = {
  /** Rail shows labels; who has not chosen yet reads them on the home page. */
  railOpen?: boolean;
  /** Shortcuts without Ctrl or Alt are on (WCAG 2.1.4 asks that they can be switched off). */
  singleKeys: boolean;
  /** After a task is completed the next one opens. */
  openNextTask: boolean;
};

const defaults: Preferences = { singleKeys: true, openNextTask: true };

function load(): Preferences {
  const text = storage.get('preferences');
  if (text === null) return defaults;
  try {
    return { ...defaults, ...(JSON.parse(text) as Partial<Preferences>) };
  } catch {
    return defaults;
  }
}

/** Choices of this browser. */
export const usePreferences = create<Preferences & { set: (change: Partial<Preferences>) => void }>()(
  (set, get) => ({
    ...load(),
    set(change) {
      set(change);
      const { railOpen, singleKeys, openNextTask } = get();
      storage.set('preferences', JSON.stringify({ railOpen, singleKeys, openNextTask }));
    },
  }),
);
