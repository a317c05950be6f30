/**
 * The live stream. One socket per browser tab carries all topics; every topic has its own (epoch, seq), contiguous.
 * The client resumes with what it has, drops what it already saw, holds back what came too early, asks for a missing
 * range after 500 ms, and starts over from a snapshot when the server cannot give it.
 */

export type TopicHandlers<S, E> = {
  /** The whole state; replaces everything known about the topic. */
  onSnapshot: (data: S) => void;
  /** Changes since the last snapshot or event, in order, each once. */
  onEvents: (events: E[]) => void;
  /** The server refuses the topic, for example for lack of a right. */
  onDenied?: (problem: { code: string; detail: string }) => void;
};

export type LiveStatus = { state: 'connecting' | 'open' | 'closed'; lastMessageAt: number | null };

type ServerMessage =
  | { type: 'snapshot'; topic: string; epoch: string; seq: number; data: unknown }
  | { type: 'event'; topic: string; epoch: string; fromSeq: number; toSeq: number; events: unknown[] }
  | { type: 'resync'; topic: string }
  | { type: 'denied'; topic: string; code: string; detail: string }
  | { type: 'pong' };

type Topic = {
  name: string;
  handlers: Set<TopicHandlers<unknown, unknown>>;
  epoch: string | null;
  seq: number;
  /** Events that came too early, by their first number. */
  held: Map<number, { toSeq: number; events: unknown[] }>;
  gapTimer: ReturnType<typeof setTimeout> | null;
};

export type LiveClientOptions = {
  url: string;
  connect?: (url: string) => WebSocket;
  /** Between 0 and 1; spreads reconnects of many browsers. */
  jitter?: () => number;
  now?: () => number;
};

const gapPatience = 500;
const heartbeat = 20_000;
const silenceLimit = 45_000;

export class LiveClient {
  private readonly options: Required<LiveClientOptions>;
  private readonly topics = new Map<string, Topic>();
  private readonly statusListeners = new Set<() => void>();
  private socket: WebSocket | null = null;
  private attempts = 0;
  private reconnectTimer: ReturnType<typeof setTimeout> | null = null;
  private silenceTimer: ReturnType<typeof setTimeout> | null = null;
  private heartbeatTimer: ReturnType<typeof setInterval> | null = null;
  private status: LiveStatus = { state: 'closed', lastMessageAt: null };

  constructor(options: LiveClientOptions) {
    this.options = {
      connect: (url) => new WebSocket(url),
      jitter: Math.random,
      now: Date.now,
      ...options,
    };
  }

  getStatus = (): LiveStatus => this.status;

  onStatus = (listener: () => void): (() => void) => {
    this.statusListeners.add(listener);
    return () => this.statusListeners.delete(listener);
  };

  /** Follows a topic until the returned function is called. The first subscription opens the socket. */
  subscribe<S, E>(name: string, handlers: TopicHandlers<S, E>): () => void {
    const own = handlers as TopicHandlers<unknown, unknown>;
    const existing = this.topics.get(name);
    if (existing) {
      existing.handlers.add(own);
      // The newcomer has seen nothing: a fresh snapshot serves it, the others take it as the truth, too.
      existing.epoch = null;
      this.sendSubscribe(existing);
    } else {
      const topic: Topic = {
        name,
        handlers: new Set([own]),
        epoch: null,
        seq: 0,
        held: new Map(),
        gapTimer: null,
      };
      this.topics.set(name, topic);
      if (this.socket === null && this.reconnectTimer === null) this.open();
      else this.sendSubscribe(topic);
    }
    return () => this.unsubscribe(name, own);
  }

  /** Tells the others on a topic what this person has selected there. */
  select(name: string, selected: readonly string[]): void {
    this.send({ type: 'select', topic: name, selected });
  }

  /** Closes the socket and forgets everything, at sign-out. */
  close(): void {
    this.clearTimers();
    for (const topic of this.topics.values()) this.clearGap(topic);
    this.topics.clear();
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.setStatus('closed');
  }

  private unsubscribe(name: string, handlers: TopicHandlers<unknown, unknown>): void {
    const topic = this.topics.get(name);
    if (!topic?.handlers.delete(handlers) || topic.handlers.size > 0) return;
    this.clearGap(topic);
    this.topics.delete(name);
    this.send({ type: 'unsubscribe', topic: name });
  }

  private open(): void {
    this.setStatus('connecting');
    const socket = this.options.connect(this.options.url);
    this.socket = socket;
    socket.onopen = () => {
      if (socket !== this.socket) return;
      this.attempts = 0;
      this.heartbeatTimer = setInterval(() => this.send({ type: 'ping' }), heartbeat);
      this.setStatus('open');
      this.watchSilence();
      for (const topic of this.topics.values()) this.sendSubscribe(topic);
    };
    socket.onmessage = (message: MessageEvent) => {
      if (socket !== this.socket) return;
      this.status = { ...this.status, lastMessageAt: this.options.now() };
      this.watchSilence();
      this.receive(JSON.parse(String(message.data)) as ServerMessage);
    };
    socket.onclose = () => {
      if (socket !== this.socket) return;
      this.socket = null;
      this.clearTimers();
      this.setStatus('closed');
      for (const topic of this.topics.values()) this.clearGap(topic);
      if (this.topics.size > 0) this.scheduleReconnect();
    };
  }

