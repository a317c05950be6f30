import { describe, expect, it } from 'vitest';
import { cell, type Right, rightsOf, tableOf } from './roles';

describe('table of rights', () => {
  const rights: Right[] = [
    { action: 'crm.view', reach: 'own' },
    { action: 'crm.view', reach: 'all', type: 'lead' },
    { action: 'crm.edit', reach: 'none', pipeline: 'sales', stage: 'a/b' },
  ] as Right[];

  it('has a column for each place and gives the same rights back', () => {
    const table = tableOf(rights);
    expect(table.places).toEqual(['', 'type:lead', 'stage:sales/a/b']);
    expect(rightsOf(table)).toEqual(rights);
  });

  it('says nothing where a cell is empty', () => {
    const table = tableOf(rights);
    delete table.cells[cell('', 'crm.view')];
    expect(rightsOf(table)).toEqual(rights.slice(1));
    expect(rightsOf({ places: ['', 'type:deal'], cells: {} })).toEqual([]);
  });
});
