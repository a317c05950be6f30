import { Button, Text } from '@mantine/core';
import { Wrench, X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunsSearch } from '../search';
import { filterOfSearch, type Selection } from './api';
import { BulkDialog } from './BulkDialog';
import classes from './Repair.module.css';

type BulkBarProps = { search: RunsSearch; picked: ReadonlySet<string>; onClear: () => void };

/** Over the list: repair what is selected, or everything that matches the filter. */
export function BulkBar({ search, picked, onClear }: BulkBarProps) {
  const { t } = useTranslation('repair');
  const [select, setSelect] = useState<Selection>();
  return (
    <div className={classes.bar}>
      {picked.size > 0 && (
        <>
          <Text size="sm">{t('bulk.selected', { count: picked.size })}</Text>
          <Button
            size="compact-sm"
            leftSection={<Wrench size={14} aria-hidden />}
            onClick={() => setSelect({ runs: [...picked] })}
          >
            {t('bulk.open')}
          </Button>
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<X size={14} aria-hidden />}
            onClick={onClear}
          >
            {t('bulk.clear')}
          </Button>
        </>
      )}
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<Wrench size={14} aria-hidden />}
        onClick={() => setSelect({ filter: filterOfSearch(search) })}
      >
        {t('bulk.allMatching')}
      </Button>
      {select && (
        <BulkDialog select={select} definition={search.definition} onClose={() => setSelect(undefined)} />
      )}
    </div>
  );
}
