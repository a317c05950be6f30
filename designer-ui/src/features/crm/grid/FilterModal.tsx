import { ActionIcon, Button, Group as Line, Modal, NativeSelect, Stack } from '@mantine/core';
import { FolderPlus, Plus, X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { GridColumn } from './columns';
import { FilterValue } from './FilterValue';
import {
  add,
  bare,
  deepest,
  type FilterOp,
  type Group,
  isGroup,
  type Leaf,
  type Match,
  noFilter,
  parse,
  print,
  put,
} from './filter';
import classes from './Grid.module.css';

type FilterModalProps = {
  filter: string | undefined;
  columns: readonly GridColumn[];
  onClose: () => void;
  onApply: (filter: string | undefined) => void;
};

/** Conditions on any field, in groups inside groups. */
export function FilterModal({ filter, columns, onClose, onApply }: FilterModalProps) {
  const { t } = useTranslation(['grid', 'common']);
  const fresh = (): Leaf => {
    const column = columns[0] as GridColumn;
    return { field: column.key, op: column.ops[0] as FilterOp };
  };
  const [root, setRoot] = useState<Group>(() => {
    const read = parse(filter);
    return read.items.length > 0 ? read : { ...noFilter, items: [fresh()] };
  });
  return (
    <Modal
      opened
      size={720}
      onClose={onClose}
      title={t('filter.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onApply(print(root));
        }}
      >
        <Stack gap="md">
          <GroupFields
            group={root}
            path={[]}
            root={root}
            columns={columns}
            fresh={fresh}
            onChange={setRoot}
          />
          <Line justify="flex-end" gap="sm">
            <Button variant="subtle" onClick={() => onApply(undefined)}>
              {t('common:action.clearFilters')}
            </Button>
            <Button variant="default" onClick={onClose}>
              {t('common:action.cancel')}
            </Button>
            <Button type="submit">{t('filter.apply')}</Button>
          </Line>
        </Stack>
      </form>
    </Modal>
  );
}

type GroupFieldsProps = {
  group: Group;
  path: readonly number[];
  root: Group;
  columns: readonly GridColumn[];
  fresh: () => Leaf;
  onChange: (root: Group) => void;
};

function GroupFields({ group, path, root, columns, fresh, onChange }: GroupFieldsProps) {
  const { t } = useTranslation('grid');
  return (
    <fieldset className={classes.group} aria-label={t(`filter.match.${group.match}`)}>
      <Line gap="xs" wrap="nowrap">
        <NativeSelect
          aria-label={t('filter.match.label')}
          value={group.match}
          data={(['all', 'any', 'none'] as const).map((value) => ({
            value,
            label: t(`filter.match.${value}`),
          }))}
          onChange={(event) =>
            onChange(put(root, path, { ...group, match: event.currentTarget.value as Match }))
          }
        />
        {path.length > 0 && (
          <ActionIcon
            ms="auto"
            variant="subtle"
            color="gray"
            aria-label={t('filter.removeGroup')}
            onClick={() => onChange(put(root, path, null))}
          >
            <X size={16} aria-hidden />
          </ActionIcon>
        )}
      </Line>
      {group.items.map((item, index) => {
        const at = [...path, index];
        return isGroup(item) ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no identity but their place.
          <GroupFields key={index} {...{ root, columns, fresh, onChange }} group={item} path={at} />
        ) : (
          <LeafFields
            // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no identity but their place.
            key={index}
            leaf={item}
            columns={columns}
            onChange={(next) => onChange(put(root, at, next))}
          />
        );
      })}
      <Line gap="xs">
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Plus size={14} aria-hidden />}
          onClick={() => onChange(add(root, path, fresh()))}
        >
          {t('filter.add')}
        </Button>
        {path.length + 1 < deepest && (
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<FolderPlus size={14} aria-hidden />}
            onClick={() => onChange(add(root, path, { match: 'any', items: [fresh()] }))}
          >
            {t('filter.addGroup')}
          </Button>
        )}
      </Line>
    </fieldset>
  );
}

type LeafFieldsProps = {
  leaf: Leaf;
  columns: readonly GridColumn[];
  onChange: (next: Leaf | null) => void;
};

function LeafFields({ leaf, columns, onChange }: LeafFieldsProps) {
  const { t } = useTranslation('grid');
  const column = columns.find((one) => one.key === leaf.field);
  const date = column?.type === 'date' || column?.type === 'dateTime';
  const word = (op: FilterOp) =>
    date && ['lt', 'lte', 'gt', 'gte'].includes(op) ? t(`filter.dateOp.${op as 'lt'}`) : t(`filter.op.${op}`);
  return (
    <div className={classes.leaf}>
      <NativeSelect
        aria-label={t('filter.field')}
        value={leaf.field}
        data={[
          ...(column ? [] : [{ value: leaf.field, label: t('filter.unknown', { field: leaf.field }) }]),
          ...columns.map(({ key, label }) => ({ value: key, label })),
        ]}
        onChange={(event) => {
          const next = columns.find(({ key }) => key === event.currentTarget.value);
          if (next) onChange({ field: next.key, op: next.ops[0] as FilterOp });
        }}
      />
      <NativeSelect
        aria-label={t('filter.operator')}
        value={leaf.op}
        data={(column?.ops ?? [leaf.op]).map((op) => ({ value: op, label: word(op) }))}
        onChange={(event) => {
          const op = event.currentTarget.value as FilterOp;
          const list = op === 'in' || leaf.op === 'in';
          onChange({ ...leaf, op, value: bare(op) || list ? undefined : leaf.value });
        }}
      />
      {column && !bare(leaf.op) ? (
        <FilterValue
          column={column}
          op={leaf.op}
          value={leaf.value}
          onChange={(value) => onChange({ ...leaf, value })}
        />
      ) : (
        <span />
      )}
      <ActionIcon
        variant="subtle"
        color="gray"
        size={32}
        aria-label={t('filter.remove')}
        onClick={() => onChange(null)}
      >
        <X size={16} aria-hidden />
      </ActionIcon>
    </div>
  );
}
