import { describe, expect, it } from 'vitest';
import { KindTable } from '@/lib/process/kinds';
import type { ProcessDocument } from '@/lib/process/types';
import { decisionsIn, pictureOf, reachOf, shownOf, stopIn, variablesAt } from './picture';
import {
  brokenIn,
  decidedIn,
  expectationOf,
  filedAnswers,
  needsReason,
  nextDue,
  type Record_,
  type Result,
  readersOf,
  sampleAnswer,
  sampleForm,
  stepTowards,
  targetOf,
  told,
  type Wait,
  waysOf,
  withStart,
} from './scenario';

const kinds = new KindTable([
  {
    key: 'robot:document.generate',
    kind: 'robot',
    robot: 'document.generate',
    category: 'document',
    look: 'document',
    icon: 'file',
    results: [{ name: 'pages', type: 'number' }],
  },
]);

/** begin > draft > check (rework back to draft, approve on to done, late after a day to chased) */
const process: ProcessDocument = {
  format: 'fluxo/process@1',
  key: 'offer',
  name: 'Offer',
  variables: [
    { name: 'file', type: 'file' },
    { name: 'rounds', type: 'number', default: 1 },
  ],
  nodes: [
    { id: 'begin', kind: 'startEvent' },
    { id: 'draft', kind: 'robot', robot: 'document.generate', config: { into: 'file' } },
    {
      id: 'check',
      kind: 'approval',
      config: { outcomes: [{ name: 'rework' }, { name: 'approve', positive: true }] },
    },
    { id: 'late', kind: 'boundaryEvent', attachedTo: 'check', trigger: { timer: { after: 'P1D' } } },
    { id: 'broke', kind: 'boundaryEvent', attachedTo: 'draft', trigger: { error: {} } },
    { id: 'chased', kind: 'endEvent' },
    { id: 'failed', kind: 'endEvent' },
    { id: 'done', kind: 'endEvent' },
    { id: 'island', kind: 'endEvent' },
  ],
  flows: [
    { id: 'f1', from: 'begin', to: 'draft' },
    { id: 'f2', from: 'draft', to: 'check' },
    { id: 'f3', from: 'check', port: 'rework', to: 'draft' },
    { id: 'f4', from: 'check', port: 'approve', to: 'done' },
    { id: 'f5', from: 'late', to: 'chased' },
    { id: 'f6', from: 'broke', to: 'failed' },
  ],
};

const wait = (node: string, kind: string, more: Partial<Wait> = {}): Wait => ({
  run: 'r1',
  process: 'offer',
  node,
  kind,
  index: 1,
  ...more,
});

const result = (more: Partial<Result>): Result => ({
  scenario: '',
  end: 'waiting',
  code: '',
  at: '2026-01-05T09:00:00Z',
  entered: [],
  completed: [],
  waits: [],
  incidents: [],
  variables: {},
  record: undefined,
  runs: [{ id: 'r1', process: 'offer', end: 'waiting' }],
  outbox: [],
  records: [],
  marks: [],
  failures: [],
  ...more,
});

describe('the way to a node', () => {
  const checking = result({
    waits: [wait('check', 'task'), wait('late', 'timer', { dueAt: '2026-01-06T09:00:00Z' })],
  });

  it('ends what is open by the outcome that leads there', () => {
    expect(stepTowards(process, kinds, checking, 'done')).toEqual({
      complete: { node: 'check', outcome: 'approve' },
    });
    expect(stepTowards(process, kinds, checking, 'draft')).toEqual({
      complete: { node: 'check', outcome: 'rework' },
    });
  });

  it('brings the file that a task must have', () => {
    const asked = {
      ...checking,
      waits: [wait('check', 'task', { config: { files: { required: true, label: 'Scan' } } })],
    };
    expect(stepTowards(process, kinds, asked, 'done')).toEqual({
      complete: {
        node: 'check',
        outcome: 'approve',
        result: {
          files: [{ id: 'rehearsal', name: 'Scan.pdf', link: '/files/rehearsal' }],
          file: { id: 'rehearsal', name: 'Scan.pdf', link: '/files/rehearsal' },
        },
      },
    });
  });

  it('lets the time pass when only a timer leads there', () => {
    expect(stepTowards(process, kinds, checking, 'chased')).toEqual({
      advance: { to: '2026-01-06T09:00:00Z' },
    });
  });

  it('lets an error be caught when only that leads there', () => {
    const drafting = result({ waits: [wait('draft', 'effect')] });
    expect(stepTowards(process, kinds, drafting, 'failed')).toEqual({ trigger: { node: 'broke' } });
  });

  it('answers a robot with results of their types and the variable that it fills', () => {
    const drafting = result({ waits: [wait('draft', 'effect')] });
    expect(stepTowards(process, kinds, drafting, 'check')).toEqual({
      answer: { node: 'draft', ...sampleAnswer(process, kinds, 'draft') },
    });
    expect(sampleAnswer(process, kinds, 'draft')).toEqual({
      result: { pages: 1 },
      variables: { file: { id: 'rehearsal', name: 'file.pdf', link: '/files/rehearsal' } },
    });
  });

  it('has none to what cannot be reached, nor past what failed', () => {
    expect(stepTowards(process, kinds, checking, 'island')).toBeUndefined();
    const failed = result({ waits: [wait('draft', 'effect', { failed: true })] });
    expect(stepTowards(process, kinds, failed, 'done')).toBeUndefined();
  });
});

