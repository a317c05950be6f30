import { combine } from '@atlaskit/pragmatic-drag-and-drop/combine';
import { draggable, dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import {
  ActionIcon,
  Badge,
  Checkbox,
  Group,
  NumberInput,
  Select,
  Stack,
  TextInput,
  UnstyledButton,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ArrowDown, ArrowUp, ChevronDown, ChevronRight, GripVertical, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Askable, askableQuery, type FormField } from './api';
import classes from './SiteForms.module.css';

type FieldListProps = {
  fields: FormField[];
  recordType: string;
  errors: ReadonlyMap<string, string>;
  onChange: (fields: FormField[]) => void;
};

/** What an own field is called, or a standard one in the reader's language. */
function useFieldName(): (field: Askable) => string {
  const { t } = useTranslation(['siteForms', 'crm']);
  return (field) => field.label || t(`crm:field.${field.key as 'title'}`);
}

/** What a form asks, in its order: dragged, or moved by buttons. */
export function FieldList({ fields, recordType, errors, onChange }: FieldListProps) {
  const { t } = useTranslation('siteForms');
  const name = useFieldName();
  const [open, setOpen] = useState<string | null>(null);
  const { data } = useQuery(askableQuery(recordType));
  const askable = data?.items ?? [];
  const free = askable.filter((one) => !fields.some((field) => field.field === one.field));
  const change = (at: number, to: Partial<FormField>) =>
    onChange(fields.map((field, i) => (i === at ? { ...field, ...to } : field)));
  const move = (from: number, to: number) => {
    if (to < 0 || to > fields.length || from === to) return;
    const next = fields.filter((_, i) => i !== from);
    const moved = fields[from];
    if (!moved) return;
    next.splice(to > from ? to - 1 : to, 0, moved);
    onChange(next);
  };
  return (
    <Stack gap="sm">
      <ol className={classes.rows} aria-label={t('tab.fields')}>
        {fields.map((field, at) => {
          const known = askable.find((one) => one.field === field.field);
          return (
            <Row key={field.field} id={field.field} at={at} move={move} fields={fields}>
              <Group gap={6} wrap="nowrap">
                <span className={classes.grip}>
                  <GripVertical size={16} aria-hidden />
                </span>
                <UnstyledButton
                  className={classes.name}
                  aria-expanded={open === field.field}
                  onClick={() => setOpen(open === field.field ? null : field.field)}
                >
                  <Group gap={6} wrap="nowrap">
                    {open === field.field ? (
                      <ChevronDown size={14} aria-hidden />
                    ) : (
                      <ChevronRight size={14} aria-hidden />
                    )}
                    {field.label || (known ? name(known) : field.field)}
                    {field.required && <span aria-hidden>*</span>}
                    {field.hidden && (
                      <Badge size="sm" variant="light" color="gray">
                        {t('hidden')}
                      </Badge>
                    )}
                  </Group>
                </UnstyledButton>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t('up')}
                  disabled={at === 0}
                  onClick={() => move(at, at - 1)}
                >
                  <ArrowUp size={16} aria-hidden />
                </ActionIcon>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t('down')}
                  disabled={at === fields.length - 1}
                  onClick={() => move(at, at + 2)}
                >
                  <ArrowDown size={16} aria-hidden />
                </ActionIcon>
                <ActionIcon
                  variant="subtle"
                  color="red"
                  aria-label={t('removeField', { name: field.label || field.field })}
                  onClick={() => onChange(fields.filter((_, i) => i !== at))}
                >
                  <Trash2 size={16} aria-hidden />
                </ActionIcon>
              </Group>
              {open === field.field && (
                <Stack gap="xs" pt="xs">
                  <TextInput
                    label={t('label')}
                    value={field.label ?? ''}
                    error={errors.get(`/fields/${at}/label`) ?? errors.get(`/fields/${at}/field`)}
                    onChange={(event) => change(at, { label: event.currentTarget.value })}
                  />
                  {known?.type !== 'file' && (
                    <Checkbox
                      label={t('hiddenField')}
                      checked={field.hidden ?? false}
                      onChange={(event) => change(at, { hidden: event.currentTarget.checked })}
                    />
                  )}
                  {field.hidden ? (
                    <>
                      <TextInput
                        label={t('value')}
                        value={field.value ?? ''}
                        onChange={(event) => change(at, { value: event.currentTarget.value })}
                      />
                      <TextInput
                        label={t('parameter')}
                        description={t('parameterHelp')}
                        placeholder="utm_source"
                        value={field.parameter ?? ''}
                        error={errors.get(`/fields/${at}/parameter`)}
                        onChange={(event) => change(at, { parameter: event.currentTarget.value })}
                      />
                    </>
                  ) : (
                    <>
                      <Checkbox
                        label={t('required')}
                        checked={field.required ?? false}
                        onChange={(event) => change(at, { required: event.currentTarget.checked })}
                      />
                      <Checkbox
                        label={t('half')}
                        checked={field.half ?? false}
                        onChange={(event) => change(at, { half: event.currentTarget.checked })}
                      />
                      <TextInput
                        label={t('help')}
                        value={field.help ?? ''}
                        onChange={(event) => change(at, { help: event.currentTarget.value })}
                      />
                      {known?.type === 'file' ? (
                        <FileRules
                          field={field}
                          several={known.multiple ?? false}
                          error={(part) => errors.get(`/fields/${at}/${part}`)}
                          onChange={(to) => change(at, to)}
                        />
                      ) : (
                        <TextInput
                          label={t('placeholder')}
                          value={field.placeholder ?? ''}
                          onChange={(event) => change(at, { placeholder: event.currentTarget.value })}
                        />
                      )}
                    </>
                  )}
                </Stack>
              )}
            </Row>
          );
        })}
      </ol>
      {errors.get('/fields') && <span role="alert">{errors.get('/fields')}</span>}
      <Select
        label={t('addField')}
        description={recordType ? t('addFieldHelp') : t('addFieldHelpClient', { tab: t('tab.result') })}
        placeholder={t('addFieldText')}
        searchable
        value={null}
        data={(['contact', 'company', 'record'] as const).map((of) => ({
          group: t(`of.${of}`),
          items: free
            .filter((one) => one.of === of)
            .map((one) => ({ value: one.field, label: `${name(one)} (${t(`of.${of}`)})` })),
        }))}
        onChange={(value) => {
          const chosen = askable.find((one) => one.field === value);
          if (!chosen) return;
          onChange([...fields, { field: chosen.field, label: name(chosen) }]);
          setOpen(chosen.field);
        }}
      />
    </Stack>
  );
}

