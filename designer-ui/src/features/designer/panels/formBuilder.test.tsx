import { fireEvent, screen, within } from '@testing-library/react';
import { useState } from 'react';
import { describe, expect, it } from 'vitest';
import { changed, moved, nameOf, optionsIn } from '@/features/forms/builder/formRows';
import { kinds } from '@/lib/process/fixtures';
import type { ProcessDocument, ProcessNode } from '@/lib/process/types';
import { renderUi } from '@/test/render';
import { type Designer, DesignerContext } from '../DesignerContext';
import { FormBuilder } from './FormBuilder';

type Field = Record<string, unknown>;

function show(form: Field[], kind = 'requestInformation', findings: unknown[] = []) {
  let current: Field[] = form;
  function Harness() {
    const [node, setNode] = useState<ProcessNode>({ id: 'ask', kind, config: { form } });
    const designer = {
      document: { nodes: [node], flows: [] } as unknown as ProcessDocument,
      kinds,
      readOnly: false,
      findings,
      run: (_: unknown, apply: (draft: ProcessDocument) => void) => {
        const draft = { nodes: [structuredClone(node)], flows: [] } as unknown as ProcessDocument;
        apply(draft);
        current = (draft.nodes[0]?.config?.form as Field[] | undefined) ?? [];
        setNode(draft.nodes[0] as ProcessNode);
      },
    } as unknown as Designer;
    return (
      <DesignerContext.Provider value={designer}>
        <FormBuilder node={node} />
      </DesignerContext.Provider>
    );
  }
  renderUi(<Harness />);
  return { form: () => current };
}

const rows = () =>
  screen
    .getAllByRole('listitem')
    .map(
      (row) =>
        within(row).getByRole('button', { expanded: undefined, name: /Line|Number|Choice/ }).textContent,
    );