describe('steps of a scenario', () => {
  it('name a wait by its place only where it is needed', () => {
    const waits = [wait('check', 'task'), wait('check', 'task', { index: 2 })];
    expect(waits.map((one) => targetOf('offer', waits, one))).toEqual([
      { node: 'check' },
      { node: 'check', index: 2 },
    ]);
    const other = wait('check', 'task', { process: 'other', run: 'r2' });
    expect(targetOf('offer', [...waits, other], other)).toEqual({ node: 'check', process: 'other' });
  });

  it('are told from every form that they are written in', () => {
    expect(told({ complete: 'check' })).toEqual({ word: 'complete', node: 'check' });
    expect(told({ complete: { node: 'check', outcome: 'approve' } })).toEqual({
      word: 'complete',
      node: 'check',
      detail: 'approve',
    });
    expect(told({ advance: 'P1D' })).toEqual({ word: 'advance', detail: 'P1D' });
    expect(told({ answer: { node: 'draft', failure: { code: 'down' } } }).detail).toBe('down');
    expect(told({ hold: 'check' })).toEqual({ word: 'other', detail: 'hold' });
  });

  it('know the next timer', () => {
    const waits = [
      wait('check', 'task', { dueAt: '2026-01-05T10:00:00Z' }),
      wait('a', 'timer', { dueAt: '2026-01-09T09:00:00Z' }),
      wait('b', 'timer', { dueAt: '2026-01-07T09:00:00Z' }),
    ];
    expect(nextDue(result({ waits }))).toBe('2026-01-07T09:00:00Z');
  });

  it('become what is expected, without the events between people and robots', () => {
    const played = result({ end: 'completed', entered: ['begin', 'draft', 'check', 'done'] });
    expect(expectationOf(process, played, { end: true, way: true, sent: false, variables: false })).toEqual({
      end: 'completed',
      entered: { inOrder: ['draft', 'check', 'done'], only: ['draft', 'check', 'done'] },
      notEntered: ['chased', 'failed', 'island'],
    });
  });
});

describe('a run that shows a fault', () => {
  it('begins at the start that it names, which is no second run', () => {
    const scenario = { steps: [{ trigger: 'begin' }, { complete: { node: 'check' } }] };
    expect(withStart(process, scenario, 'dana')).toEqual({
      start: { by: 'dana', node: 'begin' },
      steps: [{ complete: { node: 'check' } }],
    });
  });

  it('is about a sample record where the process is about records, and keeps a start that it has', () => {
    const about = { ...process, appliesTo: 'deal' };
    const scenario = { steps: [{ choose: { node: 'check', flows: [] } }] };
    expect(withStart(about, scenario, 'dana')).toMatchObject({
      start: { by: 'dana', record: { type: 'deal', responsible: 'dana' } },
      steps: scenario.steps,
    });
    const own = { start: { by: 'ada' } };
    expect(withStart(about, own, 'dana')).toBe(own);
  });
});

