import { Badge, Button, Group, Select } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { History, RotateCcw } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNodeKinds } from '@/api/queries/nodeKinds';
import { Canvas, type CanvasHandle } from '@/canvas';
import {
  ChangeList,
  definitionQuery,
  restoreVersion,
  type VersionSummary,
  versionQuery,
  versionsQuery,
} from '@/features/designer';
import { useMay } from '@/features/identity/useSession';
import { TopBarContent } from '@/features/shell';
import { changesBetween } from '@/lib/process/patches';
import type { ProcessDocument } from '@/lib/process/types';
import {
  ConfirmDialog,
  EmptyState,
  ErrorState,
  notifyDone,
  notifyError,
  PageSkeleton,
  RelativeTime,
  useDocumentTitle,
} from '@/ui';
import { mergeForComparison } from './merge';
import classes from './Versions.module.css';

const DRAFT = 'draft';

/** All published versions: look at one, compare it with another, bring it back as the draft. */
export function VersionsPage() {
  const { key = '' } = useParams({ strict: false });
  const { t } = useTranslation('designer');
  const definition = useQuery(definitionQuery(key));
  const versions = useQuery(versionsQuery(key));
  const name = definition.data?.name ?? key;
  useDocumentTitle(t('versions.title', { name }));
  const error = definition.error ?? versions.error;
  if (error) {
    return (
      <ErrorState
        error={error}
        onRetry={() => {
          void definition.refetch();
          void versions.refetch();
        }}
      />
    );
  }
  if (!definition.data || !versions.data) return <PageSkeleton />;
  if (versions.data.items.length === 0) {
    return (
      <EmptyState
        icon={History}
        title={t('versions.none')}
        text={t('versions.noneText')}
        action={
          <Button component={Link} to={`/definitions/${key}` as '/definitions'}>
            {t('versions.openDesigner')}
          </Button>
        }
      />
    );
  }
  return (
    <Versions
      definitionKey={key}
      name={name}
      draft={definition.data.draft}
      draftRev={definition.data.draftRev}
      versions={versions.data.items}
    />
  );
}

interface VersionsProps {
  readonly definitionKey: string;
  readonly name: string;
  readonly draft: ProcessDocument;
  readonly draftRev: number;
  readonly versions: readonly VersionSummary[];
}

