import { describe, expect, it } from 'vitest';
import type { FormContextValue } from './context';
import { stagesOf, typeOfPicker } from './widgets/recordChoices';

const pipelines = [
  {
    id: 'sales',
    name: 'Sales',
    type: 'deal',
    stages: [
      { id: 'new', name: 'New' },
      { id: 'won', name: 'Won' },
    ],
  },
  {
    id: 'partners',
    name: 'Partners',
    type: 'deal',
    stages: [
      { id: 'new', name: 'New' },
      { id: 'met', name: 'Met' },
    ],
  },
  { id: 'leads', name: 'Leads', type: 'lead', stages: [{ id: 'new', name: 'New' }] },
];
const form = (value: Record<string, unknown>): FormContextValue =>
  ({
    root: { properties: { client: { default: 'contact' } } },
    value,
    recordType: 'deal',
  }) as unknown as FormContextValue;

describe('pickers about records', () => {
  it('take the type from the form, the hint, or the field that says it', () => {
    expect(typeOfPicker({}, form({}))).toBe('deal');
    expect(typeOfPicker({ 'x-record-type': 'lead' }, form({}))).toBe('lead');
    expect(typeOfPicker({ 'x-record-type': '/type' }, form({ type: 'quote' }))).toBe('quote');
    expect(
      typeOfPicker({ 'x-record-type': '/type' }, form({ type: { expr: 'record.type' } })),
    ).toBeUndefined();
    expect(typeOfPicker({ 'x-record-type': '/client' }, form({}))).toBe('contact');
  });

  it('offer each stage once, of the pipeline that is meant', () => {
    const deal = { recordType: 'deal' };
    const ids = (list: ReturnType<typeof stagesOf>) =>
      list.flatMap((one) => ('group' in one ? one.items.map(({ value }) => value) : [one.value]));
    expect(ids(stagesOf(pipelines, 'deal', undefined, deal))).toEqual(['new', 'won', 'met']);
    expect(ids(stagesOf(pipelines, 'deal', 'partners', deal))).toEqual(['new', 'met']);
    expect(ids(stagesOf(pipelines, 'deal', undefined, { ...deal, pipeline: 'sales' }))).toEqual([
      'new',
      'won',
    ]);
    expect(ids(stagesOf(pipelines, 'lead', undefined, deal))).toEqual(['new']);
    expect(ids(stagesOf(pipelines, 'deal', undefined, { recordType: 'lead', pipeline: 'leads' }))).toEqual([
      'new',
      'won',
    ]);
  });
});
