import type { NodeRunState, RunSnapshot } from '@/canvas';
import type { ProcessDocument } from '@/lib/process/types';
import type { Status } from '@/theme/status';
import type { Record_, Result, Values } from './scenario';

interface Visit {
  open: number[];
  left: number;
  since: string;
  ms: number;
  canceled: boolean;
  look: Status;
  parked: { token: string | undefined; scope: string | undefined }[];
  incident: string | undefined;
}

const fresh = (): Visit => ({
  open: [],
  left: 0,
  since: '',
  ms: 0,
  canceled: false,
  look: 'running',
  parked: [],
  incident: undefined,
});

const ENDS = new Set(['runCompleted', 'runCanceled', 'runFailed']);
const LOOKS: Readonly<Record<string, Status>> = {
  taskOpened: 'waitingPerson',
  messageAwaited: 'waitingTimer',
  signalAwaited: 'waitingTimer',
  conditionAwaited: 'waitingTimer',
  timerScheduled: 'waitingTimer',
  effectStarted: 'running',
  childStarted: 'running',
};

/** The diagram as it stood after some records of one run, as the picture of a real run is made from its records. */
export function pictureOf(records: readonly Record_[], run: string | undefined): RunSnapshot {
  const visits = new Map<string, Visit>();
  const flows: Record<string, number> = {};
  let over = false;
  const at = (id: string): Visit => {
    let visit = visits.get(id);
    if (!visit) {
      visit = fresh();
      visits.set(id, visit);
    }
    return visit;
  };
  for (const record of records) {
    if (record.run !== run) continue;
    const { kind, node, flow, token, scope } = record;
    if (flow && (kind === 'nodeEntered' || kind === 'tokenParked')) flows[flow] = (flows[flow] ?? 0) + 1;
    if (ENDS.has(kind)) over = true;
    if (kind === 'scopeCanceled' || kind === 'scopeCompleted') {
      for (const visit of visits.values()) {
        visit.parked = visit.parked.filter((parked) => parked.scope !== scope);
      }
    }
    if (!node) continue;
    const visit = at(node);
    const now = Date.parse(record.at);
    const unpark = (): void => {
      visit.parked = visit.parked.filter((parked) => parked.token !== token);
    };
    switch (kind) {
      case 'nodeEntered':
        unpark();
        visit.open.push(now);
        Object.assign(visit, { since: record.at, look: 'running', canceled: false, incident: undefined });
        break;
      case 'nodeLeft':
      case 'nodeCanceled': {
        const entered = visit.open.shift();
        if (entered !== undefined) visit.ms += now - entered;
        visit.canceled = kind === 'nodeCanceled';
        if (!visit.canceled) visit.left++;
        Object.assign(visit, { since: record.at, incident: undefined });
        break;
      }
      case 'tokenParked':
        visit.parked.push({ token, scope });
        Object.assign(visit, { since: record.at, look: 'waitingTimer' });
        break;
      case 'tokenConsumed':
      case 'tokenMoved':
        unpark();
        break;
      case 'incidentRaised':
        visit.incident = String(record.body?.text || record.body?.message || record.body?.code || '');
        break;
      case 'incidentResolved':
        visit.incident = undefined;
        break;
      default: {
        const look = LOOKS[kind];
        // A task's own time-out does not make it a timer.
        if (look && !(kind === 'timerScheduled' && visit.look === 'waitingPerson')) visit.look = look;
      }
    }
  }
  const nodes: Record<string, NodeRunState> = {};
  for (const [id, visit] of visits) {
    const tokens = over ? 0 : visit.open.length + visit.parked.length;
    if (visit.incident !== undefined) {
      nodes[id] = {
        status: 'failed',
        since: visit.since,
        tokens: tokens || undefined,
        incidents: 1,
        incident: visit.incident,
      };
    } else if (tokens > 0) nodes[id] = { status: visit.look, since: visit.since, tokens };
    else if (visit.canceled) nodes[id] = { status: 'canceled', since: visit.since };
    else if (visit.left > 0)
      nodes[id] = { status: 'done', since: visit.since, durationMs: visit.ms || undefined };
  }
  return { nodes, flows };
}

export interface Held {
  readonly name: string;
  readonly value: unknown;
  /** Set by what was looked at, not before it. */
  readonly changed: boolean;
}

