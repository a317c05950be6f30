import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './ExpressionInput.module.css';
import { useSampleType } from './inline';
import { chooseSample, recordQuery, recordsQuery, useSample } from './sample';

/** Which record the expressions of a process are tried on. */
export function SampleChoice({ definitionKey, onEscape }: { definitionKey: string; onEscape?: () => void }) {
  const { t } = useTranslation('designer');
  const type = useSampleType();
  const sample = useSample(definitionKey);
  const [search, setSearch] = useState('');
  const [settled] = useDebouncedValue(search, 250);
  const chosen = useQuery(recordQuery(type, sample?.recordId)).data;
  // The name of what is chosen stands in the box too; it is no search.
  const found = useQuery(recordsQuery(type, settled === chosen?.title ? '' : settled)).data?.items ?? [];
  const known = new Map([...(chosen ? [chosen] : []), ...found].map(({ id, title }) => [id, title]));
  return (
    <Select
      className={classes.sample}
      size="xs"
      label={t('value.sample')}
      data={[...known].map(([value, label]) => ({ value, label }))}
      value={sample?.recordId ?? null}
      searchable
      // The server has searched.
      filter={({ options }) => options}
      allowDeselect={false}
      nothingFoundMessage={t('value.none')}
      onSearchChange={setSearch}
      comboboxProps={{ withinPortal: false, position: 'top' }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onEscape?.();
      }}
      onChange={(id) => id && chooseSample(definitionKey, type, id)}
    />
  );
}
