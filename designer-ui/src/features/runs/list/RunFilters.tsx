import { Button, Group, NativeSelect, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback, useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Search, SlidersHorizontal, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { directoryQuery } from '@/api/queries/directory';
import { useWho } from '@/features/forms/roles';
import { Later, later } from '@/lib/later';
import { definitionNamesQuery } from '../queries';
import classes from '../Runs.module.css';
import { type RunState, type RunsSearch, runStates } from '../search';

const MoreFilters = later(() => import('./MoreFilters').then((module) => module.MoreFilters));

/** What is asked for rarely stands behind a button, and as a chip while it is asked for. */
const rare = [
  'version',
  'node',
  'person',
  'startedBy',
  'older',
  'idle',
  'trouble',
  'variable',
  'recordId',
] as const;

type RunFiltersProps = { search: RunsSearch; onChange: (change: RunsSearch) => void };

/** The filters of the list of instances; all of them stand in the address. */
export function RunFilters({ search, onChange }: RunFiltersProps) {
  const { t } = useTranslation(['runs', 'room', 'common']);
  const definitions = useQuery(definitionNamesQuery);
  const set = rare.filter((name) => search[name] !== undefined);
  const directory = useQuery({
    ...directoryQuery,
    enabled: search.person !== undefined || search.startedBy !== undefined,
  });
  // Eight states side by side have no room there.
  const phone = useMediaQuery('(max-width: 48em)') ?? false;
  const states = [
    { value: 'all', label: t('state.all') },
    ...runStates.map((state) => ({ value: state, label: t(`state.${state}`) })),
  ];
  const choose = (value: string) => onChange({ state: value === 'all' ? undefined : (value as RunState) });
  const [text, setText] = useState(search.q ?? '');
  const [more, setMore] = useState(false);
  const find = useDebouncedCallback((q: string) => onChange({ q: q || undefined }), 250);
  // A view that is opened, and "clear filters", change the text from outside.
  useEffect(() => setText(search.q ?? ''), [search.q]);

  const who = useWho(directory.data);
  const personName = (id: string | undefined) => (id ? who.named(id) : '');
  const told: Record<(typeof rare)[number], string> = {
    version: t('list.version', { version: search.version ?? 0 }),
    node: t('room:filter.atStep', { step: search.node ?? '' }),
    person: t('room:filter.waitsFor', { name: personName(search.person) }),
    startedBy: t('room:filter.startedBy', { name: personName(search.startedBy) }),
    older: t('room:filter.olderThan', { age: t('room:filter.hours', { count: search.older ?? 0 }) }),
    idle: t('room:filter.idleFor', { age: t('room:filter.hours', { count: search.idle ?? 0 }) }),
    trouble: t('room:filter.trouble', { text: search.trouble ?? '' }),
    variable: search.variable ?? '',
    recordId: t('room:filter.record', { id: search.recordId ?? '' }),
  };
  return (
    <>
      <div className={`${classes.filters} ${classes.listFilters}`}>
        {phone ? (
          <NativeSelect
            aria-label={t('list.state')}
            value={search.state ?? 'all'}
            onChange={(event) => choose(event.currentTarget.value)}
            data={states}
          />
        ) : (
          <SegmentedControl
            className={classes.states}
            aria-label={t('list.state')}
            value={search.state ?? 'all'}
            onChange={choose}
            data={states}
          />
        )}
        <Select
          aria-label={t('list.process')}
          placeholder={t('list.anyProcess')}
          clearable
          searchable
          clearButtonProps={{ 'aria-label': t('common:action.clearFilters') }}
          data={definitions.data?.items.map(({ key, name }) => ({ value: key, label: name })) ?? []}
          value={search.definition ?? null}
          onChange={(definition) =>
            onChange({ definition: definition ?? undefined, version: undefined, node: undefined })
          }
        />
        <TextInput
          type="search"
          aria-label={t('list.search')}
          placeholder={t('list.search')}
          leftSection={<Search size={16} aria-hidden />}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            find(event.currentTarget.value.trim());
          }}
        />
        <Button
          variant={more ? 'light' : 'default'}
          leftSection={<SlidersHorizontal size={16} aria-hidden />}
          aria-expanded={more}
          onClick={() => setMore(!more)}
        >
          {t('room:filter.more')}
        </Button>
      </div>
      {more && (
        <Later>
          <MoreFilters search={search} onChange={onChange} />
        </Later>
      )}
      {set.length > 0 && (
        <Group gap="xs" role="group" aria-label={t('room:filter.active')}>
          {set.map((name) => (
            <Button
              key={name}
              size="compact-sm"
              variant="light"
              rightSection={<X size={12} aria-hidden />}
              aria-label={t('room:filter.remove', { filter: told[name] })}
              onClick={() =>
                onChange({ [name]: undefined, ...(name === 'recordId' && { recordType: undefined }) })
              }
            >
              {told[name]}
            </Button>
          ))}
        </Group>
      )}
    </>
  );
}
