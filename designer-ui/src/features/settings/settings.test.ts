import { describe, expect, test } from 'vitest';
import type { AuditEntry } from '@/api/queries/settings';
import { changesOf, shortObject } from './auditText';
import { inTreeOrder } from './DepartmentsPage';

const entry = (detail: AuditEntry['detail']): AuditEntry => ({
  id: '1',
  at: '',
  actor: 'ada',
  action: 'x',
  object: 'y',
  detail,
});

describe('audit text', () => {
  test('says what a change was and became, and what a new thing is', () => {
    expect(
      changesOf(entry({ before: { name: 'A', roles: ['member'] }, after: { name: 'B', roles: ['member'] } })),
    ).toEqual(['name: A → B']);
    expect(changesOf(entry({ after: { name: 'B', note: '' } }))).toEqual(['name: B', 'note: –']);
    expect(changesOf(entry({ before: { name: 'A' } }))).toEqual(['name: A → –']);
    expect(changesOf(entry(null))).toEqual([]);
  });

  test('cuts what nobody reads', () => {
    expect(changesOf(entry({ after: { text: 'x'.repeat(100) } }))[0]).toBe(`text: ${'x'.repeat(80)}…`);
    expect(shortObject('sessions:1f3a5b7c9d1f3a5b7c9d')).toBe('sessions:1f3a5b7c…');
    expect(shortObject('users:marta')).toBe('users:marta');
  });
});

describe('departments', () => {
  test('stand in tree order, those without a known parent at the top', () => {
    const departments = [
      { id: 'c', rev: 1, name: 'C', parentId: 'b' },
      { id: 'a', rev: 1, name: 'A', parentId: '' },
      { id: 'b', rev: 1, name: 'B', parentId: 'a' },
      { id: 'o', rev: 1, name: 'O', parentId: 'gone' },
    ];
    expect(inTreeOrder(departments).map(({ id, depth }) => `${id}${depth}`)).toEqual([
      'a0',
      'b1',
      'c2',
      'o0',
    ]);
  });
});
