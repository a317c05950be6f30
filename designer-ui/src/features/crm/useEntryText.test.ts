import { describe, expect, test } from 'vitest';
import type { TimelineEntry } from './types';
import { addressees, filesOf, mailSubject, outcomeText } from './useEntryText';

const entry = (data: Record<string, unknown>, text?: string): TimelineEntry => ({
  id: '1',
  rev: 1,
  record: 'deal:1',
  createdAt: null,
  updatedAt: null,
  at: '2026-01-01T00:00:00Z',
  kind: 'mail',
  text,
  data,
});

describe('lines of a timeline', () => {
  test('name the people that a mail went to', () => {
    expect(addressees('"Marta Nowak" <marta@demo.test>')).toBe('Marta Nowak');
    expect(addressees('"Nowak, Marta" <m@demo.test>, Anna K <a@demo.test>')).toBe('Nowak, Marta, Anna K');
    expect(addressees('a@demo.test, <b@demo.test>')).toBe('a@demo.test, b@demo.test');
    expect(addressees('nobody')).toBe('nobody');
  });

  test('take the subject of a mail from where it is', () => {
    expect(mailSubject(entry({ subject: 'Hello' }, 'other'))).toBe('Hello');
    expect(mailSubject(entry({}, 'Contract for X'))).toBe('Contract for X');
  });

  test("show an outcome by its author's label, else as words", () => {
    expect(outcomeText({ outcome: 'rework', outcomeLabel: 'Send back' })).toBe('Send back');
    expect(outcomeText({ outcome: 'needsWork' })).toBe('Needs work');
    expect(outcomeText({ outcome: 'reject' })).toBe('Reject');
  });

  test('list the documents that were made', () => {
    expect(filesOf(entry({ files: [{ name: 'a.pdf', link: '/f/1' }, { link: '/f/2' }] }))).toEqual([
      { name: 'a.pdf', link: '/f/1' },
    ]);
    expect(filesOf(entry({ files: 'no' }))).toEqual([]);
  });
});
