import { useCallback, useSyncExternalStore } from 'react';
import type { Status } from '@/theme/status';

/** What the overlay shows at one node. Every field is optional so that a live event can carry what changed. */
export interface NodeRunState {
  readonly status: Status;
  /** Who is asked, already as text. */
  readonly person?: string;
  /** Instants, RFC 3339. */
  readonly since?: string;
  readonly dueAt?: string;
  readonly durationMs?: number;
  /** Since when somebody or something is at work here, where the duration still grows. */
  readonly openSince?: string;
  readonly attempt?: number;
  /** Tokens standing here now: one run's, or all runs' together. */
  readonly tokens?: number;
  readonly incidents?: number;
  /** 0 to 1: how much of the most there is at this step, drawn as a meter and a tint. */
  readonly heat?: number;
  /** What the heat stands for, in words. */
  readonly heatText?: string;
  /** What operators did here by hand, in words. */
  readonly byHand?: string;
  /** Reason of the youngest incident, for the tooltip. */
  readonly incident?: string;
}

export interface RunSnapshot {
  readonly nodes: Readonly<Record<string, NodeRunState>>;
  /** How often each flow was taken; flows that are absent were not. */
  readonly flows?: Readonly<Record<string, number>>;
}

/**
 * Status of a run (or the sums of all runs) beside the document: node data, history and autosave never see it. Each
 * node subscribes to its own id, so an update costs nothing for steps off screen. Feed it once per animation frame
 * (`rafBatch`).
 */
export class RunStore {
  private readonly nodes = new Map<string, NodeRunState>();
  private readonly flows = new Map<string, number>();
  private readonly listeners = new Map<string, Set<() => void>>();
  private readonly observers = new Set<() => void>();

  node(id: string): NodeRunState | undefined {
    return this.nodes.get(id);
  }

  taken(flowId: string): number {
    return this.flows.get(flowId) ?? 0;
  }

  /** Replaces everything; only what is different then is drawn anew. */
  replace(snapshot: RunSnapshot): void {
    const changed = new Set<string>();
    const flows = snapshot.flows ?? {};
    for (const id of [...this.nodes.keys()]) {
      if (snapshot.nodes[id] === undefined && this.nodes.delete(id)) changed.add(id);
    }
    for (const id of [...this.flows.keys()]) {
      if (flows[id] === undefined && this.flows.delete(id)) changed.add(id);
    }
    for (const [id, state] of Object.entries(snapshot.nodes)) {
      if (alike(this.nodes.get(id), state)) continue;
      this.nodes.set(id, state);
      changed.add(id);
    }
    for (const [id, count] of Object.entries(flows)) {
      if (this.flows.get(id) === count) continue;
      this.flows.set(id, count);
      changed.add(id);
    }
    if (changed.size > 0) this.tell(changed);
  }

  /** Sets the given nodes and flows and leaves the rest. */
  apply(update: RunSnapshot): void {
    for (const [id, state] of Object.entries(update.nodes)) this.nodes.set(id, state);
    for (const [id, count] of Object.entries(update.flows ?? {})) this.flows.set(id, count);
    this.tell([...Object.keys(update.nodes), ...Object.keys(update.flows ?? {})]);
  }

  subscribe(id: string, listener: () => void): () => void {
    let set = this.listeners.get(id);
    if (!set) {
      set = new Set();
      this.listeners.set(id, set);
    }
    set.add(listener);
    return () => set.delete(listener);
  }

  /** For painters of the whole picture: the overview and the minimap. */
  observe(observer: () => void): () => void {
    this.observers.add(observer);
    return () => this.observers.delete(observer);
  }

  private tell(ids: Iterable<string>): void {
    for (const id of ids) for (const listener of this.listeners.get(id) ?? []) listener();
    for (const observer of this.observers) observer();
  }
}

function alike(a: NodeRunState | undefined, b: NodeRunState): boolean {
  if (a === undefined) return false;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof NodeRunState>;
  for (const name of names) if (a[name] !== b[name]) return false;
  return true;
}

const nothing = (): (() => void) => () => {};

export function useNodeRunState(store: RunStore | undefined, id: string): NodeRunState | undefined {
  const subscribe = useCallback(
    (listener: () => void) => (store ? store.subscribe(id, listener) : nothing()),
    [store, id],
  );
  return useSyncExternalStore(subscribe, () => store?.node(id));
}

export function useFlowTaken(store: RunStore | undefined, id: string): number {
  const subscribe = useCallback(
    (listener: () => void) => (store ? store.subscribe(id, listener) : nothing()),
    [store, id],
  );
  return useSyncExternalStore(subscribe, () => store?.taken(id) ?? 0);
}