  private scheduleReconnect(): void {
    const ceiling = Math.min(15_000, 500 * 2 ** this.attempts);
    this.attempts++;
    const delay = ceiling / 2 + (ceiling / 2) * this.options.jitter();
    this.reconnectTimer = setTimeout(() => {
      this.reconnectTimer = null;
      this.open();
    }, delay);
  }

  private watchSilence(): void {
    if (this.silenceTimer) clearTimeout(this.silenceTimer);
    // A half-open connection never closes by itself; the missing answers to our pings are the only sign.
    this.silenceTimer = setTimeout(() => this.socket?.close(), silenceLimit);
  }

  private clearTimers(): void {
    if (this.reconnectTimer) clearTimeout(this.reconnectTimer);
    if (this.silenceTimer) clearTimeout(this.silenceTimer);
    if (this.heartbeatTimer) clearInterval(this.heartbeatTimer);
    this.heartbeatTimer = null;
    this.reconnectTimer = null;
    this.silenceTimer = null;
  }

  private send(message: unknown): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(message));
  }

  private sendSubscribe(topic: Topic): void {
    const known = topic.epoch === null ? {} : { epoch: topic.epoch, seq: topic.seq };
    this.send({ type: 'subscribe', topic: topic.name, ...known });
  }

  private receive(message: ServerMessage): void {
    if (message.type === 'pong') return;
    const topic = this.topics.get(message.topic);
    if (!topic) return;
    switch (message.type) {
      case 'snapshot':
        topic.epoch = message.epoch;
        topic.seq = message.seq;
        for (const handlers of topic.handlers) handlers.onSnapshot(message.data);
        this.drainHeld(topic);
        break;
      case 'event':
        this.receiveEvent(topic, message);
        break;
      case 'resync':
        this.startOver(topic);
        break;
      case 'denied':
        for (const handlers of topic.handlers)
          handlers.onDenied?.({ code: message.code, detail: message.detail });
        break;
    }
  }

  private receiveEvent(topic: Topic, event: Extract<ServerMessage, { type: 'event' }>): void {
    if (topic.epoch === null) return;
    if (event.epoch !== topic.epoch) {
      this.startOver(topic);
      return;
    }
    if (event.toSeq <= topic.seq) return;
    topic.held.set(event.fromSeq, { toSeq: event.toSeq, events: event.events });
    this.drainHeld(topic);
  }

  /** Applies what is contiguous; what is left waits for the gap to close. */
  private drainHeld(topic: Topic): void {
    const ready: unknown[] = [];
    for (const [fromSeq, held] of [...topic.held].sort(([a], [b]) => a - b)) {
      if (held.toSeq <= topic.seq) {
        topic.held.delete(fromSeq);
        continue;
      }
      if (fromSeq > topic.seq + 1) break;
      topic.held.delete(fromSeq);
      // A coalesced message may repeat what was seen: one event per number, skip the old ones.
      const span = held.toSeq - fromSeq + 1;
      const fresh = held.events.length === span ? held.events.slice(topic.seq + 1 - fromSeq) : held.events;
      ready.push(...fresh);
      topic.seq = held.toSeq;
    }
    if (ready.length > 0) for (const handlers of topic.handlers) handlers.onEvents(ready);
    if (topic.held.size === 0) this.clearGap(topic);
    else if (topic.gapTimer === null) topic.gapTimer = setTimeout(() => this.askForRange(topic), gapPatience);
  }

  private askForRange(topic: Topic): void {
    topic.gapTimer = null;
    const first = [...topic.held.keys()].sort((a, b) => a - b)[0];
    if (first === undefined) return;
    this.send({ type: 'range', topic: topic.name, epoch: topic.epoch, from: topic.seq + 1, to: first - 1 });
  }

  private startOver(topic: Topic): void {
    this.clearGap(topic);
    topic.held.clear();
    topic.epoch = null;
    topic.seq = 0;
    this.sendSubscribe(topic);
  }

  private clearGap(topic: Topic): void {
    if (topic.gapTimer) clearTimeout(topic.gapTimer);
    topic.gapTimer = null;
  }

  private setStatus(state: LiveStatus['state']): void {
    this.status = { ...this.status, state };
    for (const listener of this.statusListeners) listener();
  }
}

/** Address of the live endpoint on the page's own origin. */
export function liveUrl(location: Location = window.location): string {
  return `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}/api/v1/live`;
}

export const live = new LiveClient({ url: typeof window === 'undefined' ? '' : liveUrl() });
