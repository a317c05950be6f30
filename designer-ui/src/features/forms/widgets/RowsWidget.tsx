import { ActionIcon, Button, Menu } from '@mantine/core';
import { ArrowDown, ArrowUp, EllipsisVertical, Plus, Trash2 } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { announce } from '@/lib/live';
import { useFormContext, type WidgetProps } from '../context';
import { Field } from '../Field';
import classes from '../SchemaForm.module.css';
import { type JsonSchema, literalOf, titleOf, typeOf } from '../schema';

/** What a new row starts with, so that the schema's type holds from the first moment. */
function emptyItem(schema: JsonSchema): unknown {
  if (schema.default !== undefined) return schema.default;
  switch (typeOf(schema)) {
    case 'object':
      return {};
    case 'array':
      return [];
    case 'number':
    case 'integer':
      return 0;
    case 'boolean':
      return false;
    default:
      return '';
  }
}

/** Puts the focus in the field of a row. Nobody adds an empty row: what it is chosen from is open at once. */
function enter(row: HTMLElement, isCard: boolean): boolean {
  const field = row.querySelector<HTMLElement>(
    'input:not([type="hidden"]), textarea, [contenteditable="true"]',
  );
  field?.focus();
  if (!isCard && field?.getAttribute('aria-haspopup') === 'listbox') field.click();
  return field !== null;
}

/** List of fields or of small forms, with add, remove and move. */
export function RowsWidget({
  schema,
  value,
  onChange,
  path,
  readOnly,
  label,
}: WidgetProps & { label: string }) {
  const { t, i18n } = useTranslation();
  const { root } = useFormContext();
  const items = Array.isArray(value) ? value : [];
  const itemSchema =
    schema['x-widget'] && schema.items
      ? { 'x-widget': schema['x-widget'], ...schema.items }
      : (schema.items ?? {});
  const { schema: literal } = literalOf(itemSchema, root);
  const isCard = typeOf(literal) === 'object' && literal.properties !== undefined;
  const full = schema.maxItems !== undefined && items.length >= schema.maxItems;

  const body = useRef<HTMLDivElement>(null);
  const adding = useRef(false);
  // Whoever adds a row goes on in it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a row is there once there is one more.
  useEffect(() => {
    if (!adding.current) return;
    adding.current = false;
    const row = body.current?.querySelector<HTMLElement>(':scope > [data-row]:last-of-type');
    if (!row || enter(row, isCard)) return;
    row.querySelector<HTMLElement>('button')?.focus();
    // The field may have to be fetched before it is there.
    const arrival = new MutationObserver(() => enter(row, isCard) && arrival.disconnect());
    arrival.observe(row, { childList: true, subtree: true });
    return () => arrival.disconnect();
  }, [items.length]);
  const add = () => {
    adding.current = true;
    onChange([...items, emptyItem(literal)]);
  };
  const move = (from: number, to: number) => {
    const next = [...items];
    const [item] = next.splice(from, 1);
    next.splice(to, 0, item);
    onChange(next);
    announce(t('form.moved', { position: to + 1, total: items.length }));
  };
  const remove = (index: number) => {
    const next = items.filter((_, i) => i !== index);
    onChange(next.length === 0 ? undefined : next);
    announce(t('form.removed', { position: index + 1 }));
  };

  return (
    <div className={classes.rows} ref={body}>
      {items.map((item, index) => {
        const name = titleOf(itemSchema, t('form.row', { field: label, position: index + 1 }), i18n.language);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity of their own; fields are controlled.
          <div key={index} data-row className={`${classes.row} ${isCard ? classes.rowCard : ''}`}>
            <div className={classes.rowBody}>
              <Field
                name={name}
                schema={itemSchema}
                value={item}
                path={[...path, index]}
                required={false}
                hideLabel
              />
            </div>
            {!readOnly && (
              <Menu position="bottom-end">
                <Menu.Target>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    size={28}
                    aria-label={t('form.rowMenu', { position: index + 1 })}
                  >
                    <EllipsisVertical size={16} aria-hidden />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item
                    leftSection={<ArrowUp size={16} aria-hidden />}
                    disabled={index === 0}
                    onClick={() => move(index, index - 1)}
                  >
                    {t('form.moveUp')}
                  </Menu.Item>
                  <Menu.Item
                    leftSection={<ArrowDown size={16} aria-hidden />}
                    disabled={index === items.length - 1}
                    onClick={() => move(index, index + 1)}
                  >
                    {t('form.moveDown')}
                  </Menu.Item>
                  <Menu.Item leftSection={<Trash2 size={16} aria-hidden />} onClick={() => remove(index)}>
                    {t('form.removeRow')}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            )}
          </div>
        );
      })}
      {!readOnly && (
        <Button
          size="compact-sm"
          variant="subtle"
          style={{ alignSelf: 'flex-start' }}
          leftSection={<Plus size={14} aria-hidden />}
          disabled={full}
          onClick={add}
        >
          {t('form.addRow')}
        </Button>
      )}
    </div>
  );
}
