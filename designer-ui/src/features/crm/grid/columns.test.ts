import { expect, test } from 'vitest';
import {
  editable,
  fieldValue,
  type GridColumn,
  moved,
  neverEmpty,
  patchOf,
  printColumns,
  type Row,
  same,
  shownColumns,
} from './columns';

const column = (key: string, type: GridColumn['type'], own = false, system = false): GridColumn => ({
  key,
  type,
  own,
  system,
  ops: [],
  sorts: true,
  label: key,
  info: { key, type, label: key, standard: !own },
});
const columns = [
  column('title', 'text'),
  column('stage', 'list', false, true),
  column('amount', 'money'),
  column('company', 'reference'),
  column('responsible', 'user'),
  column('expectedCloseAt', 'date'),
  column('createdAt', 'dateTime', false, true),
  column('size', 'number', true),
];
const row: Row = {
  id: '1',
  rev: 3,
  title: 'Pumps',
  amount: 500,
  currency: 'PLN',
  companyId: 'c1',
  responsibleId: '',
  expectedCloseAt: '2026-03-02T00:00:00.000Z',
  products: [],
  fields: { size: 5 },
};
const at = (key: string) => columns.find((one) => one.key === key) as GridColumn;

test('the usual columns need no address', () => {
  const usual = shownColumns(undefined, 'deal', columns);
  expect(usual.map((one) => one.key)).toEqual([
    'title',
    'stage',
    'amount',
    'company',
    'responsible',
    'expectedCloseAt',
    'createdAt',
  ]);
  expect(printColumns(usual, 'deal', columns)).toBeUndefined();
  expect(printColumns(moved(usual, 6, 1), 'deal', columns)).toBe(
    'title,createdAt,stage,amount,company,responsible,expectedCloseAt',
  );
});

test('unknown and repeated columns are left out, the title never', () => {
  const shown = shownColumns('size:9999,ghost,size,amount:10', 'deal', columns);
  expect(shown).toEqual([
    { key: 'title', width: 260 },
    { key: 'size', width: 640 },
    { key: 'amount', width: 72 },
  ]);
  expect(printColumns(shown, 'deal', columns)).toBe('title,size:640,amount:72');
});

test('values are read and sent in the form of their field', () => {
  expect(fieldValue(row, at('amount'))).toEqual({ amount: 500, currency: 'PLN' });
  expect(fieldValue(row, at('company'))).toBe('c1');
  expect(fieldValue(row, at('responsible'))).toBeUndefined();
  expect(fieldValue(row, at('size'))).toBe(5);
  expect(patchOf(at('company'), null, row)).toEqual({ companyId: '' });
  expect(patchOf(at('size'), undefined, row)).toEqual({ fields: { size: null } });
  expect(patchOf(at('amount'), null, row)).toEqual({ amount: 0, currency: 'PLN' });
  expect(patchOf(at('expectedCloseAt'), '2026-04-01', row)).toEqual({ expectedCloseAt: '2026-04-01' });
});

test('what the product keeps, and what product rows add up to, is not typed over', () => {
  expect(columns.filter((one) => editable(one, row)).map((one) => one.key)).not.toContain('stage');
  expect(editable(at('amount'), row)).toBe(true);
  expect(editable(at('amount'), { ...row, products: [{} as never] })).toBe(false);
  expect(editable(column('name', 'text'), { id: '1', rev: 1, firstName: 'Ana' })).toBe(false);
});

test('a day is the same as its midnight, and nothing is the same as empty', () => {
  expect(same('2026-03-02T00:00:00.000Z', '2026-03-02')).toBe(true);
  expect(same(undefined, '')).toBe(true);
  expect(same([], null)).toBe(true);
  expect(same({ amount: 1, currency: 'EUR' }, { currency: 'EUR', amount: 1 })).toBe(true);
  expect(same(false, undefined)).toBe(false);
});

test('what a record cannot be without is not emptied for many at once', () => {
  const code = column('code', 'text', true);
  expect(neverEmpty(column('title', 'text'))).toBe(true);
  expect(neverEmpty(code)).toBe(false);
  expect(neverEmpty({ ...code, info: { ...code.info, required: true } })).toBe(true);
});
