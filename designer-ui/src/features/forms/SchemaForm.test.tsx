import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { describe, expect, test } from 'vitest';
import { renderUi } from '@/test/render';
import { ErrorSummary, type FieldError, type FormChange, type JsonSchema, SchemaForm, validateForm } from '.';
import { optionsOf } from './schema';

const schema: JsonSchema = {
  type: 'object',
  required: ['title'],
  properties: {
    title: { type: 'string', title: 'Title', minLength: 1 },
    count: { type: 'integer', title: 'Count', minimum: 1 },
    colour: { type: 'string', title: 'Colour', enum: ['red', 'blue'], default: 'red' },
    shade: { type: 'string', title: 'Shade', 'x-if': { colour: 'blue' } },
    due: { type: 'string', title: 'Due', format: 'duration', 'x-widget': 'duration' },
    people: {
      type: 'array',
      title: 'Outcomes',
      items: { type: 'object', title: 'Outcome', properties: { name: { type: 'string', title: 'Name' } } },
    },
    secret: { type: 'string', title: 'Secret', 'x-expression': false },
    extra: { type: 'string', title: 'Extra', 'x-advanced': true },
  },
};

function Harness(props: {
  start?: Record<string, unknown>;
  expressions?: boolean;
  changes?: FormChange[];
  errors?: FieldError[];
}) {
  const [value, setValue] = useState<Record<string, unknown>>(props.start ?? {});
  return (
    <>
      <SchemaForm
        schema={schema}
        value={value}
        errors={props.errors}
        expressions={props.expressions}
        onChange={(next, change) => {
          setValue(next);
          props.changes?.push(change);
        }}
      />
      <output>{JSON.stringify(value)}</output>
    </>
  );
}

const current = () => JSON.parse(document.querySelector('output')?.textContent ?? '');