describe('what is seen of a moment', () => {
  let seq = 0;
  const record = (kind: string, more: Partial<Record_> = {}): Record_ => ({
    run: 'r1',
    process: 'offer',
    seq: ++seq,
    at: '2026-01-05T09:00:00Z',
    kind,
    ...more,
  });
  const records = [
    record('runStarted', { body: { variables: { rounds: 2 } } }),
    record('nodeEntered', { node: 'draft', flow: 'f1', token: 't1' }),
    record('effectStarted', { node: 'draft', token: 't1' }),
    record('nodeLeft', { node: 'draft', token: 't1', at: '2026-01-05T10:00:00Z' }),
    record('variablesChanged', { body: { rounds: 3 } }),
    record('conditionChosen', {
      node: 'check',
      body: {
        chosen: ['f4'],
        conditions: [
          { flow: 'f4', expression: 'vars.rounds > 2', result: true, values: { 'vars.rounds': 3 } },
        ],
      },
    }),
    record('nodeEntered', { node: 'check', flow: 'f2', token: 't2' }),
    record('taskOpened', { node: 'check', token: 't2' }),
    record('timerScheduled', { node: 'check', token: 't2' }),
    record('nodeEntered', { node: 'check', run: 'r2' }),
  ];

  it('is the picture of the first run', () => {
    expect(pictureOf(records.slice(0, 3), 'r1').nodes.draft).toMatchObject({ status: 'running', tokens: 1 });
    const { nodes, flows } = pictureOf(records, 'r1');
    expect(nodes.draft).toMatchObject({ status: 'done', durationMs: 3_600_000 });
    expect(nodes.check).toMatchObject({ status: 'waitingPerson', tokens: 1 });
    expect(flows).toEqual({ f1: 1, f2: 1 });
    const over = pictureOf([...records, record('runCanceled')], 'r1');
    expect(over.nodes.check).toBeUndefined();
  });

  it('has the variables, and which of them have changed', () => {
    expect(variablesAt(process, records, 'r1', 4)).toEqual([
      { name: 'file', value: null, changed: false },
      { name: 'rounds', value: 3, changed: true },
    ]);
    expect(variablesAt(process, records.slice(0, 4), 'r1', 1)[1]).toMatchObject({ value: 2, changed: false });
  });

  it('has the conditions with what they compared', () => {
    expect(decisionsIn(records)).toEqual([
      {
        at: '2026-01-05T09:00:00Z',
        node: 'check',
        process: 'offer',
        chosen: ['f4'],
        tried: [{ expression: 'vars.rounds > 2', flow: 'f4', result: true, values: { 'vars.rounds': 3 } }],
      },
    ]);
  });

  it('reaches to the end of its step', () => {
    const marks = [
      { at: 'a', records: 3, sent: 0 },
      { at: 'b', records: 9, sent: 1 },
    ];
    const played = result({ records, marks });
    expect(reachOf(played, 0)).toMatchObject({ from: 0, to: 3, at: 'a' });
    expect(reachOf(played, 1)).toMatchObject({ from: 3, to: 9, sent: 1, at: 'b' });
    expect(reachOf(played, 2)).toMatchObject({ to: records.length });
  });
});

