import { useDebouncedValue } from '@mantine/hooks';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { RunStore } from '@/canvas';
import type { KindTable } from '@/lib/process/kinds';
import { pinsOf } from '@/lib/process/pins';
import type { ProcessDocument } from '@/lib/process/types';
import { rehearse } from './api';
import { pictureOf, type Shown, shownOf, stopIn } from './picture';
import { answerOf, type Recording, type Source } from './recorded';
import {
  answeredBy,
  decidedIn,
  type Result,
  type Scenario,
  type Start,
  type Step,
  stepTowards,
  targetOf,
  type Values,
  type Wait,
} from './scenario';

/** A step that was made; `auto`: by the robots themselves, and taken back with what led to it. */
export interface Entry {
  readonly step: Step;
  readonly auto?: boolean;
  /** Where the answer of one that was made by itself is from. */
  readonly source?: Source;
}

/** What is played: it grows with every act, and is played from its beginning each time. */
export interface Session {
  readonly at: string;
  readonly start: Start;
  readonly people?: Record<string, unknown>;
  readonly zone?: string;
  readonly hold: readonly string[];
  readonly entries: readonly Entry[];
  /** Robots answer by themselves. */
  readonly robots: boolean;
  /** Steps with test data bring it by themselves. */
  readonly pins: boolean;
  /** What robots brought in real runs; without it something of the right type is made up. */
  readonly recorded?: Recording;
  /** Of a scenario that was opened: what it expects behind so many steps. */
  readonly expected?: { readonly of: Values; readonly after: number };
  /** The fault that this run shows, in words. */
  readonly shows?: string;
}

/** Where playing has stopped: before a step did anything, in the middle of what happened at once. */
export interface Paused {
  readonly node: string;
  /** So many records are shown. */
  readonly at: number;
  /** The step that it is on its way to. */
  readonly target?: string;
}

export interface Rehearsal {
  readonly session: Session | undefined;
  readonly result: Result | undefined;
  /** The step after which everything is shown; the start is 0. */
  readonly moment: number;
  readonly look: (moment: number) => void;
  readonly paused: Paused | undefined;
  /** What is shown: records and messages up to there, and where the step that is looked at began. */
  readonly shown: Shown | undefined;
  /** Goes on to the next breakpoint, or to the next step of all. */
  readonly goOn: (every: boolean) => void;
  readonly busy: boolean;
  readonly error: unknown;
  readonly begin: (session: Omit<Session, 'entries' | 'hold'>) => void;
  /** Plays a scenario; one that shows a fault stops at each of its steps. */
  readonly load: (scenario: Scenario, options?: { shows?: string }) => void;
  readonly act: (step: Step) => void;
  /** Keeps so many steps and drops the others. */
  readonly cut: (count: number) => void;
  readonly moveClock: (to: string) => void;
  readonly runTo: (node: string) => void;
  readonly setRobots: (on: boolean) => void;
  readonly setPins: (on: boolean) => void;
  readonly end: () => void;
  /** The node that could not be reached. */
  readonly missed: string | undefined;
}

/** How many acts "run to here" and the robots may take before they are stopped. */
const MOST = 200;

const scenarioOf = (session: Session): Scenario => ({
  format: 'fluxo/scenario@1',
  at: session.at,
  start: session.start,
  ...(session.people ? { people: session.people } : {}),
  ...(session.zone ? { zone: session.zone } : {}),
  hold: [...session.hold],
  steps: session.entries.map(({ step }) => step),
  ...(session.expected?.after === session.entries.length ? { expect: session.expected.of } : {}),
});

export { scenarioOf };

interface Options {
  readonly document: ProcessDocument;
  readonly kinds: KindTable;
  readonly store: RunStore;
  /** The steps before which it stops. */
  readonly stops: ReadonlySet<string>;
}

/** What a run of the loop is to come to. */
interface Goal {
  readonly target?: string;
  /** Stops are looked for behind so many records; without it there are none. */
  readonly from?: number;
  /** Every step is a stop. */
  readonly every?: boolean;
}