/** The variables of a run after some records; `from` is where the step that is looked at began. */
export function variablesAt(
  document: ProcessDocument,
  records: readonly Record_[],
  run: string | undefined,
  from: number,
): Held[] {
  const values = new Map<string, { value: unknown; changed: boolean }>();
  for (const variable of document.variables ?? []) {
    values.set(variable.name, { value: variable.default ?? null, changed: false });
  }
  records.forEach((record, at) => {
    if (record.run !== run) return;
    const given =
      record.kind === 'runStarted'
        ? (record.body?.variables as Values | undefined)
        : record.kind === 'variablesChanged'
          ? record.body
          : undefined;
    for (const [name, value] of Object.entries(given ?? {})) values.set(name, { value, changed: at >= from });
  });
  return [...values]
    .filter(([name]) => !name.startsWith('_'))
    .map(([name, held]) => ({ name, ...held }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

export interface Tried {
  readonly expression: string;
  readonly flow: string | undefined;
  readonly result: boolean;
  readonly values: Values;
}

export interface Decision {
  readonly at: string;
  readonly node: string;
  readonly process: string;
  readonly chosen: readonly string[];
  readonly tried: readonly Tried[];
}

const list = (value: unknown): string[] =>
  Array.isArray(value) ? value.map(String) : value === undefined || value === null ? [] : [String(value)];

/** Every condition that was looked at, with the values that it compared. */
export function decisionsIn(records: readonly Record_[]): Decision[] {
  return records.flatMap((record) => {
    const body = record.body ?? {};
    if (record.kind === 'conditionChosen') {
      const conditions = Array.isArray(body.conditions) ? (body.conditions as Values[]) : [];
      return [
        {
          at: record.at,
          node: record.node ?? '',
          process: record.process,
          chosen: list(body.chosen),
          tried: conditions.map((one) => ({
            expression: String(one.expression ?? ''),
            flow: one.flow === undefined ? undefined : String(one.flow),
            result: one.result === true,
            values: (one.values as Values | undefined) ?? {},
          })),
        },
      ];
    }
    if (record.kind === 'conditionHeld') {
      const tried = { expression: String(body.expression ?? ''), flow: undefined, result: true, values: {} };
      return [
        { at: record.at, node: record.node ?? '', process: record.process, chosen: [], tried: [tried] },
      ];
    }
    return [];
  });
}

/** How far a moment goes: the records and messages up to the end of a step, 0 being the start. */
export function reachOf(
  result: Result,
  moment: number,
): { from: number; to: number; sentFrom: number; sent: number; at: string } {
  const mark = result.marks[moment];
  const before = result.marks[moment - 1];
  return {
    from: moment === 0 ? 0 : (before?.records ?? 0),
    to: mark?.records ?? result.records.length,
    sentFrom: moment === 0 ? 0 : (before?.sent ?? 0),
    sent: mark?.sent ?? result.outbox.length,
    at: mark?.at ?? result.at,
  };
}

/** Where a stop is among records: the next entering of such a step, which is shown as entered. */
export function stopIn(
  records: readonly Record_[],
  process: string,
  from: number,
  stops: (id: string) => boolean,
): { node: string; at: number } | undefined {
  for (let i = from; i < records.length; i++) {
    const record = records[i];
    if (record?.kind === 'nodeEntered' && record.process === process && record.node && stops(record.node))
      return { node: record.node, at: i + 1 };
  }
  return undefined;
}

/** What is on show: records `from` to `to` are of the step that is looked at. */
export interface Shown {
  readonly from: number;
  readonly to: number;
  readonly sent: number;
  readonly at: string;
}

/** What a moment shows, or where playing has stopped in the middle of it. */
export function shownOf(result: Result, moment: number, stop: number | undefined): Shown {
  const reach = reachOf(result, moment);
  if (stop === undefined || stop > reach.to) return reach;
  const sending = result.records
    .slice(0, stop)
    .filter(({ kind, body }) => kind === 'effectStarted' && body?.robot);
  return {
    from: Math.min(reach.from, stop),
    to: stop,
    sent: Math.min(sending.length, reach.sent),
    at: result.records[stop - 1]?.at ?? reach.at,
  };
}
