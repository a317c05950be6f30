// @vitest-environment jsdom
import i18next from 'i18next';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AuditEntry, Department } from '@/api/queries/settings';
import { actionText, auditActions, auditObjects, changesOf, objectText, objectTypeText } from './auditText';
import { inTreeOrder } from './DepartmentsPage';

const entry = (
  changes: [field: string, before: unknown, after: unknown][],
  object = 'y:1',
  objectName = '',
): AuditEntry => ({
  id: '1',
  rev: 1,
  n: 1,
  at: '',
  createdAt: null,
  updatedAt: null,
  actor: 'ada',
  actorName: 'Ada',
  action: 'x',
  source: '',
  prev: '',
  hash: '',
  summary: '',
  object,
  objectName,
  changes: changes.map(([field, before, after]) => ({ field, before, after })),
});
const t = i18next.getFixedT('en', 'settings');
beforeAll(() => i18next.loadNamespaces('settings'));

describe('audit text', () => {
  const names = {
    person: (id: string) => (id === 'henrik' ? 'Henrik Lindqvist' : undefined),
    type: (type: string) => `a ${type}`,
  };
  test('says what a change was and became, and what a new thing is', () => {
    expect(changesOf(t, entry([['name', 'A', 'B']]), names)).toEqual(['Name: A → B']);
    expect(
      changesOf(
        t,
        entry([
          ['name', null, 'B'],
          ['note', null, ''],
          ['roles', ['member'], null],
        ]),
        names,
      ),
    ).toEqual(['Name: B', 'Roles: member → –']);
    expect(changesOf(t, entry([['amount', null, { amount: 500, currency: 'EUR' }]]), names)).toEqual([
      'Amount: €5.00',
    ]);
  });

  test('cuts what nobody reads', () => {
    expect(changesOf(t, entry([['text', null, 'x'.repeat(100)]]), names)[0]).toBe(`Text: ${'x'.repeat(80)}…`);
    expect(changesOf(t, entry([['userId', null, 'ada']]), names)).toEqual([]);
    expect(changesOf(t, entry([['responsibleId', null, 'henrik']]), names)).toEqual([
      'Responsible: Henrik Lindqvist',
    ]);
    expect(changesOf(t, entry([['records', null, [{ id: '1', type: 'lead' }]]]), names)).toEqual([
      'Records: a lead',
    ]);
  });

  test('names acts and objects in words', () => {
    expect(actionText('ru', 'deal.stageChanged')).not.toBe('deal.stageChanged');
    expect(actionText('en', 'moon.landed')).toBe('moon.landed');
    expect(objectText(t, entry([], 'deals:01a2', 'Big one'))).toEqual({ type: 'Deal', name: 'Big one' });
    expect(objectText(t, entry([], 'definitions:contract'))).toEqual({ type: 'Process', name: 'contract' });
    expect(objectText(t, entry([], `sessions:${'1f3a5b7c'.repeat(8)}`)).name).toBe('');
  });

  test('has a text for every act and object it offers', () => {
    for (const language of ['en', 'pt-BR', 'pl', 'ru']) {
      for (const action of auditActions) expect(actionText(language, action)).not.toBe(action);
    }
    for (const type of auditObjects) expect(objectTypeText(t, type)).not.toBe(type);
  });
});

const department = (id: string, name: string, parentId: string): Department => ({
  id,
  rev: 1,
  name,
  parentId,
  headId: '',
  createdAt: null,
  updatedAt: null,
});

describe('departments', () => {
  test('stand in tree order, those without a known parent at the top', () => {
    const departments = [
      department('c', 'C', 'b'),
      department('a', 'A', ''),
      department('b', 'B', 'a'),
      department('o', 'O', 'gone'),
    ];
    expect(inTreeOrder(departments).map(({ id, depth }) => `${id}${depth}`)).toEqual([
      'a0',
      'b1',
      'c2',
      'o0',
    ]);
  });
});
