import { ActionIcon, Button, Select, TagsInput, Tooltip } from '@mantine/core';
import { Braces, Plus, Trash2 } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type JsonSchema, ValueField } from '@/features/forms';
import { announce } from '@/lib/live';
import classes from './Condition.module.css';
import {
  emptyGroup,
  type Group,
  type Item,
  isBare,
  type Literal,
  type Operand,
  type Operator,
  type Rule,
} from './condition';
import { type Name, type Names, useNaming, writtenPath } from './names';
import { fieldOf, operatorsOf, refit, sortOf, valueKinds, wordsOf } from './operators';
import { ValuePicker } from './ValuePicker';

interface Shared {
  readonly names: Names;
  readonly definitionKey: string;
  readonly readOnly: boolean;
}

interface GroupEditorProps extends Shared {
  readonly group: Group;
  readonly onChange: (group: Group) => void;
  readonly onRemove?: () => void;
}

const MODES = {
  and: ['and', false],
  or: ['or', false],
  notAnd: ['and', true],
  notOr: ['or', true],
} as const;
type Mode = keyof typeof MODES;

/** Lines and groups that belong together by "all", "one", or the opposite. */
export function GroupEditor(props: GroupEditorProps) {
  const { group, onChange, onRemove, ...shared } = props;
  const { t } = useTranslation('designer');
  const mode: Mode = group.not ? (group.op === 'and' ? 'notAnd' : 'notOr') : group.op;
  const replace = (at: number, item: Item): void =>
    onChange({ ...group, items: group.items.map((old, i) => (i === at ? item : old)) });
  const remove = (at: number): void => {
    onChange({ ...group, items: group.items.filter((_, i) => i !== at) });
    announce(t('builder.remove'));
  };
  const add = (item: Item): void => onChange({ ...group, items: [...group.items, item] });
  return (
    <fieldset className={classes.group} data-group={mode}>
      <legend className="fx-visually-hidden">{t('builder.group')}</legend>
      <div className={classes.head}>
        <Select
          size="xs"
          className={classes.grow}
          aria-label={t('builder.of')}
          value={mode}
          data={(Object.keys(MODES) as Mode[]).map((value) => ({ value, label: t(`builder.${value}`) }))}
          allowDeselect={false}
          readOnly={shared.readOnly}
          onChange={(value) => {
            const [op, not] = MODES[(value ?? 'and') as Mode];
            onChange({ ...group, op, not });
          }}
        />
        {onRemove && !shared.readOnly && (
          <Tooltip label={t('builder.removeGroup')}>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t('builder.removeGroup')}
              onClick={onRemove}
            >
              <Trash2 size={15} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
      {group.items.length === 0 && <p className={classes.empty}>{t('builder.empty')}</p>}
      {group.items.map((item, at) =>
        item.kind === 'group' ? (
          <GroupEditor
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place; all fields are controlled.
            key={at}
            {...shared}
            group={item}
            onChange={(next) => replace(at, next)}
            onRemove={() => remove(at)}
          />
        ) : (
          <RuleEditor
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place; all fields are controlled.
            key={at}
            {...shared}
            rule={item}
            number={at + 1}
            onChange={(next) => replace(at, next)}
            onRemove={() => remove(at)}
          />
        ),
      )}
      {!shared.readOnly && (
        <div className={classes.actions}>
          <AddRule {...shared} onAdd={add} />
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<Plus size={14} aria-hidden />}
            onClick={() => add(emptyGroup(group.op === 'and' ? 'or' : 'and'))}
          >
            {t('builder.addGroup')}
          </Button>
        </div>
      )}
    </fieldset>
  );
}

/** A new line begins with its field: without one it would say nothing. */
function AddRule({ names, definitionKey, onAdd }: Shared & { onAdd: (rule: Rule) => void }) {
  const { t } = useTranslation('designer');
  const button = useRef<HTMLButtonElement>(null);
  const [anchor, setAnchor] = useState<DOMRect>();
  const close = (refocus: boolean): void => {
    setAnchor(undefined);
    if (refocus) button.current?.focus();
  };
  return (
    <>
      <Button
        ref={button}
        size="compact-sm"
        variant="subtle"
        leftSection={<Plus size={14} aria-hidden />}
        aria-haspopup="dialog"
        onClick={(event) => setAnchor(event.currentTarget.getBoundingClientRect())}
      >
        {t('builder.addRule')}
      </Button>
      {anchor && (
        <ValuePicker
          {...{ names, definitionKey, anchor }}
          functions={false}
          onClose={close}
          onChoose={({ text }) => {
            const name = names.byPath.get(fieldOf(text));
            onAdd(refit({ kind: 'rule', path: text, op: '==' }, sortOf(text, name), name?.choices ?? []));
            close(true);
          }}
        />
      )}
    </>
  );
}

interface RuleEditorProps extends Shared {
  readonly rule: Rule;
  readonly number: number;
  readonly onChange: (rule: Rule) => void;
  readonly onRemove: () => void;
}