describe('tasks of every kind', () => {
  const labels = { complete: 'Complete', send: 'Send', refuse: 'Refuse', acknowledge: 'Read' };
  const ask = { id: 'ask', kind: 'requestInformation', config: {} };
  const read = { id: 'read', kind: 'acknowledge', config: {} };

  it('end in the ways that people have', () => {
    const names = (node: typeof ask, config = {}) => waysOf(node, config, labels).map(({ name }) => name);
    expect(names(ask)).toEqual(['']);
    expect(names(ask, { refusal: 'any' })).toEqual(['', 'refused']);
    expect(waysOf(read, { button: 'Seen' }, labels)).toEqual([{ name: '', label: 'Seen', positive: true }]);
    expect(waysOf({ id: 't', kind: 'userTask' }, {}, labels)[0]?.label).toBe('Complete');
    expect(needsReason(ask, { refusalReason: true }, 'refused')).toBe(true);
    expect(needsReason(ask, { refusalReason: true }, '')).toBe(false);
  });

  it('are decided by whoever rehearses', () => {
    const drawn = { ...process, nodes: [...process.nodes, ask, read] };
    expect(decidedIn(drawn)).toEqual(['draft', 'check', 'ask', 'read']);
    const played = result({ entered: ['begin', 'ask', 'read', 'done'] });
    expect(
      expectationOf(drawn, played, { end: false, way: true, sent: false, variables: false }).entered,
    ).toMatchObject({ inOrder: ['ask', 'read', 'done'] });
  });

  it('tell later steps what was filled in and who has read', () => {
    const fields = [
      { name: 'weight', type: 'number', required: true, min: 3 },
      { name: 'size', type: 'choice', options: ['S', 'M'], required: true, multiple: true },
      { name: 'slip', type: 'file' },
      { name: 'fragile', type: 'boolean', required: true },
    ];
    expect(sampleForm(fields)).toEqual({ weight: 3, size: ['S'] });
    expect(filedAnswers(fields, { weight: 3, slip: 'slip.pdf' })).toEqual({
      weight: 3,
      slip: { id: 'rehearsal', name: 'slip.pdf', link: '/files/rehearsal' },
      fragile: false,
    });
    expect(readersOf(['ann', 'ben'], ['ben'], 'read', 'now')).toEqual({
      acknowledged: [{ user: 'ben', comment: 'read', at: 'now' }],
      missing: ['ann'],
    });
  });

  it('are answered with a form that fits on the way to a node', () => {
    const asked = {
      ...process,
      nodes: [...process.nodes, ask],
      flows: [...process.flows, { id: 'f7', from: 'ask', to: 'island' }],
    };
    const form = [{ name: 'weight', type: 'number', required: true }];
    const open = result({ waits: [wait('ask', 'task', { config: { form } })] });
    expect(stepTowards(asked, kinds, open, 'island')).toEqual({
      complete: { node: 'ask', result: { weight: 1 } },
    });
  });
});

describe('a scenario that broke', () => {
  it('names the steps that are missing and those that came instead', () => {
    const failure = { step: 0, code: 'x', message: '' };
    const failures = [
      { ...failure, path: '/expect/entered', want: ['draft', 'check', 'done'], got: ['draft', 'failed'] },
      { ...failure, path: '/expect/notEntered', want: 'chased' },
      { ...failure, path: '/expect/end', want: 'completed', got: 'waiting' },
    ];
    expect([...brokenIn(process, { failures, outbox: [] }, {})]).toEqual([
      'check',
      'done',
      'failed',
      'chased',
    ]);
    expect(brokenIn(process, { failures: [{ ...failure, path: '' }], outbox: [] }, {}).size).toBe(0);
  });

  it('names the robots that did less or more', () => {
    const expected = { sent: [{ robot: 'document.generate', count: 1 }] };
    const failures = [{ step: 0, code: 'x', message: '', path: '/expect/sent/0', want: 1, got: 0 }];
    expect([...brokenIn(process, { failures, outbox: [] }, expected)]).toEqual(['draft']);
  });
});

describe('where it stops', () => {
  const record = (kind: string, node?: string, more: Partial<Record_> = {}): Record_ => ({
    run: 'r1',
    process: 'offer',
    seq: 1,
    at: '2026-01-05T09:00:00Z',
    kind,
    ...(node ? { node } : {}),
    ...more,
  });
  const records = [
    record('nodeEntered', 'begin'),
    record('nodeEntered', 'draft'),
    record('effectStarted', 'draft', { body: { robot: 'document.generate' } }),
    record('nodeEntered', 'draft', { process: 'other' }),
    record('nodeEntered', 'check'),
  ];
  const played = result({
    records,
    marks: [{ at: '2026-01-05T10:00:00Z', records: 5, sent: 1 }],
  });

  it('is where a step of this process is entered', () => {
    const stops = (id: string): boolean => id === 'draft';
    expect(stopIn(records, 'offer', 0, stops)).toEqual({ node: 'draft', at: 2 });
    expect(stopIn(records, 'offer', 2, stops)).toBeUndefined();
    expect(stopIn(records, 'offer', 2, () => true)).toEqual({ node: 'check', at: 5 });
  });

  it('shows what had happened by then', () => {
    expect(shownOf(played, 0, 2)).toEqual({ from: 0, to: 2, sent: 0, at: '2026-01-05T09:00:00Z' });
    expect(shownOf(played, 0, 3).sent).toBe(1);
    expect(shownOf(played, 0, undefined)).toMatchObject({ to: 5, at: '2026-01-05T10:00:00Z' });
  });
});