describe('SchemaForm', () => {
  test('edits fields, reports the changed place and removes cleared ones', async () => {
    const changes: FormChange[] = [];
    renderUi(<Harness changes={changes} />);
    await userEvent.type(screen.getByLabelText(/^Title/), 'Hi');
    expect(changes).toEqual([
      { path: ['title'], value: 'H' },
      { path: ['title'], value: 'Hi' },
    ]);
    await userEvent.clear(screen.getByLabelText(/^Title/));
    expect(current()).toEqual({});
    await userEvent.type(screen.getByLabelText('Count'), '12');
    expect(current()).toEqual({ count: 12 });
  });

  test('offers an expression only where one is allowed, also by typing =', async () => {
    renderUi(<Harness expressions />);
    expect(screen.queryByRole('button', { name: /Compute Secret/ })).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: /Compute Count/ }));
    expect(current()).toEqual({ count: { expr: '' } });
    await userEvent.click(screen.getByRole('button', { name: /Compute Count/ }));
    expect(current()).toEqual({});
    await userEvent.type(screen.getByLabelText(/^Title/), '=');
    expect(current()).toEqual({ title: { expr: '' } });
  });

  test('shows no expression switch in a form for people', () => {
    renderUi(<Harness />);
    expect(screen.queryByRole('button', { name: /Compute/ })).toBeNull();
  });

  test('takes an expression branch of the schema for the switch, not for a second field', () => {
    const branched: JsonSchema = {
      type: 'object',
      properties: {
        to: {
          title: 'To',
          anyOf: [{ type: 'string' }, { type: 'object', properties: { expr: { type: 'string' } } }],
        },
      },
    };
    renderUi(<SchemaForm schema={branched} value={{ to: 'ana' }} onChange={() => {}} />);
    expect(screen.getByLabelText('To')).toHaveValue('ana');
    expect(screen.getByRole('button', { name: /Compute To/ })).toHaveAttribute('aria-pressed', 'false');
  });

  test('adds, fills, moves and removes rows', async () => {
    renderUi(<Harness start={{ people: [{ name: 'a' }] }} />);
    await userEvent.click(screen.getByRole('button', { name: 'Add' }));
    const names = screen.getAllByLabelText('Name');
    expect(names).toHaveLength(2);
    // Whoever adds a row writes on in it.
    expect(names[1]).toHaveFocus();
    await userEvent.keyboard('b');
    expect(current()).toEqual({ people: [{ name: 'a' }, { name: 'b' }] });
    await userEvent.click(screen.getByRole('button', { name: 'Menu of row 2' }));
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Move up' }));
    expect(current()).toEqual({ people: [{ name: 'b' }, { name: 'a' }] });
    await userEvent.click(screen.getByRole('button', { name: 'Menu of row 1' }));
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Remove' }));
    expect(current()).toEqual({ people: [{ name: 'a' }] });
  });

  test('hides fields by condition and folds advanced ones unless they are set', async () => {
    const view = renderUi(<Harness />);
    expect(screen.queryByLabelText('Shade')).toBeNull();
    expect(screen.queryByLabelText('Extra')).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'More settings' }));
    expect(screen.getByLabelText('Extra')).toBeInTheDocument();
    view.unmount();
    renderUi(<Harness start={{ colour: 'blue', extra: 'x' }} />);
    expect(screen.getByLabelText('Shade')).toBeInTheDocument();
    expect(screen.getByLabelText('Extra')).toHaveValue('x');
  });

  test('keeps spans of time in ISO 8601', async () => {
    renderUi(<Harness start={{ due: 'P3D' }} />);
    const amount = screen.getByLabelText('Due');
    expect(amount).toHaveValue('3');
    await userEvent.clear(amount);
    await userEvent.type(amount, '5');
    expect(current()).toEqual({ due: 'P5D' });
  });

  test('ties errors to their fields', () => {
    renderUi(<Harness errors={[{ path: '/title', message: 'Too plain' }]} />);
    const field = screen.getByLabelText(/^Title/);
    expect(field).toHaveAccessibleDescription('Too plain');
    expect(field).toHaveAttribute('aria-invalid', 'true');
  });

  test('summarises errors with links that move the focus', async () => {
    const errors = [{ path: '/title', message: 'Too plain' }];
    renderUi(
      <>
        <ErrorSummary schema={schema} errors={errors} />
        <Harness errors={errors} />
      </>,
    );
    expect(screen.getByRole('alert')).toHaveFocus();
    await userEvent.click(screen.getByRole('link', { name: 'Title' }));
    expect(screen.getByLabelText(/^Title/)).toHaveFocus();
  });
});

describe('optionsOf', () => {
  test('labels values from either shape of x-labels', () => {
    const values = ['any', 'all'];
    const own = {
      enum: values,
      'x-labels': { en: { any: 'First answer' }, pl: { any: 'Pierwsza odpowiedź' } },
    };
    expect(optionsOf(own, 'pl')).toEqual([
      { value: 'any', label: 'Pierwsza odpowiedź' },
      { value: 'all', label: 'all' },
    ]);
    expect(optionsOf({ enum: values, 'x-labels': { any: 'Qualquer', all: 'Todos' } }, 'pt-BR')).toEqual([
      { value: 'any', label: 'Qualquer' },
      { value: 'all', label: 'Todos' },
    ]);
  });
});

