import { useEffect, useState } from 'react';
import type { FileInfo } from '@/api/types';
import { storage } from '@/lib/storage';

export type Draft = {
  values: Record<string, unknown>;
  comment: string;
  outcome: string | null;
  files: FileInfo[];
};

const keyOf = (user: string, task: string) => `draft.${user}.${task}`;

function read(user: string, task: string): Partial<Draft> {
  try {
    return JSON.parse(storage.get(keyOf(user, task)) ?? '{}') as Partial<Draft>;
  } catch {
    return {};
  }
}

export function forgetDraft(user: string, task: string): void {
  storage.set(keyOf(user, task), null);
}

/** What the person has typed into a task so far; kept in the browser until the task is completed. */
export function useDraft(user: string, task: string, defaults: Record<string, unknown>) {
  const [draft, setDraft] = useState<Draft>(() => ({
    values: defaults,
    comment: '',
    outcome: null,
    files: [],
    ...read(user, task),
  }));
  const [touched, setTouched] = useState(false);
  useEffect(() => {
    if (!touched) return;
    const timer = setTimeout(() => storage.set(keyOf(user, task), JSON.stringify(draft)), 300);
    return () => clearTimeout(timer);
  }, [user, task, draft, touched]);
  const change = (next: Partial<Draft>) => {
    setTouched(true);
    setDraft((old) => ({ ...old, ...next }));
  };
  return { draft, change, touched };
}
