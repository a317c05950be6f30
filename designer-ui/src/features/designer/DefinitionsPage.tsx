import { Badge, Button, Group, Menu, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { FileUp, LayoutGrid, ListTodo, Plus, Search, Workflow } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { Later, later } from '@/lib/later';
import { Delayed, EmptyState, ErrorState, Page, RelativeTime } from '@/ui';
import { DataTable } from '@/ui/DataTable';
import { definitionsQuery } from './api';
import classes from './Designer.module.css';

const NewDefinition = later(() => import('./NewDefinition').then(({ NewDefinition }) => NewDefinition));

const ImportFile = later(
  () => import('@/features/gallery/ImportFile').then(({ ImportFile }) => ImportFile),
  'gallery',
);

const ImportBpmn = later(() => import('./ImportBpmn').then(({ ImportBpmn }) => ImportBpmn));

/** All process definitions: find one, see what state it is in, make a new one. */
export function DefinitionsPage() {
  const { t } = useTranslation(['designer', 'gallery', 'common']);
  const mayEdit = useMay('definitions.edit');
  const [search, setSearch] = useState('');
  const [wanted] = useDebouncedValue(search.trim(), 200);
  const [creating, setCreating] = useState(false);
  const [importing, setImporting] = useState<'bpmn' | 'file'>();
  const list = useQuery(definitionsQuery(wanted));
  const items = list.data?.items ?? [];
  const create = mayEdit && (
    <Group gap="sm">
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button variant="default" leftSection={<FileUp size={16} aria-hidden />}>
            {t('designer:list.import')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setImporting('file')}>{t('gallery:import.open')}</Menu.Item>
          <Menu.Item onClick={() => setImporting('bpmn')}>{t('designer:bpmn.importOpen')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Button
        component={Link}
        to="/gallery"
        variant="default"
        leftSection={<LayoutGrid size={16} aria-hidden />}
      >
        {t('gallery:title')}
      </Button>
      <Button
        component={Link}
        to="/status-processes"
        variant="default"
        leftSection={<ListTodo size={16} aria-hidden />}
      >
        {t('common:nav.statusProcesses')}
      </Button>
      <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setCreating(true)}>
        {t('designer:list.new')}
      </Button>
    </Group>
  );
  return (
    <Page title={t('designer:list.title')} description={t('designer:list.description')} actions={create}>
      <div className={classes.listTools}>
        <TextInput
          aria-label={t('designer:list.search')}
          placeholder={t('designer:list.search')}
          leftSection={<Search size={16} aria-hidden />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </div>
      {list.error ? (
        <ErrorState error={list.error} onRetry={() => void list.refetch()} />
      ) : !list.data ? (
        <Delayed>
          <p className={classes.hint}>{t('common:state.loading')}</p>
        </Delayed>
      ) : items.length === 0 ? (
        wanted ? (
          <EmptyState
            icon={Search}
            title={t('designer:list.noHits')}
            action={
              <Button variant="default" onClick={() => setSearch('')}>
                {t('designer:list.clear')}
              </Button>
            }
          />
        ) : (
          <EmptyState
            icon={Workflow}
            title={t('designer:list.none')}
            text={t('designer:list.noneText')}
            action={create}
          />
        )
      ) : (
        <DataTable
          label={t('designer:list.title')}
          items={items}
          keyOf={(item) => item.key}
          columns={[
            {
              key: 'name',
              title: t('designer:list.name'),
              bare: true,
              render: (item) => (
                <span className={classes.nameCell}>
                  <Link to="/definitions/$key" params={{ key: item.key }} className={classes.link}>
                    {item.name}
                  </Link>
                  <code>{item.key}</code>
                </span>
              ),
            },
            {
              key: 'version',
              title: t('designer:list.version'),
              render: (item) => (
                <Group gap="xs">
                  {item.publishedVersion === null ? t('designer:bar.unpublished') : item.publishedVersion}
                  {item.hasChanges && item.publishedVersion !== null && (
                    <Badge variant="default" radius="sm" tt="none" fw={500}>
                      {t('designer:list.draft')}
                    </Badge>
                  )}
                  {!item.enabled && (
                    <Badge variant="default" radius="sm" tt="none" fw={500}>
                      {t('designer:list.off')}
                    </Badge>
                  )}
                </Group>
              ),
            },
            {
              key: 'runs',
              title: t('designer:list.runs'),
              render: (item) => (
                <Link to={'/definitions/$key/runs'} params={{ key: item.key }} className={classes.link}>
                  {item.activeRuns}
                </Link>
              ),
            },
            {
              key: 'incidents',
              title: t('designer:list.incidents'),
              render: (item) =>
                item.incidents > 0 ? (
                  <Badge color="red" variant="light">
                    {item.incidents}
                  </Badge>
                ) : (
                  '–'
                ),
            },
            {
              key: 'changed',
              title: t('designer:list.changed'),
              render: (item) => (
                <span>
                  <RelativeTime at={item.changedAt} />
                  {item.changedByName && ` · ${item.changedByName}`}
                </span>
              ),
            },
          ]}
        />
      )}
      {creating && (
        <Later>
          <NewDefinition onClose={() => setCreating(false)} />
        </Later>
      )}
      {importing && (
        <Later>
          {importing === 'bpmn' ? (
            <ImportBpmn onClose={() => setImporting(undefined)} />
          ) : (
            <ImportFile onClose={() => setImporting(undefined)} />
          )}
        </Later>
      )}
    </Page>
  );
}
