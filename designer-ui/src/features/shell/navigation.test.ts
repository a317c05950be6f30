import { expect, test } from 'vitest';
import { entryOf } from './navigation';

test('every page that lies beside its entry in the rail still marks one', () => {
  expect(entryOf('/crm/import/contact')).toBe('contacts');
  expect(entryOf('/crm/import/product')).toBe('products');
  expect(entryOf('/crm/duplicates/company')).toBe('companies');
  expect(entryOf('/crm/import/deal')).toBe('board');
  expect(entryOf('/crm/duplicates/lead')).toBe('board');
  expect(entryOf('/crm/contacts')).toBe('contacts');
  expect(entryOf('/crm/contacts/list')).toBe('contacts');
  expect(entryOf('/crm/deals/list')).toBe('board');
  expect(entryOf('/crm/automation/p1')).toBe('board');
  expect(entryOf('/crm/bin')).toBe('board');
  expect(entryOf('/forms/f1')).toBe('settings');
  expect(entryOf('/status-processes/s1')).toBe('definitions');
  expect(entryOf('/gallery')).toBe('definitions');
  expect(entryOf('/tasks')).toBeUndefined();
});
