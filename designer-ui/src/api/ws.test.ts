import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LiveClient } from './ws';

class FakeSocket {
  static all: FakeSocket[] = [];
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor() {
    FakeSocket.all.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
    this.onclose?.();
  }
  open() {
    this.readyState = 1;
    this.onopen?.();
  }
  say(message: unknown) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const last = () => FakeSocket.all.at(-1) as FakeSocket;

function follow(topic = 'run:r1') {
  const client = new LiveClient({
    url: 'ws://test/api/v1/live',
    connect: () => new FakeSocket() as unknown as WebSocket,
    jitter: () => 1,
  });
  const snapshots: unknown[] = [];
  const events: unknown[] = [];
  const denied: unknown[] = [];
  const stop = client.subscribe<unknown, unknown>(topic, {
    onSnapshot: (data) => snapshots.push(data),
    onEvents: (batch) => events.push(...batch),
    onDenied: (problem) => denied.push(problem.code),
  });
  last().open();
  return { client, snapshots, events, denied, stop };
}

const snapshot = (seq: number, epoch = 'e1') => ({
  type: 'snapshot',
  topic: 'run:r1',
  epoch,
  seq,
  data: { seq },
});
const event = (fromSeq: number, toSeq: number, events: unknown[], epoch = 'e1') => ({
  type: 'event',
  topic: 'run:r1',
  epoch,
  fromSeq,
  toSeq,
  events,
});

describe('LiveClient', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    FakeSocket.all = [];
  });
  afterEach(() => vi.useRealTimers());

  test('subscribes, takes the snapshot and applies contiguous events', () => {
    const { snapshots, events } = follow();
    expect(last().sent).toEqual([{ type: 'subscribe', topic: 'run:r1' }]);
    last().say(snapshot(3));
    last().say(event(4, 5, ['a', 'b']));
    expect(snapshots).toEqual([{ seq: 3 }]);
    expect(events).toEqual(['a', 'b']);
  });

  test('drops what it has seen, whole and in part', () => {
    const { events } = follow();
    last().say(snapshot(3));
    last().say(event(2, 3, ['old', 'old']));
    last().say(event(3, 5, ['old', 'a', 'b']));
    last().say(event(4, 5, ['a', 'b']));
    expect(events).toEqual(['a', 'b']);
  });

  test('holds an early event back until the gap closes', () => {
    const { events } = follow();
    last().say(snapshot(3));
    last().say(event(6, 6, ['c']));
    expect(events).toEqual([]);
    last().say(event(4, 5, ['a', 'b']));
    expect(events).toEqual(['a', 'b', 'c']);
    vi.advanceTimersByTime(1000);
    expect(last().sent.filter((m) => m.type === 'range')).toEqual([]);
  });

  test('asks for the missing range after 500 ms', () => {
    follow();
    last().say(snapshot(3));
    last().say(event(6, 6, ['c']));
    vi.advanceTimersByTime(499);
    expect(last().sent.filter((m) => m.type === 'range')).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(last().sent.at(-1)).toEqual({ type: 'range', topic: 'run:r1', epoch: 'e1', from: 4, to: 5 });
  });

  test('starts over from a snapshot on resync and on a new epoch', () => {
    const { snapshots, events } = follow();
    last().say(snapshot(3));
    last().say({ type: 'resync', topic: 'run:r1' });
    expect(last().sent.at(-1)).toEqual({ type: 'subscribe', topic: 'run:r1' });
    last().say(snapshot(9));
    last().say(event(1, 1, ['x'], 'e2'));
    expect(last().sent.at(-1)).toEqual({ type: 'subscribe', topic: 'run:r1' });
    last().say(snapshot(1, 'e2'));
    last().say(event(2, 2, ['y'], 'e2'));
    expect(snapshots).toEqual([{ seq: 3 }, { seq: 9 }, { seq: 1 }]);
    expect(events).toEqual(['y']);
  });

  test('reconnects with growing delays and resumes where it was', () => {
    const { events } = follow();
    last().say(snapshot(3));
    last().close();
    vi.advanceTimersByTime(499);
    expect(FakeSocket.all).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(FakeSocket.all).toHaveLength(2);
    last().close();
    vi.advanceTimersByTime(999);
    expect(FakeSocket.all).toHaveLength(2);
    vi.advanceTimersByTime(1);
    last().open();
    expect(last().sent).toEqual([{ type: 'subscribe', topic: 'run:r1', epoch: 'e1', seq: 3 }]);
    last().say(event(4, 4, ['a']));
    expect(events).toEqual(['a']);
  });

  test('takes a silent connection for dead and keeps an answering one', () => {
    follow();
    for (let i = 0; i < 5; i++) {
      vi.advanceTimersByTime(20_000);
      expect(last().sent.at(-1)).toEqual({ type: 'ping' });
      last().say({ type: 'pong' });
    }
    expect(FakeSocket.all).toHaveLength(1);
    vi.advanceTimersByTime(46_000);
    expect(FakeSocket.all).toHaveLength(2);
  });

  test('tells the subscriber that the topic is denied', () => {
    const { denied } = follow();
    last().say({ type: 'denied', topic: 'run:r1', code: 'forbidden', detail: 'no' });
    expect(denied).toEqual(['forbidden']);
  });

  test('unsubscribes with the last subscriber and never reconnects after close', () => {
    const { client, stop } = follow();
    stop();
    expect(last().sent.at(-1)).toEqual({ type: 'unsubscribe', topic: 'run:r1' });
    client.close();
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.all).toHaveLength(1);
  });
});
