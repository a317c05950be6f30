import { ActionIcon, Button, Menu, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { Ellipsis, ListChecks, Pause, Wrench, X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunsSearch } from '../search';
import { filterOfSearch, type Selection } from './api';
import { BulkDialog } from './BulkDialog';
import { HoldDialog } from './HoldDialog';
import { JobDialog } from './JobDialog';
import { JobsDialog } from './JobsDialog';
import classes from './Repair.module.css';
import { useSuspensions, WORKSPACE } from './suspensions';

/** Value of `repair` in the address for the list of all jobs. */
const ALL = 'jobs';

type BulkBarProps = {
  search: RunsSearch;
  /** Nothing matches the filter: there is nothing to repair, but jobs can be looked at. */
  none: boolean;
  picked: ReadonlySet<string>;
  onClear: () => void;
};

/** Over the list: repair what is selected, or everything that matches the filter; look at jobs; hold everything. */
export function BulkBar({ search, none, picked, onClear }: BulkBarProps) {
  const { t } = useTranslation('repair');
  const navigate = useNavigate({ from: '/runs' });
  const { all } = useSuspensions(true);
  const [select, setSelect] = useState<Selection>();
  const [holding, setHolding] = useState(false);
  const job = search.repair;
  // In the address, so that a job is found again after a reload and can be sent to somebody.
  const show = (repair: string | undefined) => navigate({ search: (old) => ({ ...old, repair }) });
  const filter = filterOfSearch(search);
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
      {!none && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Wrench size={14} aria-hidden />}
          onClick={() => setSelect({ filter })}
        >
          {t('bulk.allMatching')}
        </Button>
      )}
      <Button
        className={classes.atEnd}
        size="compact-sm"
        variant="subtle"
        leftSection={<ListChecks size={14} aria-hidden />}
        onClick={() => show(ALL)}
      >
        {t('job.list')}
      </Button>
      {!all.some(({ key }) => key === WORKSPACE) && (
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" size={28} aria-label={t('hold.more')}>
              <Ellipsis size={16} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<Pause size={14} aria-hidden />} onClick={() => setHolding(true)}>
              {t('hold.suspendAll')}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
      <HoldDialog opened={holding} of={{ key: WORKSPACE, name: '' }} onClose={() => setHolding(false)} />
      {select && (
        <BulkDialog
          select={select}
          definition={search.definition}
          onStarted={(id) => {
            setSelect(undefined);
            onClear();
            show(id);
          }}
          onClose={() => setSelect(undefined)}
        />
      )}
      {job === ALL && <JobsDialog onOpen={show} onClose={() => show(undefined)} />}
      {job && job !== ALL && (
        <JobDialog id={job} onOpen={show} onAll={() => show(ALL)} onClose={() => show(undefined)} />
      )}
    </div>
  );
}
