import { Button, Select, Switch, Textarea, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Play } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SchemaForm, validateForm } from '@/features/forms';
import { useUser } from '@/features/identity/useSession';
import { variablesSchema } from '@/features/runs/repair/variables';
import { isAnswered, pinsOf } from '@/lib/process/pins';
import { isStaged } from '@/lib/records';
import { Answers } from './Answers';
import { recordsQuery } from './api';
import { objectOf, type PartProps } from './parts';
import type { Recording } from './recorded';
import { sampleRecord, scenariosOf, startsOf, type Values } from './scenario';
import classes from './Testing.module.css';

const NONE = 'none';
const SAMPLE = 'sample';

/** The present hour on this clock, as the field writes it. */
export const localText = (at: Date): string => {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
};

/** With what the rehearsal begins: a record, variables, a moment. */
export function StartForm({ rehearsal, stage }: PartProps) {
  const { t } = useTranslation('testing');
  const { document, name } = stage;
  const me = useUser();
  const starts = startsOf(document);
  const [record, setRecord] = useState(document.appliesTo ? SAMPLE : NONE);
  const sample = useMemo(() => sampleRecord(document, me.id), [document, me.id]);
  const [fields, setFields] = useState(() => JSON.stringify(sample, null, 2));
  const [search, setSearch] = useState('');
  const [wanted] = useDebouncedValue(search, 250);
  const [chosen, setChosen] = useState<{ id: string; title: string }>();
  // The field shows what is chosen; only what is typed is looked for.
  const fixed: Record<string, string> = { [SAMPLE]: t('start.sample'), [NONE]: t('start.none') };
  const asked = wanted === (fixed[record] ?? chosen?.title) ? '' : wanted;
  const records = useQuery({
    ...recordsQuery(document.appliesTo ?? 'deal', asked),
    enabled: isStaged(document.appliesTo),
  });
  const [variables, setVariables] = useState<Values>({});
  const [at, setAt] = useState(() => localText(new Date()));
  const [node, setNode] = useState(starts[0]?.id ?? '');
  const [robots, setRobots] = useState(true);
  const [pins, setPins] = useState(true);
  const [recorded, setRecorded] = useState<Recording>();
  const [answersReady, setAnswersReady] = useState(true);
  const take = useCallback((next: Recording | undefined, done: boolean): void => {
    setRecorded(next);
    setAnswersReady(done);
  }, []);
  const schema = useMemo(() => variablesSchema(document), [document]);
  const errors = validateForm({ ...schema, required: [] }, variables);
  const typed = objectOf(fields);
  const real = (records.data?.items ?? []).filter(({ id }) => id !== chosen?.id);
  const moment = new Date(at);
  const ready =
    answersReady &&
    !Number.isNaN(moment.getTime()) &&
    errors.length === 0 &&
    (record !== SAMPLE || (typed?.type && typed.id));

  const begin = (): void => {
    const people =
      record === SAMPLE ? scenariosOf(document).find(({ start }) => start?.record)?.people : undefined;
    rehearsal.begin({
      at: moment.toISOString(),
      robots,
      pins,
      ...(recorded ? { recorded } : {}),
      ...(people ? { people } : {}),
      start: {
        by: me.id,
        ...(starts.length > 1 ? { node } : {}),
        ...(record === NONE
          ? {}
          : { record: record === SAMPLE ? typed : { type: document.appliesTo || 'deal', id: record } }),
        ...(Object.keys(variables).length > 0 ? { variables } : {}),
      },
    });
  };

  return (
    <form
      className={classes.section}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) begin();
      }}
    >
      <p className={classes.hint}>{t('intro')}</p>
      {starts.length > 1 && (
        <Select
          label={t('start.node')}
          allowDeselect={false}
          data={starts.map((start) => ({ value: start.id, label: start.name || name(start.id) }))}
          value={node}
          onChange={(value) => setNode(value ?? '')}
        />
      )}
      {document.appliesTo && (
        <Select
          label={t('start.record')}
          description={t('start.recordHelp')}
          allowDeselect={false}
          searchable
          nothingFoundMessage={t('start.nothingFound')}
          searchValue={search}
          onSearchChange={setSearch}
          // The server has searched; what it found is shown as it is.
          filter={({ options }) => options}
          data={[
            { value: SAMPLE, label: t('start.sample') },
            { value: NONE, label: t('start.none') },
            ...(chosen ? [{ value: chosen.id, label: chosen.title }] : []),
            ...real.map(({ id, title }) => ({ value: id, label: title })),
          ]}
          value={record}
          onChange={(value) => {
            setRecord(value ?? SAMPLE);
            setChosen(real.find(({ id }) => id === value) ?? chosen);
          }}
        />
      )}
      {document.appliesTo && record === SAMPLE && (
        <Textarea
          label={t('start.fields')}
          autosize
          minRows={3}
          maxRows={10}
          spellCheck={false}
          value={fields}
          error={typed?.type && typed.id ? undefined : t('start.fieldsWrong')}
          onChange={(event) => setFields(event.currentTarget.value)}
        />
      )}
      {Object.keys(schema.properties ?? {}).length > 0 && (
        <fieldset style={{ border: 0, margin: 0, padding: 0 }}>
          <legend className={classes.heading}>{t('start.variables')}</legend>
          <SchemaForm
            schema={schema}
            value={variables}
            errors={errors}
            idPrefix="rehearsal/start"
            onChange={setVariables}
          />
        </fieldset>
      )}
      <TextInput
        type="datetime-local"
        label={t('start.at')}
        value={at}
        onChange={(event) => setAt(event.currentTarget.value)}
      />
      {document.nodes.some((one) => one.kind === 'robot') && (
        <Switch
          label={t('robots.auto')}
          checked={robots}
          onChange={(event) => setRobots(event.currentTarget.checked)}
        />
      )}
      {document.nodes.some(isAnswered) && <Answers stage={stage} onChange={take} />}
      {Object.keys(pinsOf(document)).length > 0 && (
        <Switch
          label={t('pin.auto')}
          description={t('pin.autoHelp')}
          checked={pins}
          onChange={(event) => setPins(event.currentTarget.checked)}
        />
      )}
      <div className={classes.row}>
        <Button
          type="submit"
          leftSection={<Play size={15} aria-hidden />}
          disabled={!ready}
          loading={rehearsal.busy}
        >
          {t('start.act')}
        </Button>
      </div>
    </form>
  );
}