export function useRehearsal({ document, kinds, store, stops }: Options): Rehearsal {
  const [session, setSession] = useState<Session>();
  const [result, setResult] = useState<Result>();
  const [looked, setLooked] = useState<number>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [missed, setMissed] = useState<string>();
  const [paused, setPaused] = useState<Paused>();
  const latest = useRef({ document, kinds, session, result, stops, paused });
  latest.current = { document, kinds, session, result, stops, paused };
  const running = useRef<AbortController>(undefined);

  const run = useCallback(async (wanted: Session, goal: Goal = {}): Promise<void> => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    const { document: process, kinds: table } = latest.current;
    setBusy(true);
    setError(undefined);
    setMissed(undefined);
    setLooked(undefined);
    setPaused(undefined);
    setSession(wanted);
    const { target, every } = goal;
    const stopsAt = (id: string): boolean => every === true || id === target || latest.current.stops.has(id);
    let current = wanted;
    let stop: Paused | undefined;
    try {
      let played = await playOnce(process, current, controller.signal);
      let from = goal.from ?? played.records.length;
      for (let acts = 0; acts < MOST; acts++) {
        stop = stopIn(played.records, process.key, from, stopsAt);
        if (stop) break;
        const more = nextOf(process, table, current, played, target);
        if (more === undefined) break;
        if (more === 'missed') {
          setMissed(target);
          break;
        }
        from = played.records.length;
        current = { ...current, entries: [...current.entries, ...more] };
        played = await playOnce(process, current, controller.signal);
      }
      if (controller.signal.aborted) return;
      setSession(current);
      setResult(played);
      // The step that it was to come to is no stop to be told of when nothing has happened behind it.
      setPaused(stop && { ...stop, ...(target && stop.node !== target ? { target } : {}) });
    } catch (failure) {
      if (controller.signal.aborted) return;
      setError(failure);
    } finally {
      if (running.current === controller) setBusy(false);
    }
  }, []);

  useEffect(() => () => running.current?.abort(), []);

  // What is drawn differently goes differently: the same steps are played again.
  const [settled] = useDebouncedValue(document, 500);
  const playedFor = useRef(settled);
  useEffect(() => {
    const { session: now } = latest.current;
    if (playedFor.current === settled) return;
    playedFor.current = settled;
    if (now) void run(now);
  }, [settled, run]);

  const last = session?.entries.length ?? 0;
  const moment = Math.min(looked ?? last, last);
  const stopped = looked === undefined ? paused : undefined;
  const shown = useMemo(() => result && shownOf(result, moment, stopped?.at), [result, moment, stopped]);
  useEffect(() => {
    if (result && shown) store.replace(pictureOf(result.records.slice(0, shown.to), result.runs[0]?.id));
    else store.replace({ nodes: {} });
  }, [result, shown, store]);
  useEffect(() => () => store.replace({ nodes: {} }), [store]);

  const act = useCallback(
    (step: Step): void => {
      const { session: now } = latest.current;
      if (now)
        void run(
          { ...now, entries: [...now.entries, { step }] },
          { from: latest.current.result?.records.length ?? 0 },
        );
    },
    [run],
  );
  const cut = useCallback(
    (count: number): void => {
      const { session: now } = latest.current;
      if (now) void run({ ...now, entries: now.entries.slice(0, count) });
    },
    [run],
  );
  const moveClock = useCallback(
    (to: string): void => {
      const { session: now, result: shown } = latest.current;
      if (!now || !shown) return;
      // Back in time: what happened later is taken back.
      const kept = now.entries.filter((_, i) => (shown.marks[i + 1]?.at ?? shown.at) <= to);
      const onward = kept.length === now.entries.length ? { from: shown.records.length } : {};
      void run({ ...now, entries: [...kept, { step: { advance: { to } } }] }, onward);
    },
    [run],
  );
  const begin = useCallback(
    (wanted: Omit<Session, 'entries' | 'hold'>): void => {
      void run({ ...wanted, hold: decidedIn(latest.current.document), entries: [] }, { from: 0 });
    },
    [run],
  );
  const load = useCallback(
    (scenario: Scenario, { shows }: { shows?: string } = {}): void => {
      const { at, start, people, zone, hold, steps, expect } = scenario;
      const wanted: Session = {
        at: at ?? '2026-01-05T09:00:00Z',
        start: start ?? {},
        ...(people ? { people } : {}),
        ...(zone ? { zone } : {}),
        hold: typeof hold === 'string' ? [hold] : (hold ?? []),
        entries: (steps ?? []).map((step) => ({ step })),
        robots: false,
        pins: false,
        ...(expect ? { expected: { of: expect, after: steps?.length ?? 0 } } : {}),
        ...(shows ? { shows } : {}),
      };
      void run(wanted, shows ? { from: 0, every: true } : {});
    },
    [run],
  );
  const runTo = useCallback(
    (node: string): void => {
      const { session: now } = latest.current;
      if (now) void run(now, { target: node, from: latest.current.result?.records.length ?? 0 });
    },
    [run],
  );
  const setRobots = useCallback(
    (on: boolean): void => {
      const { session: now } = latest.current;
      if (now) void run({ ...now, robots: on }, { from: latest.current.result?.records.length ?? 0 });
    },
    [run],
  );
  const setPins = useCallback(
    (on: boolean): void => {
      const { session: now } = latest.current;
      if (now) void run({ ...now, pins: on }, { from: latest.current.result?.records.length ?? 0 });
    },
    [run],
  );
  const goOn = useCallback(
    (every: boolean): void => {
      const { session: now, result: played, paused: at, document: process, stops: set } = latest.current;
      if (!now || !played) return;
      const target = at?.target;
      const next = stopIn(
        played.records,
        process.key,
        at?.at ?? played.records.length,
        (id) => every || id === target || set.has(id),
      );
      setLooked(undefined);
      if (next) setPaused({ ...next, ...(target && next.node !== target ? { target } : {}) });
      else void run(now, { from: played.records.length, every, ...(target ? { target } : {}) });
    },
    [run],
  );
  const end = useCallback((): void => {
    running.current?.abort();
    setBusy(false);
    setSession(undefined);
    setResult(undefined);
    setError(undefined);
    setMissed(undefined);
    setPaused(undefined);
  }, []);

  return {
    session,
    result,
    moment,
    look: setLooked,
    paused: stopped,
    shown,
    goOn,
    busy,
    error,
    begin,
    load,
    act,
    cut,
    moveClock,
    runTo,
    setRobots,
    setPins,
    end,
    missed,
  };
}