function RuleEditor({ rule, number, onChange, onRemove, ...shared }: RuleEditorProps) {
  const { t } = useTranslation('designer');
  const { names, readOnly } = shared;
  const name = names.byPath.get(fieldOf(rule.path));
  const sort = sortOf(rule.path, name);
  const choose = (path: string): void => {
    const next = names.byPath.get(fieldOf(path));
    onChange(refit({ ...rule, path }, sortOf(path, next), next?.choices ?? []));
  };
  return (
    <fieldset className={classes.rule} aria-label={t('builder.line', { number })} data-rule={rule.path}>
      <FieldSelect {...shared} label={t('builder.field')} path={rule.path} onChange={choose} />
      <Select
        size="xs"
        aria-label={t('builder.operator')}
        value={rule.op}
        data={operatorsOf(sort, rule.op).map((op) => ({
          value: op,
          label: t(`builder.op.${wordsOf(op, sort)}` as 'builder.op.eq'),
        }))}
        allowDeselect={false}
        readOnly={readOnly}
        onChange={(op) => op && onChange(refit({ ...rule, op: op as Operator }, sort, name?.choices ?? []))}
      />
      {!isBare(rule.op) && (
        <ValueEditor {...shared} rule={rule} name={name} onChange={(value) => onChange({ ...rule, value })} />
      )}
      {!readOnly && (
        <Tooltip label={t('builder.remove')}>
          <ActionIcon
            className={classes.removeRule}
            variant="subtle"
            color="gray"
            aria-label={t('builder.remove')}
            onClick={onRemove}
          >
            <Trash2 size={15} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
    </fieldset>
  );
}

interface FieldSelectProps extends Shared {
  readonly label: string;
  readonly path: string;
  readonly onChange: (path: string) => void;
}

/** A field by its name; what the list does not know stays as it is written. */
function FieldSelect({ names, definitionKey, readOnly, label, path, onChange }: FieldSelectProps) {
  const { t } = useTranslation('designer');
  const naming = useNaming();
  const button = useRef<HTMLButtonElement>(null);
  const [anchor, setAnchor] = useState<DOMRect>();
  const field = fieldOf(path);
  const known = names.byPath.get(field);
  const call = /^(\w+)\(/.exec(path)?.[1];
  const shown = known ? naming.label(known) : field;
  const close = (refocus: boolean): void => {
    setAnchor(undefined);
    if (refocus) button.current?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className={classes.field}
        aria-haspopup="dialog"
        aria-label={`${label}: ${path === '' ? t('builder.chooseField') : shown}`}
        disabled={readOnly}
        title={path}
        onClick={(event) => setAnchor(event.currentTarget.getBoundingClientRect())}
      >
        <Braces size={13} aria-hidden />
        <span>{path === '' ? t('builder.chooseField') : call ? `${call}(${shown})` : shown}</span>
      </button>
      {anchor && (
        <ValuePicker
          {...{ names, definitionKey, anchor }}
          functions={false}
          onClose={close}
          onChoose={({ text }) => {
            onChange(text);
            close(true);
          }}
        />
      )}
    </>
  );
}

/** The widget of what a rule compares with, by the type of its field. */
function ValueEditor(
  props: Shared & { rule: Rule; name: Name | undefined; onChange: (value: Operand) => void },
) {
  const { rule, name, onChange, ...shared } = props;
  const { t } = useTranslation('designer');
  const sort = sortOf(rule.path, name);
  const value: Operand = rule.value ?? { kind: 'text', text: '' };
  const kinds = valueKinds(sort, rule.op, value.kind);
  const text = (kind: Operand['kind']): string => {
    if (kind === 'path') return t('builder.another');
    if (kind === 'today' || kind === 'now' || kind === 'date' || kind === 'nothing')
      return t(`builder.${kind}`);
    return kinds.length > 2 && kind !== 'text'
      ? t(`type.${kind === 'truth' ? 'boolean' : kind}` as 'type.money')
      : t('builder.fixed');
  };
  const become = (kind: Operand['kind']): void => {
    if (kind === value.kind) return;
    const first = shared.names.values.find(
      (other) => other.path !== name?.path && sortOf(other.path, other) === sort,
    );
    onChange(freshOf(kind, first ?? shared.names.values[0]));
  };
  return (
    <>
      {kinds.length > 1 && (
        <Select
          size="xs"
          aria-label={t('builder.with')}
          value={value.kind}
          data={kinds.map((kind) => ({ value: kind, label: text(kind) }))}
          allowDeselect={false}
          readOnly={shared.readOnly}
          onChange={(kind) => kind && become(kind as Operand['kind'])}
        />
      )}
      <ValueInput {...shared} rule={rule} name={name} value={value} onChange={onChange} />
    </>
  );
}

function freshOf(kind: Operand['kind'], other: Name | undefined): Operand {
  switch (kind) {
    case 'number':
      return { kind, text: '0' };
    case 'truth':
      return { kind, value: true };
    case 'money':
      return { kind, amount: '0', currency: 'PLN' };
    case 'date':
      return { kind, text: new Date().toISOString().slice(0, 10) };
    case 'today':
      return { kind, days: 0 };
    case 'path':
      return { kind, path: other ? writtenPath(other) : 'now' };
    case 'list':
      return { kind, items: [] };
    case 'now':
    case 'nothing':
      return { kind };
    default:
      return { kind: 'text', text: '' };
  }
}

type ValueInputProps = Shared & {
  rule: Rule;
  name: Name | undefined;
  value: Operand;
  onChange: (value: Operand) => void;
};

function ValueInput({ rule, name, value, onChange, ...shared }: ValueInputProps) {
  const { t } = useTranslation('designer');
  const id = useId();
  const { readOnly } = shared;
  const field = (schema: JsonSchema, shown: unknown, change: (next: unknown) => void) => (
    <div className={classes.value}>
      <ValueField {...{ schema, id, readOnly }} label={t('builder.value')} value={shown} onChange={change} />
    </div>
  );
  switch (value.kind) {
    case 'path':
      return (
        <FieldSelect
          {...shared}
          label={t('builder.another')}
          path={value.path}
          onChange={(path) => onChange({ kind: 'path', path })}
        />
      );
    case 'number':
      return field({ type: 'number' }, Number(value.text), (next) =>
        onChange({ kind: 'number', text: String(next ?? 0) }),
      );
    case 'truth':
      return field(
        {
          type: 'string',
          enum: ['true', 'false'],
          'x-labels': { true: t('builder.yes'), false: t('builder.no') },
        },
        String(value.value),
        (next) => onChange({ kind: 'truth', value: next === 'true' }),
      );
    case 'money':
      return field(
        { type: 'object', 'x-widget': 'money' },
        { amount: Math.round(Number(value.amount) * 100), currency: value.currency },
        (next) => {
          const { amount, currency } = (next ?? {}) as { amount?: number; currency?: string };
          onChange({
            kind: 'money',
            amount: String((amount ?? 0) / 100),
            currency: currency || value.currency,
          });
        },
      );
    case 'date':
      return field({ type: 'string', format: 'date' }, value.text, (next) => {
        if (typeof next === 'string') onChange({ kind: 'date', text: next });
      });
    case 'today':
      return field({ type: 'integer' }, value.days, (next) =>
        onChange({ kind: 'today', days: Math.round(Number(next ?? 0)) }),
      );
    case 'list':
      return <ListInput {...{ value, name, readOnly, onChange }} />;
    case 'text':
      return field(schemaOf(rule, name), value.text, (next) =>
        onChange({ kind: 'text', text: String(next ?? '') }),
      );
    default:
      return null;
  }
}

/** People, groups, stages and fixed choices are chosen, the rest is written. */
function schemaOf(rule: Rule, name: Name | undefined): JsonSchema {
  if (rule.op === 'member' || rule.op === 'notMember') return { type: 'string', 'x-widget': 'group-picker' };
  const choices = name?.choices ?? [];
  if (choices.length > 0)
    return {
      type: 'string',
      enum: choices.map(({ value }) => value),
      'x-labels': Object.fromEntries(choices.map(({ value, label }) => [value, label || value])),
    };
  if (name?.type === 'user' && !/^\w+\(/.test(rule.path))
    return { type: 'string', 'x-widget': 'user-picker' };
  if (name?.type === 'group') return { type: 'string', 'x-widget': 'group-picker' };
  if (name?.path === 'record.stage') return { type: 'string', 'x-widget': 'stage-picker' };
  return { type: 'string' };
}

function ListInput(props: {
  value: Extract<Operand, { kind: 'list' }>;
  name: Name | undefined;
  readOnly: boolean;
  onChange: (value: Operand) => void;
}) {
  const { value, name, readOnly, onChange } = props;
  const { t } = useTranslation('designer');
  const numeric = name?.type === 'number' || name?.type === 'integer';
  const read = (text: string): Literal =>
    numeric && /^-?\d+(\.\d+)?$/.test(text) ? { kind: 'number', text } : { kind: 'text', text };
  const shown = (item: Literal): string =>
    item.kind === 'text' || item.kind === 'number'
      ? item.text
      : item.kind === 'truth'
        ? String(item.value)
        : 'nil';
  const known = new Map(value.items.map((item) => [shown(item), item]));
  return (
    <TagsInput
      size="xs"
      className={classes.value}
      aria-label={t('builder.list')}
      readOnly={readOnly}
      data={(name?.choices ?? []).map((choice) => choice.value)}
      value={[...known.keys()]}
      onChange={(texts) =>
        onChange({ kind: 'list', items: texts.map((text) => known.get(text) ?? read(text)) })
      }
    />
  );
}
