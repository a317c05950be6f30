import type { ElementPatch } from '@/lib/process/patches';
import { storage } from '@/lib/storage';
import type { UnsentStore } from './draft';

/** Keeps unsent changes of one definition in this browser, so that a closed tab loses nothing. */
export function unsentStore(key: string): UnsentStore {
  const name = `unsent.${key}`;
  return {
    load: () => {
      const text = storage.get(name);
      if (text === null) return undefined;
      try {
        return JSON.parse(text) as ElementPatch[];
      } catch {
        return undefined;
      }
    },
    keep: (patches) => storage.set(name, patches ? JSON.stringify(patches) : null),
  };
}
