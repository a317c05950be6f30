import { expect, test } from 'vitest';
import { overviewPath } from './records';

test('from what concerns all of a type one comes back to where they are looked through', () => {
  expect(overviewPath('contact')).toBe('/crm/contacts');
  expect(overviewPath('company')).toBe('/crm/companies');
  expect(overviewPath('product')).toBe('/crm/products');
  expect(overviewPath('lead')).toBe('/crm/leads/list');
});