describe('validateForm', () => {
  test('names every broken field once, in words', () => {
    expect(validateForm(schema, { count: 0, colour: 'green' })).toEqual([
      { path: '/title', message: 'This field is required' },
      { path: '/count', message: 'Not less than 1' },
      { path: '/colour', message: 'Choose one of: red, blue' },
    ]);
  });

  test('accepts a good value and does not judge expressions', () => {
    expect(validateForm(schema, { title: 'x', count: 2 })).toEqual([]);
    expect(validateForm(schema, { title: 'x', count: { expr: 'vars.n' } })).toEqual([]);
  });

  test('points into rows', () => {
    const rows: JsonSchema = {
      type: 'object',
      properties: {
        list: {
          type: 'array',
          items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
        },
      },
    };
    expect(validateForm(rows, { list: [{ name: 'a' }, {}] })).toEqual([
      { path: '/list/1/name', message: 'This field is required' },
    ]);
  });

  test('what a group needs is required once the group is begun', async () => {
    const limit: JsonSchema = {
      type: 'object',
      properties: {
        timeout: {
          type: 'object',
          title: 'When time runs out',
          required: ['after'],
          properties: {
            after: { type: 'string', title: 'After' },
            outcome: { type: 'string', title: 'Outcome' },
          },
        },
      },
    };
    function Limit() {
      const [value, setValue] = useState<Record<string, unknown>>({});
      return <SchemaForm schema={limit} value={value} onChange={setValue} />;
    }
    renderUi(<Limit />);
    expect(screen.getByLabelText('After')).toHaveAttribute('aria-required', 'false');
    await userEvent.type(screen.getByLabelText('Outcome'), 'no');
    expect(screen.getByLabelText(/After/)).toHaveAttribute('aria-required', 'true');
  });

  test('who adds a row chooses at once', async () => {
    const either = [
      { type: 'string', enum: ['red', 'blue'] },
      { type: 'object', properties: { expr: { type: 'string' } } },
    ];
    const colours: JsonSchema = {
      type: 'object',
      properties: { colours: { type: 'array', title: 'Colours', items: { anyOf: either } } },
    };
    function Colours() {
      const [value, setValue] = useState<Record<string, unknown>>({});
      return <SchemaForm schema={colours} value={value} onChange={setValue} />;
    }
    renderUi(<Colours />);
    await userEvent.click(screen.getByRole('button', { name: /Add/ }));
    expect(await screen.findByRole('option', { name: 'red' })).toBeVisible();
  });

  //
  test('a value may be kept as a secret where the schema offers one', async () => {
    const header: JsonSchema = {
      type: 'object',
      properties: {
        value: {
          title: 'Value',
          anyOf: [
            { type: 'string' },
            { type: 'object', properties: { secret: { type: 'string', 'x-widget': 'secret-picker' } } },
            { type: 'object', properties: { expr: { type: 'string' } } },
          ],
        },
      },
    };
    const values: unknown[] = [];
    function Header() {
      const [value, setValue] = useState<Record<string, unknown>>({ value: 'written down' });
      values.push(value);
      return <SchemaForm schema={header} value={value} expressions onChange={setValue} />;
    }
    renderUi(<Header />);
    await userEvent.click(screen.getByRole('button', { name: 'Secret of Value' }));
    expect(values.at(-1)).toEqual({ value: { secret: '' } });
    expect(screen.queryByRole('button', { name: /^fx/ })).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'Secret of Value' }));
    expect(values.at(-1)).toEqual({});
    expect(screen.getByRole('button', { name: /^fx/ })).toBeVisible();
  });
});

test('an outcome is chosen from those of the same form, by the name that people see', async () => {
  const approval: JsonSchema = {
    type: 'object',
    properties: {
      timeout: {
        type: 'object',
        title: 'Time limit',
        properties: { outcome: { type: 'string', title: 'Outcome', 'x-widget': 'outcome-picker' } },
      },
    },
  };
  const changes: FormChange[] = [];
  const outcomes = [{ name: 'yes', label: 'Agreed' }, { name: 'no' }];
  renderUi(
    <SchemaForm
      schema={approval}
      value={{ outcomes, timeout: {} }}
      onChange={(_, change) => changes.push(change)}
    />,
  );
  await userEvent.click(screen.getByRole('combobox', { name: 'Outcome' }));
  expect(screen.getAllByRole('option').map((option) => option.textContent)).toEqual(['Agreed', 'no']);
  await userEvent.click(screen.getByRole('option', { name: 'Agreed' }));
  expect(changes).toEqual([{ path: ['timeout', 'outcome'], value: 'yes' }]);
});
