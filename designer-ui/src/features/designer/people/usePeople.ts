import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLive } from '@/api/useLive';
import { live } from '@/api/ws';
import type { Presence } from '@/canvas';
import { announce } from '@/lib/live';
import { personColour } from '@/ui';
import { fetchDraft } from '../api';
import type { Draft } from '../draft';

/** Somebody else who has the draft open; nothing of it is kept anywhere. */
export interface Colleague {
  /** Of the connection: one person may have several windows. */
  readonly id: string;
  readonly user: string;
  readonly name: string;
  readonly selected: readonly string[];
}

interface Saved {
  readonly kind: 'draft';
  readonly rev: number;
  readonly by: string;
  readonly byName: string;
  readonly version: number;
}

type Event = Saved | { readonly kind: 'people'; readonly people: readonly Colleague[] };

interface Snapshot {
  readonly self: string;
  readonly people: readonly Colleague[];
  readonly data: Saved;
}

/** Telling others what is selected waits this long: arrow keys go through many steps. */
const TELL_MS = 150;
const MAX_SELECTED = 20;

/** The others in a draft, and their edits as they save them. Null follows nothing. */
export function usePeople(
  key: string | null,
  draft: Draft,
  selection: ReadonlySet<string>,
  onVersion: (version: number) => void,
): readonly Colleague[] {
  const { t } = useTranslation('designer');
  const [here, setHere] = useState<{ self: string; people: readonly Colleague[] }>();
  const topic = key === null ? null : `draft:${key}`;
  const told = useRef<string>('');
  const latest = useRef(selection);
  latest.current = selection;
  const tell = (): void => {
    if (topic === null) return;
    const selected = [...latest.current].slice(0, MAX_SELECTED);
    told.current = selected.join(' ');
    live.select(topic, selected);
  };
  const saved = (state: Saved): void => {
    if (state.version > 0) onVersion(state.version);
    if (key === null || state.rev <= draft.view.rev) return;
    const before = draft.document;
    void draft
      .follow(state.rev, () => fetchDraft(key))
      .then(() => {
        if (draft.document !== before) announce(t('people.changed', { name: state.byName }));
      });
  };
  useLive<Snapshot, Event>(topic, {
    onSnapshot: ({ self, people, data }) => {
      setHere({ self, people });
      saved(data);
      tell();
    },
    onEvents: (events) => {
      for (const event of events) {
        if (event.kind === 'draft') saved(event);
        else setHere((old) => old && { ...old, people: event.people });
      }
    },
  });
  const chosen = [...selection].slice(0, MAX_SELECTED).join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is told is read when it is told.
  useEffect(() => {
    if (chosen === told.current) return;
    const timer = setTimeout(tell, TELL_MS);
    return () => clearTimeout(timer);
  }, [chosen, topic]);
  return useMemo(() => here?.people.filter(({ id }) => id !== here.self) ?? [], [here]);
}

/** What the canvas marks: who is at which element. */
export function presenceOf(
  people: readonly Colleague[],
  standsFor: ReadonlyMap<string, string>,
): ReadonlyMap<string, readonly Presence[]> {
  const marks = new Map<string, Presence[]>();
  for (const { id, name, selected } of people) {
    for (const each of selected) {
      const element = standsFor.get(each) ?? each;
      const known = marks.get(element) ?? [];
      known.push({ id, name, colour: personColour(name) });
      marks.set(element, known);
    }
  }
  return marks;
}
