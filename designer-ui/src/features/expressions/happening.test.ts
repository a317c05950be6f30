// @vitest-environment jsdom
import { renderHook } from '@testing-library/react';
import i18next, { type TFunction } from 'i18next';
import { createElement, type ReactNode } from 'react';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CrmRecordType } from '@/api/schema.gen';
import { changeLanguage } from '@/i18n';
import { InlineProcess, TriggerKind, useInlineProcess } from './inline';
import { groupOf, type Name, namingOf } from './names';

const say = (path: string): string => {
  const t = i18next.getFixedT(null, 'designer') as unknown as TFunction<'designer'>;
  return namingOf(t, i18next, 'deal', undefined).label({ path, type: 'string' } as Name);
};

test('a field of the company is called as the company calls it', async () => {
  await i18next.loadNamespaces(['designer', 'crm']);
  const t = i18next.getFixedT(null, 'designer') as unknown as TFunction<'designer'>;
  const fields = [{ key: 'contractNumber', label: 'Contract number', standard: false, type: 'text' }];
  const naming = namingOf(t, i18next, 'deal', [
    { key: 'deal', name: '', own: false, fields } as unknown as CrmRecordType,
    { key: 'company', name: '', own: false, fields } as unknown as CrmRecordType,
  ]);
  const called = (path: string) => naming.label({ path, type: 'string' } as Name);
  expect(called('record.contractNumber')).toBe('Deal: Contract number');
  expect(called('record.company.contractNumber')).toBe('Company: Contract number');
  expect(called('record.contact.contractNumber')).toBe('Contact: contractNumber');
  expect(called('record.repeat')).toBe('Deal: Repeat business');
});

describe('what happened, in the condition of a trigger', () => {
  beforeAll(() => i18next.loadNamespaces(['designer', 'crm']));
  afterEach(() => changeLanguage('en'));

  test('the server is told which kind of trigger it is, for a trigger only', () => {
    const body = (kind: string | undefined) =>
      renderHook(useInlineProcess, {
        wrapper: ({ children }: { children: ReactNode }) =>
          createElement(
            InlineProcess,
            { value: '{"appliesTo":"deal"}' },
            createElement(TriggerKind, { value: kind }, children),
          ),
      }).result.current.body;
    expect(body('taskStatus')).toEqual({ process: { appliesTo: 'deal' }, trigger: 'taskStatus' });
    expect(body(undefined)).toEqual({ process: { appliesTo: 'deal' } });
  });

  test('its values stand in a group of their own and are said in words', async () => {
    expect(groupOf({ path: 'event.outcome', type: 'string' } as Name)).toBe('event');
    expect(say('event.outcome')).toBe('What happened: Outcome');
    expect(say('event.referrer')).toBe('What happened: Came from');
    await changeLanguage('ru');
    expect(say('event.outcome')).toBe('Что произошло: Исход');
  });
});
