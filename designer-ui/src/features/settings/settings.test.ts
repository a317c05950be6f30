import i18next from 'i18next';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AuditEntry, Department } from '@/api/queries/settings';
import { actionText, auditActions, auditObjects, changesOf, objectText, objectTypeText } from './auditText';
import { inTreeOrder } from './DepartmentsPage';

const entry = (detail: AuditEntry['detail'], action = 'x', object = 'y:1'): AuditEntry => ({
  id: '1',
  rev: 1,
  n: 1,
  at: '',
  createdAt: null,
  updatedAt: null,
  actor: 'ada',
  actorName: 'Ada',
  source: '',
  prev: '',
  hash: '',
  summary: '',
  action,
  object,
  detail,
});
const t = i18next.getFixedT('en', 'settings');
beforeAll(() => i18next.loadNamespaces('settings'));

describe('audit text', () => {
  test('says what a change was and became, and what a new thing is', () => {
    expect(
      changesOf(
        t,
        entry({ before: { name: 'A', roles: ['member'] }, after: { name: 'B', roles: ['member'] } }),
      ),
    ).toEqual(['Name: A → B']);
    expect(changesOf(t, entry({ after: { name: 'B', note: '' } }))).toEqual(['Name: B', 'Note: –']);
    expect(changesOf(t, entry({ before: { name: 'A' } }))).toEqual(['Name: A → –']);
    expect(changesOf(t, entry(null))).toEqual([]);
    expect(changesOf(t, entry({ fromName: 'New', toName: 'Won' }))).toEqual(['Stage: New → Won']);
    expect(
      changesOf(t, entry({ changes: { amount: { before: null, after: { amount: 500, currency: 'EUR' } } } })),
    ).toEqual(['Amount: – → €5.00']);
  });

  test('cuts what nobody reads', () => {
    expect(changesOf(t, entry({ after: { text: 'x'.repeat(100) } }))[0]).toBe(`text: ${'x'.repeat(80)}…`);
    expect(changesOf(t, entry({ after: { userId: 'ada', address: '127.0.0.1' } }))).toEqual([
      'Address: 127.0.0.1',
    ]);
  });

  test('names acts and objects in words', () => {
    expect(actionText(t, 'deal.stageChanged')).toBe('Deal moved');
    expect(actionText(t, 'moon.landed')).toBe('moon.landed');
    const names = new Map([['marta', 'Marta Nowak']]);
    expect(objectText(t, entry({ card: { title: 'Big one' } }, 'x', 'deals:01a2'), names)).toEqual({
      type: 'Deal',
      name: 'Big one',
    });
    expect(objectText(t, entry(null, 'x', 'users:marta'), names)).toEqual({
      type: 'Person',
      name: 'Marta Nowak',
    });
    expect(objectText(t, entry(null, 'x', `sessions:${'1f3a5b7c'.repeat(8)}`), names).name).toBe('');
  });

  test('has a text for every act and object it offers', () => {
    for (const action of auditActions) expect(actionText(t, action)).not.toBe(action);
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
