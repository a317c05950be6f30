import { Button, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { useWho } from '@/features/forms/roles';
import type { ProcessNode } from '@/lib/process/types';
import { versionQuery, versionsQuery } from '../queries';
import classes from '../Runs.module.css';
import type { RunsSearch } from '../search';

const ages = [1, 4, 24, 72, 168, 720] as const;

type MoreFiltersProps = { search: RunsSearch; onChange: (change: RunsSearch) => void };

/** Version, step, people, ages, incidents and variables. */
export function MoreFilters({ search, onChange }: MoreFiltersProps) {
  const { t } = useTranslation(['runs', 'room', 'common']);
  const directory = useQuery(directoryQuery);
  const key = search.definition ?? '';
  const versions = useQuery({ ...versionsQuery(key), enabled: key !== '' });
  const newest = versions.data?.items.reduce((max, { version }) => Math.max(max, version), 0) ?? 0;
  const shown = search.version ?? newest;
  const process = useQuery({ ...versionQuery(key, shown), enabled: shown > 0 });
  const [trouble, setTrouble] = useState(search.trouble ?? '');
  const [name, value] = split(search.variable);
  const [variable, setVariable] = useState(name);
  const [wanted, setWanted] = useState(value);
  useEffect(() => setTrouble(search.trouble ?? ''), [search.trouble]);
  useEffect(() => {
    setVariable(name);
    setWanted(value);
  }, [name, value]);

  const clear = { 'aria-label': t('common:action.clearFilters') };
  const who = useWho(directory.data, { gone: true });
  const people = directory.data?.users.map((user) => ({ value: user.id, label: user.name })) ?? [];
  const hours = ages.map((count) => ({ value: String(count), label: t('room:filter.hours', { count }) }));
  const number = (text: string | null) => (text === null ? undefined : Number(text));
  return (
    <form
      className={classes.more}
      aria-label={t('room:filter.more')}
      onSubmit={(event) => {
        event.preventDefault();
        onChange({
          trouble: trouble.trim() || undefined,
          variable: variable.trim() && wanted.trim() ? `${variable.trim()}=${wanted.trim()}` : undefined,
        });
      }}
    >
      <Select
        label={t('all.version')}
        clearable
        clearButtonProps={clear}
        disabled={key === ''}
        description={key === '' ? t('room:filter.needsProcess') : undefined}
        data={versions.data?.items.map(({ version }) => ({
          value: String(version),
          label: t('list.version', { version }),
        }))}
        value={search.version === undefined ? null : String(search.version)}
        onChange={(version) => onChange({ version: number(version) })}
      />
      <Select
        label={t('room:filter.step')}
        clearable
        searchable
        clearButtonProps={clear}
        disabled={key === ''}
        description={key === '' ? t('room:filter.needsProcess') : undefined}
        data={stepsOf(process.data?.process.nodes ?? [])}
        value={search.node ?? null}
        onChange={(node) => onChange({ node: node ?? undefined })}
      />
      <Select
        label={t('room:filter.person')}
        clearable
        searchable
        clearButtonProps={clear}
        data={who.everybody}
        value={search.person ?? null}
        onChange={(person) => onChange({ person: person ?? undefined })}
      />
      <Select
        label={t('room:filter.starter')}
        clearable
        searchable
        clearButtonProps={clear}
        data={people}
        value={search.startedBy ?? null}
        onChange={(startedBy) => onChange({ startedBy: startedBy ?? undefined })}
      />
      <Select
        label={t('room:filter.older')}
        clearable
        clearButtonProps={clear}
        data={hours}
        value={search.older === undefined ? null : String(search.older)}
        onChange={(older) => onChange({ older: number(older) })}
      />
      <Select
        label={t('room:filter.idle')}
        clearable
        clearButtonProps={clear}
        data={hours}
        value={search.idle === undefined ? null : String(search.idle)}
        onChange={(idle) => onChange({ idle: number(idle) })}
      />
      <TextInput
        label={t('room:filter.incident')}
        description={t('room:filter.incidentHint')}
        value={trouble}
        onChange={(event) => setTrouble(event.currentTarget.value)}
      />
      <TextInput
        label={t('room:filter.variable')}
        value={variable}
        onChange={(event) => setVariable(event.currentTarget.value)}
      />
      <TextInput
        label={t('room:filter.value')}
        description={t('room:filter.valueHint')}
        value={wanted}
        onChange={(event) => setWanted(event.currentTarget.value)}
      />
      <Button type="submit" variant="default">
        {t('room:filter.apply')}
      </Button>
    </form>
  );
}

function split(variable: string | undefined): [string, string] {
  if (variable === undefined) return ['', ''];
  const at = variable.indexOf('=');
  return [variable.slice(0, at), variable.slice(at + 1)];
}

/** Steps by name, those inside others too. */
function stepsOf(nodes: readonly ProcessNode[]): { value: string; label: string }[] {
  return nodes.flatMap((node) => [
    { value: node.id, label: node.name || node.id },
    ...(node.nodes ? stepsOf(node.nodes) : []),
  ]);
}
