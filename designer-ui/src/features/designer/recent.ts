import { storage } from '@/lib/storage';

const NAME = 'recentKinds';
const LIMIT = 5;

/** Kinds that this person added last, the youngest first. */
export function recentKinds(): string[] {
  return (storage.get(NAME) ?? '').split('\n').filter(Boolean);
}

export function rememberKind(key: string): void {
  storage.set(NAME, [key, ...recentKinds().filter((known) => known !== key)].slice(0, LIMIT).join('\n'));
}
