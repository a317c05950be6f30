import { ActionIcon, Button, Select, TextInput, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Plus, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { recordTypesQuery } from '@/features/crm/ownFields';
import type { Variable } from '@/lib/process/types';
import { GrowingTextarea } from '@/ui/GrowingTextarea';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';

const TYPES = [
  'string',
  'number',
  'integer',
  'boolean',
  'date',
  'dateTime',
  'duration',
  'money',
  'user',
  'group',
  'file',
  'list',
  'object',
] as const;
const SHIPPED = ['lead', 'deal', 'quote', 'invoice', 'contact', 'company'] as const;
const LISTS = ['parameters', 'variables'] as const;

/** Settings of the process itself, shown when nothing is selected. */
export function ProcessInspector() {
  const { t } = useTranslation('designer');
  const { document, run, readOnly } = useDesigner();
  const own = useQuery(recordTypesQuery).data?.items.filter((type) => type.own) ?? [];
  const types = [
    ...SHIPPED.map((type) => ({ value: type as string, label: t(`recordType.${type}`) })),
    ...own.map(({ key, name }) => ({ value: key, label: name || key })),
  ];
  // What the process works on may be gone, or comes from another installation.
  const { appliesTo } = document;
  if (appliesTo && !types.some(({ value }) => value === appliesTo))
    types.push({ value: appliesTo, label: appliesTo });
  return (
    <div className={classes.inspectorBody}>
      <h2 className={classes.panelTitle}>{t('process.title')}</h2>
      {document.nodes.length === 0 && !readOnly && <FirstSteps />}
      <TextInput
        label={t('process.name')}
        required
        maxLength={200}
        value={document.name}
        readOnly={readOnly}
        onChange={(event) => {
          const name = event.currentTarget.value;
          run(
            { key: 'history.process' },
            (draft) => {
              draft.name = name;
            },
            { merge: 'process:name' },
          );
        }}
      />
      <GrowingTextarea
        label={t('process.description')}
        minRows={2}
        maxRows={8}
        value={document.description ?? ''}
        readOnly={readOnly}
        onChange={(event) => {
          const description = event.currentTarget.value;
          run(
            { key: 'history.process' },
            (draft) => {
              if (description) draft.description = description;
              else delete draft.description;
            },
            { merge: 'process:description' },
          );
        }}
      />
      <Select
        label={t('process.appliesTo')}
        description={t('process.appliesToHelp')}
        placeholder={t('process.appliesToNothing')}
        clearable
        value={document.appliesTo ?? null}
        data={types}
        readOnly={readOnly}
        onChange={(type) =>
          run({ key: 'history.process' }, (draft) => {
            if (type) draft.appliesTo = type;
            else delete draft.appliesTo;
          })
        }
      />
      {LISTS.map((list) => (
        <Variables key={list} list={list} />
      ))}
    </div>
  );
}

const FIRST = ['start', 'steps', 'try', 'publish'] as const;

/** What to do with an empty canvas, in the order in which it is done. */
function FirstSteps() {
  const { t } = useTranslation('designer');
  return (
    <section className={classes.block} aria-label={t('first.title')}>
      <h3 className={classes.blockTitle}>{t('first.title')}</h3>
      <ol className={classes.firstSteps}>
        {FIRST.map((step) => (
          <li key={step}>{t(`first.${step}`)}</li>
        ))}
      </ol>
    </section>
  );
}

function Variables({ list }: { list: (typeof LISTS)[number] }) {
  const { t } = useTranslation('designer');
  const { document, run, readOnly } = useDesigner();
  const items = document[list] ?? [];
  const set = (next: Variable[], merge?: string): void => {
    run(
      { key: 'history.variables' },
      (draft) => {
        if (next.length > 0) draft[list] = next;
        else delete draft[list];
      },
      merge ? { merge: `${list}:${merge}` } : {},
    );
  };
  const change = (at: number, fields: Partial<Variable>): void =>
    set(
      items.map((item, i) => (i === at ? { ...item, ...fields } : item)),
      `${at}`,
    );
  return (
    <section className={classes.block} aria-label={t(`process.${list}`)}>
      <h3 className={classes.blockTitle}>{t(`process.${list}`)}</h3>
      <p className={classes.hint}>{t(`process.${list}Help`)}</p>
      {items.map((item, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the name is what is being typed; a row is its place.
        <div key={i} className={classes.outcomeRow}>
          <TextInput
            aria-label={t('process.variableName')}
            value={item.name}
            readOnly={readOnly}
            onChange={(event) => change(i, { name: event.currentTarget.value })}
          />
          <Select
            aria-label={t('process.variableType', { name: item.name })}
            value={item.type}
            data={TYPES.map((type) => ({ value: type, label: t(`type.${type}`) }))}
            allowDeselect={false}
            readOnly={readOnly}
            onChange={(type) => change(i, { type: type ?? 'string' })}
          />
          {!readOnly && (
            <Tooltip label={t('process.removeVariable')}>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t('process.removeVariable')}
                onClick={() => set(items.filter((_, at) => at !== i))}
              >
                <Trash2 size={15} aria-hidden />
              </ActionIcon>
            </Tooltip>
          )}
        </div>
      ))}
      {!readOnly && (
        <Button
          size="xs"
          variant="default"
          leftSection={<Plus size={14} aria-hidden />}
          onClick={() => set([...items, { name: `value${items.length + 1}`, type: 'string' }])}
        >
          {t(`process.add_${list}`)}
        </Button>
      )}
    </section>
  );
}