async function playOnce(document: ProcessDocument, session: Session, signal: AbortSignal): Promise<Result> {
  const [result] = await rehearse(document, [scenarioOf(session)], signal);
  return result as Result;
}

/** What follows by itself: test data, answers of robots, then the way to a node. */
function nextOf(
  document: ProcessDocument,
  kinds: KindTable,
  session: Session,
  result: Result,
  target: string | undefined,
): Entry[] | 'missed' | undefined {
  const pinned = session.pins ? pinsOf(document) : {};
  const own = (wait: Wait): boolean => wait.process === document.key;
  const open = result.waits.filter(
    (wait) =>
      !wait.failed &&
      (wait.node !== target || !own(wait)) &&
      ((wait.kind === 'effect' && session.robots) ||
        ((wait.kind === 'effect' || wait.kind === 'task') && own(wait) && pinned[wait.node] !== undefined)),
  );
  if (open.length > 0) {
    const visits = visitsIn(session.entries);
    return open.map((wait) => {
      const visit = visits.get(wait.node) ?? 0;
      visits.set(wait.node, visit + 1);
      const named = { ...targetOf(document.key, result.waits, wait), index: undefined };
      const { reply, source } = answerOf(document, kinds, wait.node, visit, session);
      const answer = { ...named, ...(own(wait) ? reply : {}) };
      return { step: wait.kind === 'task' ? { complete: answer } : { answer }, auto: true, source };
    });
  }
  if (target === undefined) return undefined;
  const step = stepTowards(document, kinds, result, target);
  return step ? [{ step }] : 'missed';
}

/** How often each step was answered. */
export function visitsIn(entries: readonly Entry[]): Map<string, number> {
  const visits = new Map<string, number>();
  for (const { step } of entries) {
    const node = answeredBy(step);
    if (node) visits.set(node, (visits.get(node) ?? 0) + 1);
  }
  return visits;
}
