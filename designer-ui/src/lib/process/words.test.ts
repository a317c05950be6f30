import { describe, expect, it } from 'vitest';
import { inWords, pieces, type Vocabulary, type WordKey } from './words';

const english: Record<WordKey, string> = {
  and: 'and',
  or: 'or',
  not: 'not {{x}}',
  yes: 'yes',
  no: 'no',
  nothing: 'nothing',
  is: '{{x}} is {{y}}',
  isNot: '{{x}} is not {{y}}',
  more: '{{x}} is more than {{y}}',
  least: '{{x}} is at least {{y}}',
  less: '{{x}} is less than {{y}}',
  most: '{{x}} is at most {{y}}',
  contains: '{{x}} contains {{y}}',
  head: 'head of {{x}}',
  members: 'members of {{x}}',
  count: 'number of {{x}}',
  of: '{{x}} ({{y}})',
  starter: 'who started it',
  now: 'now',
  today: 'today',
};
const words: Vocabulary = {
  text: (key, values = {}) => english[key].replace(/\{\{(\w)\}\}/g, (_, name: string) => values[name] ?? ''),
  person: (id) => (id === 'anna' ? 'Anna' : undefined),
  group: (id) => (id === 'it' ? 'IT' : undefined),
  field: (name) => ({ responsible: 'Responsible', amount: 'Amount' })[name],
  step: (id) => `step ${id}`,
};
const document = {
  format: 'fluxo/process@1',
  key: 'p',
  name: 'P',
  variables: [{ name: 'attempts', label: 'Attempts', type: 'integer' }],
  nodes: [
    { id: 'enter', kind: 'userTask', config: { form: [{ name: 'amount', label: 'Sum', type: 'number' }] } },
  ],
  flows: [],
};
const say = (source: string) => inWords(source, document, words);

describe('inWords', () => {
  it.each([
    ['steps.enter.amount > 10000', 'Sum (step enter) is more than 10000'],
    [
      'vars.attempts < 3 && steps.enter?.amount != 0',
      'Attempts is less than 3 and Sum (step enter) is not 0',
    ],
    [
      '!(record.amount >= 5) || record.responsible == "anna"',
      'not (Amount is at least 5) or Responsible is “anna”',
    ],
    ['steps.enter.done == true', 'done (step enter) is yes'],
    ['head(record.responsible)', 'head of Responsible'],
    ['head(run.startedBy)', 'head of who started it'],
    ['members("it")', 'members of IT'],
    ['head("anna")', 'head of Anna'],
    ['len(record.products) > 0', 'number of products is more than 0'],
    ['vars.attempts ?? 0', 'Attempts'],
  ])('%s', (source, said) => {
    expect(say(source)).toBe(said);
  });

  it.each(['vars.a + 1', 'map(record.products, .name)', 'a ? b : c', '"unfinished', 'vars.a ==', '', 'x()'])(
    'says nothing of %s',
    (source) => {
      expect(say(source)).toBeUndefined();
    },
  );
});

describe('pieces', () => {
  it('tells what is filled in', () => {
    expect(pieces('Pay {{ steps.enter.amount }} {{ a ? b : c }}!', document, words)).toEqual([
      { text: 'Pay ', value: false },
      { text: 'Sum (step enter)', value: true },
      { text: ' ', value: false },
      { text: '…', value: true },
      { text: '!', value: false },
    ]);
  });
});
