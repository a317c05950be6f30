import { describe, expect, it } from 'vitest';
import { History } from '../history';
import { rects } from './edits/place';
import { contract, kinds, ladder } from './fixtures';
import { overlaps } from './geometry';
import type { ProcessDocument } from './types';
import { type Finding, isFilled, marksOf, mergeFindings, validate } from './validate';

type Change = (document: ProcessDocument) => void;

function findings(change: Change): Finding[] {
  const document = contract();
  change(document);
  return validate(document, kinds);
}

const nodeOf = (document: ProcessDocument, id: string) => {
  const found = document.nodes.find((node) => node.id === id);
  if (!found) throw new Error(`no node ${id}`);
  return found;
};

const gateway: Change = (document) => {
  nodeOf(document, 'draft').kind = 'exclusiveGateway';
  document.flows.push({ id: 'f9', from: 'draft', to: 'won' });
};

describe('validate', () => {
  it('finds nothing in a sound process', () => {
    expect(findings(() => {})).toEqual([]);
  });

  it.each<[string, Change, Partial<Finding>[]]>([
    [
      'no start',
      (d) => void d.nodes.splice(0, 1),
      [{ code: 'no_start' }, { code: 'dangling_flow', flow: 'f1' }],
    ],
    [
      'no end',
      (d) => {
        d.nodes = d.nodes.filter(({ kind }) => kind !== 'endEvent');
      },
      [{ code: 'no_end', severity: 'warning' }],
    ],
    [
      'a duplicate id',
      (d) => void d.nodes.push({ ...nodeOf(d, 'draft') }),
      [{ code: 'duplicate_id', node: 'draft' }],
    ],
    [
      'a dangling flow',
      (d) => {
        d.flows[0] = { id: 'f1', from: 'begin', to: 'gone' };
      },
      [{ code: 'dangling_flow', values: { id: 'gone' } }],
    ],
    ['an unreachable node', (d) => void d.flows.splice(0, 1), [{ code: 'unreachable_node', node: 'ok' }]],
    [
      'a missing required field',
      (d) => {
        nodeOf(d, 'prepare').config = {};
      },
      [{ code: 'config_required', node: 'prepare', field: 'config.assignee', values: { field: 'Assignee' } }],
    ],
    [
      'an empty expression in a required field',
      (d) => {
        nodeOf(d, 'prepare').config = { assignee: { expr: ' ' } };
      },
      [{ code: 'config_required', field: 'config.assignee' }],
    ],
    [
      'a decision that decides nothing',
      (d) => {
        nodeOf(d, 'draft').kind = 'exclusiveGateway';
      },
      [{ code: 'one_way_out', severity: 'warning', node: 'draft' }],
    ],
    ['a flow without condition', gateway, [{ code: 'flow_without_condition', flow: 'f2' }]],
    [
      'a gateway without default',
      (d) => {
        gateway(d);
        for (const flow of d.flows) if (flow.from === 'draft') flow.when = 'true';
      },
      [{ code: 'gateway_without_default', node: 'draft' }],
    ],
    [
      'an outcome without flow',
      (d) => {
        d.flows = d.flows.filter(({ id }) => id !== 'f6');
      },
      [{ code: 'outcome_without_flow', node: 'ok', values: { outcome: 'reject' } }],
    ],
    [
      'an outcome without flow, by its label',
      (d) => {
        d.flows = d.flows.filter(({ id }) => id !== 'f6');
        const ok = d.nodes.find(({ id }) => id === 'ok');
        const outcomes = [
          { name: 'approve', positive: true },
          { name: 'rework' },
          { name: 'reject', label: 'Send back' },
        ];
        if (ok) ok.config = { ...ok.config, outcomes };
      },
      [{ code: 'outcome_without_flow', node: 'ok', values: { outcome: 'Send back' } }],
    ],
    [
      'a flow of an unknown port',
      (d) => {
        d.flows[3] = { id: 'f4', from: 'ok', port: 'maybe', to: 'won' };
      },
      [{ code: 'unknown_port' }],
    ],
    [
      'an end with output',
      (d) => void d.flows.push({ id: 'f9', from: 'won', to: 'draft' }),
      [{ code: 'flow_out_of_end', flow: 'f9' }],
    ],
    [
      'a start with input',
      (d) => void d.flows.push({ id: 'f9', from: 'prepare', to: 'begin' }),
      [{ code: 'flow_into_start', flow: 'f9' }],
    ],
    ['a dead end', (d) => void d.flows.pop(), [{ code: 'dead_end', node: 'remind', severity: 'warning' }]],
    [
      'a boundary event without host',
      (d) => void delete nodeOf(d, 'late').attachedTo,
      [{ code: 'boundary_without_host' }],
    ],
    [
      'a missing trigger',
      (d) => void delete nodeOf(d, 'late').trigger,
      [{ code: 'missing_trigger', field: 'trigger' }],
    ],
    [
      'a dangling default',
      (d) => {
        nodeOf(d, 'draft').default = 'f99';
      },
      [{ code: 'bad_default' }],
    ],
    [
      'an unknown robot',
      (d) => {
        nodeOf(d, 'draft').robot = 'moon.land';
      },
      [{ code: 'unknown_robot', values: { robot: 'moon.land' } }],
    ],
    [
      'an unknown kind',
      (d) => {
        nodeOf(d, 'draft').kind = 'teleport';
      },
      [{ code: 'unknown_kind' }],
    ],
    [
      'a duplicate outcome',
      (d) => {
        (nodeOf(d, 'ok').config as { outcomes: { name: string }[] }).outcomes[1] = { name: 'approve' };
      },
      [{ code: 'duplicate_name', values: { outcome: 'approve' } }],
    ],
    [
      'no outcomes',
      (d) => {
        (nodeOf(d, 'ok').config as { outcomes: unknown[] }).outcomes = [];
      },
      [{ code: 'no_outcomes' }],
    ],
    [
      'a template that reads a missing step',
      (d) => {
        (nodeOf(d, 'prepare').config as Record<string, unknown>).text =
          'Not code: steps.x. {{ steps.nowhere.file }}';
      },
      [{ code: 'unknown_step', field: 'config.text', values: { id: 'nowhere' } }],
    ],
    [
      'a condition that reads a missing step',
      (d) => {
        (d.flows[2] as { when?: string }).when = 'steps.zzz.a > 1';
      },
      [{ code: 'unknown_step', flow: 'f3', field: 'when' }],
    ],
  ])('finds %s', (_, change, expected) => {
    const found = findings(change);
    for (const finding of expected) expect(found).toContainEqual(expect.objectContaining(finding));
  });

  it('offers quick fixes that remove their finding', () => {
    const changes: Change[] = [
      (d) => void d.nodes.splice(0, 1),
      (d) => {
        d.flows[0] = { id: 'f1', from: 'begin', to: 'gone' };
      },
      gateway,
      (d) => {
        d.flows = d.flows.filter(({ id }) => id !== 'f6');
      },
      (d) => void d.flows.push({ id: 'f9', from: 'won', to: 'draft' }),
      (d) => void d.flows.pop(),
      (d) => void delete nodeOf(d, 'late').attachedTo,
      (d) => {
        nodeOf(d, 'draft').default = 'f99';
      },
      (d) => {
        d.nodes = d.nodes.filter(({ kind }) => kind !== 'endEvent');
        d.flows = d.flows.filter(({ to }) => to !== 'won' && to !== 'lost');
      },
    ];
    let applied = 0;
    for (const change of changes) {
      const document = contract();
      change(document);
      for (const finding of validate(document, kinds)) {
        const fix = finding.fix;
        if (!fix) continue;
        const history = new History(document);
        history.run({ key: 'fix' }, (draft) => fix.apply(draft as ProcessDocument, kinds));
        const same = validate(history.current, kinds).filter(
          ({ code, node, flow, values }) =>
            code === finding.code &&
            node === finding.node &&
            flow === finding.flow &&
            values?.outcome === finding.values?.outcome,
        );
        expect(same, `${finding.code} ${finding.node ?? finding.flow}`).toEqual([]);
        applied++;
      }
    }
    expect(applied).toBeGreaterThanOrEqual(9);
  });

  it('puts a new end where nothing stands', () => {
    const document = contract();
    document.flows = document.flows.filter(({ id }) => id !== 'f6');
    document.layout = Object.fromEntries(document.nodes.map(({ id }, i) => [id, { at: [300 * i, 2000] }]));
    document.layout.ok = { at: [600, 200] };
    document.layout.prepare = { at: [900, 200] };
    const fix = validate(document, kinds).find(({ code }) => code === 'outcome_without_flow')?.fix;
    fix?.apply(document, kinds);
    const places = rects(document, kinds);
    const added = document.nodes.at(-1)?.id ?? '';
    const end = places.get(added);
    if (!end) throw new Error('no end was added');
    for (const [id, rect] of places) expect(id !== added && overlaps(rect, end), id).toBe(false);
  });

  it('say one mistake of an expression once, and each empty field by itself', () => {
    const own = [
      { code: 'unknown_step', severity: 'error', node: 'ok', field: 'config.text', values: { id: 'gone' } },
      { code: 'config_required', severity: 'error', node: 'ok', field: 'config.text' },
    ] as const;
    const said = { severity: 'error', node: 'ok' } as const;
    const merged = mergeFindings(own, [
      { ...said, code: 'bad_expression', field: '/config/text', message: 'unknown name gone' },
      { ...said, code: 'bad_expression', field: '/config/to/0/expr', message: 'unknown name x' },
      { ...said, code: 'bad_expression', field: '/config/to/0/expr', message: 'unknown name x' },
      { ...said, code: 'config_required', field: '/config/text', message: 'empty' },
      { ...said, code: 'config_required', field: '/config/to/0', message: 'empty' },
    ]);
    expect(merged.slice(own.length).map(({ code, field }) => `${code} ${field}`)).toEqual([
      'bad_expression config.to.0',
      'config_required config.to.0',
    ]);
  });

  it('knows at once that a field which was empty is filled', () => {
    const document = contract();
    const ok = document.nodes.find(({ id }) => id === 'ok');
    if (!ok) throw new Error('the example has no such step');
    const finding: Finding = {
      code: 'config_required',
      severity: 'error',
      node: 'ok',
      field: 'config.approvers.0',
    };
    const filled = (value: unknown, of: Partial<Finding> = {}): boolean => {
      ok.config = { ...ok.config, approvers: [value] };
      return isFilled(document, { ...finding, ...of });
    };
    for (const empty of [undefined, null, '', ' ', [], {}, { expr: ' ' }])
      expect(filled(empty), JSON.stringify(empty)).toBe(false);
    for (const value of ['ana', 0, false, { expr: 'run.startedBy' }])
      expect(filled(value), JSON.stringify(value)).toBe(true);
    // What is there can be wrong in other ways; a step that is gone is not filled.
    expect(filled('ana', { code: 'config_min_length' })).toBe(false);
    expect(filled('ana', { node: 'gone' })).toBe(false);
    expect(isFilled(document, { code: 'missing_name', severity: 'error' })).toBe(false);
  });

  it('adds what only the server finds', () => {
    const own: Finding[] = [{ code: 'no_outcomes', severity: 'error', node: 'ok' }];
    const merged = mergeFindings(own, [
      { code: 'no_outcomes', severity: 'error', node: 'ok', message: 'again' },
      {
        code: 'bad_expression',
        severity: 'error',
        node: 'ok',
        field: '/config/approvers/0',
        message: 'unknown name',
      },
    ]);
    expect(merged).toEqual([
      own[0],
      expect.objectContaining({
        code: 'bad_expression',
        field: 'config.approvers.0',
        message: 'unknown name',
      }),
    ]);
  });

  it('counts findings per element with the worst severity', () => {
    const marks = marksOf([
      { code: 'a', severity: 'warning', node: 'x' },
      { code: 'b', severity: 'error', node: 'x' },
      { code: 'c', severity: 'warning', node: 'x' },
      { code: 'd', severity: 'error' },
    ]);
    expect([...marks]).toEqual([['x', { severity: 'error', count: 3 }]]);
  });

  it('checks 2,000 nodes in a moment', () => {
    // The best of several runs: other work on the machine can only make a run slower.
    const times = Array.from({ length: 6 }, () => {
      const document = ladder(2000);
      const started = performance.now();
      expect(validate(document, kinds)).toEqual([]);
      return performance.now() - started;
    });
    expect(Math.min(...times)).toBeLessThan(500);
  });
});
