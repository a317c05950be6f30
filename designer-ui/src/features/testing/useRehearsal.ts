import { useDebouncedValue } from '@mantine/hooks';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { RunStore } from '@/canvas';
import type { KindTable } from '@/lib/process/kinds';
import type { ProcessDocument } from '@/lib/process/types';
import { rehearse } from './api';
import { pictureOf, reachOf } from './picture';
import {
  decidedIn,
  type Result,
  type Scenario,
  type Start,
  type Step,
  sampleAnswer,
  stepTowards,
  targetOf,
} from './scenario';

/** A step that was made; `auto`: by the robots themselves, and taken back with what led to it. */
export interface Entry {
  readonly step: Step;
  readonly auto?: boolean;
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
}

export interface Rehearsal {
  readonly session: Session | undefined;
  readonly result: Result | undefined;
  /** The step after which everything is shown; the start is 0. */
  readonly moment: number;
  readonly look: (moment: number) => void;
  readonly busy: boolean;
  readonly error: unknown;
  readonly begin: (session: Omit<Session, 'entries' | 'hold'>) => void;
  readonly load: (scenario: Scenario) => void;
  readonly act: (step: Step) => void;
  /** Keeps so many steps and drops the others. */
  readonly cut: (count: number) => void;
  readonly moveClock: (to: string) => void;
  readonly runTo: (node: string) => void;
  readonly setRobots: (on: boolean) => void;
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
});

export { scenarioOf };

interface Options {
  readonly document: ProcessDocument;
  readonly kinds: KindTable;
  readonly store: RunStore;
}

export function useRehearsal({ document, kinds, store }: Options): Rehearsal {
  const [session, setSession] = useState<Session>();
  const [result, setResult] = useState<Result>();
  const [looked, setLooked] = useState<number>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [missed, setMissed] = useState<string>();
  const latest = useRef({ document, kinds, session, result });
  latest.current = { document, kinds, session, result };
  const running = useRef<AbortController>(undefined);

  const run = useCallback(async (wanted: Session, target?: string): Promise<void> => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    const { document: process, kinds: table } = latest.current;
    setBusy(true);
    setError(undefined);
    setMissed(undefined);
    setLooked(undefined);
    setSession(wanted);
    let current = wanted;
    try {
      let played = await playOnce(process, current, controller.signal);
      const visits = (of: Result): number => of.entered.filter((id) => id === target).length;
      const before = visits(played);
      for (let acts = 0; acts < MOST; acts++) {
        const more = nextOf(process, table, current, played, target, before);
        if (more === undefined) break;
        if (more === 'missed') {
          setMissed(target);
          break;
        }
        current = { ...current, entries: [...current.entries, ...more] };
        played = await playOnce(process, current, controller.signal);
      }
      if (controller.signal.aborted) return;
      setSession(current);
      setResult(played);
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
  useEffect(() => {
    if (!result) {
      store.replace({ nodes: {} });
      return;
    }
    store.replace(pictureOf(result.records.slice(0, reachOf(result, moment).to), result.runs[0]?.id));
  }, [result, moment, store]);
  useEffect(() => () => store.replace({ nodes: {} }), [store]);

  const act = useCallback(
    (step: Step): void => {
      const { session: now } = latest.current;
      if (now) void run({ ...now, entries: [...now.entries, { step }] });
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
      void run({ ...now, entries: [...kept, { step: { advance: { to } } }] });
    },
    [run],
  );
  const begin = useCallback(
    (wanted: Omit<Session, 'entries' | 'hold'>): void => {
      void run({ ...wanted, hold: decidedIn(latest.current.document), entries: [] });
    },
    [run],
  );
  const load = useCallback(
    (scenario: Scenario): void => {
      const { at, start, people, zone, hold, steps } = scenario;
      void run({
        at: at ?? '2026-01-05T09:00:00Z',
        start: start ?? {},
        ...(people ? { people } : {}),
        ...(zone ? { zone } : {}),
        hold: typeof hold === 'string' ? [hold] : (hold ?? []),
        entries: (steps ?? []).map((step) => ({ step })),
        robots: false,
      });
    },
    [run],
  );
  const runTo = useCallback(
    (node: string): void => {
      const { session: now } = latest.current;
      if (now) void run(now, node);
    },
    [run],
  );
  const setRobots = useCallback(
    (on: boolean): void => {
      const { session: now } = latest.current;
      if (now) void run({ ...now, robots: on });
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
  }, []);

  return {
    session,
    result,
    moment,
    look: setLooked,
    busy,
    error,
    begin,
    load,
    act,
    cut,
    moveClock,
    runTo,
    setRobots,
    end,
    missed,
  };
}

async function playOnce(document: ProcessDocument, session: Session, signal: AbortSignal): Promise<Result> {
  const [result] = await rehearse(document, [scenarioOf(session)], signal);
  return result as Result;
}

/** What follows by itself: answers of robots, then the way to a node. */
function nextOf(
  document: ProcessDocument,
  kinds: KindTable,
  session: Session,
  result: Result,
  target: string | undefined,
  before: number,
): Entry[] | 'missed' | undefined {
  const there = target !== undefined && result.entered.filter((id) => id === target).length > before;
  if (there) return undefined;
  if (session.robots) {
    const robots = result.waits.filter(
      (wait) => wait.kind === 'effect' && !wait.failed && wait.node !== target,
    );
    if (robots.length > 0) {
      return robots.map((wait) => ({
        step: {
          answer: {
            ...targetOf(document.key, result.waits, wait),
            index: undefined,
            ...sampleAnswer(document, kinds, wait.node),
          },
        },
        auto: true,
      }));
    }
  }
  if (target === undefined) return undefined;
  const step = stepTowards(document, kinds, result, target);
  return step ? [{ step }] : 'missed';
}
