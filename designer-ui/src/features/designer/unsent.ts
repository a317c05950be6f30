import { storage } from '@/lib/storage';
import type { Unsent, UnsentStore } from './draft';

/**
 * Keeps unsent changes of one definition in this browser, so that a closed tab or an ended session loses nothing. They are
 * those of one person: whoever signs in next does not send them.
 */
export function unsentStore(key: string, user: string): UnsentStore {
  const name = `unsent.${user}.${key}`;
  return {
    load: () => {
      const text = storage.get(name);
      if (text === null) return undefined;
      try {
        return JSON.parse(text) as Unsent;
      } catch {
        return undefined;
      }
    },
    keep: (unsent) => storage.set(name, unsent ? JSON.stringify(unsent) : null),
  };
}