type FileRulesProps = {
  field: FormField;
  several: boolean;
  error: (part: 'accept' | 'maxMegabytes' | 'maxFiles') => string | undefined;
  onChange: (to: Partial<FormField>) => void;
};

const usualKinds = ['pdf', 'image', 'document', 'table'] as const;

/** Which files clients may send, how large and how many. */
function FileRules({ field, several, error, onChange }: FileRulesProps) {
  const { t } = useTranslation('siteForms');
  return (
    <>
      <Checkbox.Group
        label={t('accept')}
        value={field.accept?.length ? field.accept : [...usualKinds]}
        error={error('accept')}
        onChange={(accept) => {
          if (accept.length > 0) onChange({ accept: accept as FormField['accept'] });
        }}
      >
        <Group gap="sm" pt={4}>
          {([...usualKinds, 'archive'] as const).map((kind) => (
            <Checkbox key={kind} value={kind} label={t(`acceptKind.${kind}`)} />
          ))}
        </Group>
      </Checkbox.Group>
      <NumberInput
        label={t('maxMegabytes')}
        min={1}
        max={20}
        clampBehavior="strict"
        allowDecimal={false}
        value={field.maxMegabytes || 5}
        error={error('maxMegabytes')}
        onChange={(most) => onChange({ maxMegabytes: Number(most) || 0 })}
      />
      {several && (
        <NumberInput
          label={t('maxFiles')}
          min={1}
          max={10}
          clampBehavior="strict"
          allowDecimal={false}
          value={field.maxFiles || 1}
          error={error('maxFiles')}
          onChange={(most) => onChange({ maxFiles: Number(most) || 0 })}
        />
      )}
    </>
  );
}

const DRAGGED = 'form-field';

type RowProps = {
  id: string;
  at: number;
  fields: FormField[];
  move: (from: number, to: number) => void;
  children: React.ReactNode;
};

function Row({ id, at, fields, move, children }: RowProps) {
  const ref = useRef<HTMLLIElement>(null);
  const [dragging, setDragging] = useState(false);
  const [over, setOver] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    return combine(
      draggable({
        element,
        getInitialData: () => ({ type: DRAGGED, id }),
        onDragStart: () => setDragging(true),
        onDrop: () => setDragging(false),
      }),
      dropTargetForElements({
        element,
        canDrop: ({ source }) => source.data.type === DRAGGED && source.data.id !== id,
        onDragEnter: () => setOver(true),
        onDragLeave: () => setOver(false),
        onDrop: ({ source }) => {
          setOver(false);
          const from = fields.findIndex((field) => field.field === source.data.id);
          if (from >= 0) move(from, from < at ? at + 1 : at);
        },
      }),
    );
  }, [id, at, fields, move]);
  return (
    <li ref={ref} className={classes.row} data-dragging={dragging || undefined} data-over={over || undefined}>
      {children}
    </li>
  );
}