describe('the form builder', { timeout: 60_000 }, () => {
  it('adds a field whose name follows its label until it has one of its own', () => {
    const { form } = show([]);
    fireEvent.click(screen.getByRole('button', { name: 'Add a field' }));
    expect(form()).toEqual([{ name: 'field1', type: 'string' }]);
    fireEvent.change(screen.getByLabelText('Label'), { target: { value: 'Weight in kg' } });
    expect(form()[0]).toEqual({ name: 'weightInKg', type: 'string', label: 'Weight in kg' });
    fireEvent.change(screen.getByLabelText('Name'), { target: { value: 'weight' } });
    fireEvent.change(screen.getByLabelText('Label'), { target: { value: 'Weight' } });
    fireEvent.change(screen.getByLabelText('Label'), { target: { value: 'How heavy?' } });
    expect(form()[0]).toMatchObject({ label: 'How heavy?' });
    fireEvent.click(screen.getByLabelText('Required'));
    expect(form()[0]).toMatchObject({ required: true });
  });

  it('shows the form as people will see it', () => {
    show([
      { name: 'weight', label: 'Weight', type: 'number', help: 'In kilograms.', required: true },
      { name: 'size', label: 'Size', type: 'choice', options: ['S', 'M'] },
    ]);
    const preview = screen.getByText('As people will see it').parentElement as HTMLElement;
    expect(within(preview).getByRole('textbox', { name: /^Weight/ })).toHaveAccessibleDescription(
      'In kilograms.',
    );
    expect(within(preview).getByRole('combobox', { name: 'Size' })).toBeInTheDocument();
  });

  it('moves fields by the keyboard and keeps the focus on what was moved', () => {
    const { form } = show([
      { name: 'a', label: 'First', type: 'string' },
      { name: 'b', label: 'Second', type: 'number' },
    ]);
    const handle = screen.getByRole('button', { name: 'Move First' });
    handle.focus();
    fireEvent.keyDown(handle, { key: 'ArrowDown' });
    expect(form().map(({ name }) => name)).toEqual(['b', 'a']);
    expect(screen.getByRole('button', { name: 'Move First' })).toHaveFocus();
    fireEvent.keyDown(screen.getByRole('button', { name: 'Move First' }), { key: 'ArrowDown' });
    expect(rows()).toEqual(['SecondNumber', 'FirstLine']);
  });

  it('moves fields by dragging', () => {
    const { form } = show([
      { name: 'a', label: 'First', type: 'string' },
      { name: 'b', label: 'Second', type: 'string' },
      { name: 'c', label: 'Third', type: 'string' },
    ]);
    const dataTransfer = { setData: () => undefined, effectAllowed: '' };
    fireEvent.dragStart(screen.getByRole('button', { name: 'Move Third' }), { dataTransfer });
    const first = screen.getAllByRole('listitem')[0] as HTMLElement;
    fireEvent.dragOver(first, { dataTransfer });
    expect(first).toHaveAttribute('data-over');
    fireEvent.drop(first, { dataTransfer });
    expect(form().map(({ name }) => name)).toEqual(['c', 'a', 'b']);
  });

  it('takes options line by line and removes a field', () => {
    const { form } = show([{ name: 'size', type: 'choice', options: [] }]);
    fireEvent.click(screen.getByRole('button', { name: /^size/ }));
    fireEvent.change(screen.getByLabelText('Options'), { target: { value: 'S\n\nM\n' } });
    expect(form()[0]?.options).toEqual(['S', 'M']);
    expect(screen.getByLabelText('Options')).toHaveValue('S\n\nM\n');
    fireEvent.click(screen.getByRole('button', { name: 'Remove size' }));
    expect(form()).toEqual([]);
  });

  it('shows what is wrong at its field, also when that is folded', () => {
    show([{ name: 'size', type: 'choice', options: [] }], 'requestInformation', [
      {
        node: 'ask',
        code: 'x',
        severity: 'error',
        field: 'config.form.0.options',
        message: 'Nothing to choose',
      },
    ]);
    expect(screen.getByText('Nothing to choose')).toBeInTheDocument();
    fireEvent.click(screen.getByRole('button', { name: /^size/ }));
    expect(screen.getByLabelText('Options')).toHaveAccessibleDescription(/Nothing to choose/);
  });

  it('offers a variable only where the name is none', () => {
    show([{ name: 'size', type: 'string' }], 'userTask');
    fireEvent.click(screen.getByRole('button', { name: /^size/ }));
    expect(screen.getByLabelText('Into variable')).toBeInTheDocument();
  });
});

describe('fields', () => {
  it('get names that expressions can carry', () => {
    expect(nameOf('Weight in kg', [])).toBe('weightInKg');
    expect(nameOf('Weight', ['weight'])).toBe('weight2');
    expect(nameOf('Żółta łódź', [])).toBe('zoltaLodz');
    expect(nameOf('Дата рождения', [])).toBe('dataRozhdeniya');
    expect(nameOf('2nd choice', [])).toBe('field2ndChoice');
    expect(nameOf('', [])).toBe('field1');
    expect(nameOf('日本', ['field1'])).toBe('field2');
  });

  it('lose what does not fit their type any more', () => {
    const choice = { name: 'a', type: 'choice', options: ['S'], default: 'S', required: true };
    expect(changed(choice, { type: 'number' })).toEqual({ name: 'a', type: 'number', required: true });
    expect(changed(choice, { type: 'boolean' })).toEqual({ name: 'a', type: 'boolean' });
    expect(changed(choice, { options: ['M'] })).toEqual({
      name: 'a',
      type: 'choice',
      options: ['M'],
      required: true,
    });
    expect(changed({ name: 'a', type: 'number', min: 1 }, { type: 'money' })).toEqual({
      name: 'a',
      type: 'money',
      min: 1,
    });
    expect(changed({ name: 'a', type: 'number', min: 1 }, { type: 'date' })).toEqual({
      name: 'a',
      type: 'date',
    });
    expect(changed({ name: 'a', type: 'string', label: 'x' }, { label: '' })).toEqual({
      name: 'a',
      type: 'string',
    });
    expect(optionsIn(' S \n\nM')).toEqual(['S', 'M']);
    expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
  });
});