function Versions({ definitionKey, name, draft, draftRev, versions }: VersionsProps) {
  const { t } = useTranslation('designer');
  const kinds = useNodeKinds();
  const mayEdit = useMay('definitions.edit');
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const canvas = useRef<CanvasHandle>(null);
  const search = useSearch({ strict: false }) as { version?: number; with?: string | number };
  const newest = versions[0]?.version as number;
  const shown = versions.some((entry) => entry.version === search.version)
    ? (search.version as number)
    : newest;
  const other = search.with === undefined ? null : String(search.with);
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const [restoring, setRestoring] = useState(false);

  const version = useQuery(versionQuery(definitionKey, shown));
  const otherVersion = useQuery({
    ...versionQuery(definitionKey, Number(other)),
    enabled: other !== null && other !== DRAFT,
  });
  const before = other === DRAFT ? draft : otherVersion.data?.process;
  const process = version.data?.process;
  const comparison = useMemo(
    () =>
      process && other !== null && before
        ? { base: before, merged: mergeForComparison(before, process) }
        : undefined,
    [process, other, before],
  );
  const changes = useMemo(
    () =>
      comparison && process
        ? new Map(changesBetween(comparison.base, process).map((change) => [change.id, change.kind] as const))
        : undefined,
    [comparison, process],
  );

  const restore = useMutation({
    mutationFn: () => restoreVersion(definitionKey, shown, draftRev),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ['definitions'] });
      notifyDone(t('versions.restored', { version: shown }));
      void navigate({ to: '/definitions/$key', params: { key: definitionKey } });
    },
    onError: notifyError,
    onSettled: () => setRestoring(false),
  });
  const show = (next: { version?: number; with?: string | undefined }): void => {
    const to = { version: next.version ?? shown, with: 'with' in next ? next.with : (other ?? undefined) };
    void navigate({
      to: '/definitions/$key/versions',
      params: { key: definitionKey },
      search: to.with === undefined ? { version: to.version } : { version: to.version, with: to.with },
      replace: true,
    });
  };
  const label = (value: string): string =>
    value === DRAFT ? t('versions.draft') : t('versions.version', { version: value });

  return (
    <>
      <TopBarContent>
        <nav className={classes.crumbs} aria-label={t('bar.path')}>
          <Link to="/definitions" className={`${classes.link} ${classes.roomy}`}>
            {t('list.title')}
          </Link>
          <span aria-hidden className={classes.roomy}>
            /
          </span>
          <Link
            to="/definitions/$key"
            params={{ key: definitionKey }}
            className={`${classes.link} ${classes.name}`}
          >
            {name}
          </Link>
          <span aria-hidden className={classes.roomy}>
            /
          </span>
          <h1 className={`${classes.title} ${classes.roomy}`}>{t('bar.versions')}</h1>
        </nav>
        <span className={classes.spacer} />
        <Select
          size="sm"
          className={classes.compare}
          aria-label={t('versions.compareWith')}
          placeholder={t('versions.compareWith')}
          clearable
          value={other}
          data={[
            { value: DRAFT, label: t('versions.draft') },
            ...versions
              .filter((entry) => entry.version !== shown)
              .map((entry) => ({ value: String(entry.version), label: label(String(entry.version)) })),
          ]}
          onChange={(value) => show({ with: value ?? undefined })}
        />
        {mayEdit && (
          <Button
            variant="default"
            className={classes.iconOnly}
            title={t('versions.restore')}
            leftSection={<RotateCcw size={15} aria-hidden />}
            onClick={() => setRestoring(true)}
          >
            {t('versions.restore')}
          </Button>
        )}
      </TopBarContent>
      <div className={classes.page}>
        <aside className={classes.list} aria-label={t('versions.list')}>
          {versions.map((entry) => (
            <button
              key={entry.version}
              type="button"
              className={classes.version}
              aria-current={entry.version === shown ? 'true' : undefined}
              onClick={() => show({ version: entry.version })}
            >
              <Group gap="xs" justify="space-between" wrap="nowrap">
                <strong>{t('versions.version', { version: entry.version })}</strong>
                {entry.version === newest && (
                  <Badge variant="light" radius="sm" tt="none" fw={500}>
                    {t('versions.current')}
                  </Badge>
                )}
              </Group>
              {entry.note && <span className={classes.note}>{entry.note}</span>}
              <span className={classes.meta}>
                {entry.publishedByName} · <RelativeTime at={entry.publishedAt} />
              </span>
              {entry.totalRuns !== undefined && (
                <span className={classes.meta}>{t('versions.runs', { count: entry.totalRuns })}</span>
              )}
            </button>
          ))}
        </aside>
        <div className={classes.canvas}>
          {version.error ? (
            <ErrorState error={version.error} onRetry={() => void version.refetch()} />
          ) : process ? (
            <Canvas
              ref={canvas}
              key={`${shown} ${other ?? ''}`}
              document={comparison?.merged ?? process}
              kinds={kinds}
              label={t('versions.canvas', { name, version: shown })}
              selection={selection}
              onSelectionChange={setSelection}
              {...(changes ? { changes } : {})}
            />
          ) : (
            <PageSkeleton />
          )}
        </div>
        {comparison && process && other !== null && (
          <aside
            className={classes.changes}
            aria-label={t('versions.changes', { from: label(other), to: label(String(shown)) })}
          >
            <h2 className={classes.changesTitle}>
              {t('versions.changes', { from: label(other), to: label(String(shown)) })}
            </h2>
            <ChangeList
              base={comparison.base}
              next={process}
              kinds={kinds}
              details
              onSelect={(change) => {
                if (change.element === 'process') return;
                setSelection(new Set([change.id]));
                canvas.current?.reveal(change.id);
              }}
            />
          </aside>
        )}
      </div>
      <ConfirmDialog
        opened={restoring}
        onClose={() => setRestoring(false)}
        title={t('versions.restore')}
        text={t('versions.restoreText', { version: shown })}
        confirmLabel={t('versions.restore')}
        busy={restore.isPending}
        onConfirm={() => restore.mutate()}
      />
    </>
  );
}
