import { ActionIcon, Badge, Button, Checkbox, Group, Menu, SegmentedControl, Select } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import {
  BookOpen,
  ChevronLeft,
  ChevronRight,
  Copy,
  Download,
  Ellipsis,
  History,
  RotateCcw,
} from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { buildUrl } from '@/api/client';
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
import { useCommands } from '@/lib/commands';
import { Later, later } from '@/lib/later';
import { announce } from '@/lib/live';
import { changesBetween, type ElementChange } from '@/lib/process/patches';
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

const SideBySide = later(() => import('./SideBySide').then(({ SideBySide }) => SideBySide));
const TextDiff = later(() => import('./TextDiff').then(({ TextDiff }) => TextDiff));
const CopyDialog = later(() => import('./CopyDialog').then(({ CopyDialog }) => CopyDialog));

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
  const [moves, setMoves] = useState(false);
  const [copying, setCopying] = useState(false);
  const [form, setForm] = useState<'diagram' | 'sides' | 'text'>('diagram');
  const sides = useRef<Pick<CanvasHandle, 'reveal'>>(null);
  const process = version.data?.process;
  const second = other === DRAFT ? draft : otherVersion.data?.process;
  // The older of the two comes first, whichever was chosen first: the draft is the newest of all.
  const later = other === DRAFT || Number(other) > shown;
  const comparison = useMemo(() => {
    if (!process || other === null || !second) return undefined;
    const [base, next] = later ? [process, second] : [second, process];
    return { base, next, merged: mergeForComparison(base, next) };
  }, [process, other, second, later]);
  const listed = useMemo(
    () =>
      comparison
        ? changesBetween(comparison.base, comparison.next).filter(({ kind }) => moves || kind !== 'moved')
        : [],
    [comparison, moves],
  );
  const changes = useMemo(
    () => (comparison ? new Map(listed.map((change) => [change.id, change.kind] as const)) : undefined),
    [comparison, listed],
  );
  const at = useRef(-1);
  const [position, setPosition] = useState(0);
  const look = (change: ElementChange): void => {
    at.current = listed.findIndex(({ element, id }) => element === change.element && id === change.id);
    setPosition(at.current + 1);
    const place = t('versions.position', { position: at.current + 1, count: listed.length });
    announce(`${place}: ${t(`change.${change.kind}`)}`);
    if (change.element === 'process') {
      setSelection(new Set());
      return;
    }
    setSelection(new Set([change.id]));
    (form === 'sides' ? sides : canvas).current?.reveal(change.id);
  };
  const step = (by: 1 | -1): void => {
    if (listed.length === 0) return;
    const from = at.current < 0 && by < 0 ? 0 : at.current;
    look(listed[(from + by + listed.length) % listed.length] as ElementChange);
  };
  const section = t('bar.versions');
  useCommands([
    {
      id: 'versions.nextChange',
      title: t('versions.nextChange'),
      section,
      shortcut: 'f8',
      enabled: () => listed.length > 0,
      run: () => step(1),
    },
    {
      id: 'versions.previousChange',
      title: t('versions.previousChange'),
      section,
      shortcut: 'shift+f8',
      enabled: () => listed.length > 0,
      run: () => step(-1),
    },
  ]);

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
    at.current = -1;
    setPosition(0);
    setSelection(new Set());
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
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <ActionIcon
              variant="default"
              size={32}
              aria-label={t('versions.more')}
              title={t('versions.more')}
            >
              <Ellipsis size={16} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={<BookOpen size={15} aria-hidden />}
              onClick={() =>
                void navigate({
                  to: '/definitions/$key/handbook',
                  params: { key: definitionKey },
                  search: { version: shown },
                })
              }
            >
              {t('bar.handbook')}
            </Menu.Item>
            {mayEdit && (
              <>
                <Menu.Item leftSection={<Copy size={15} aria-hidden />} onClick={() => setCopying(true)}>
                  {t('versions.copy')}
                </Menu.Item>
                <Menu.Item
                  leftSection={<Download size={15} aria-hidden />}
                  component="a"
                  download
                  href={buildUrl(`/definitions/${encodeURIComponent(definitionKey)}/file`, {
                    version: shown,
                  })}
                >
                  {t('versions.file')}
                </Menu.Item>
              </>
            )}
          </Menu.Dropdown>
        </Menu>
      </TopBarContent>
      <div className={classes.page}>
        <aside className={classes.list} aria-label={t('versions.list')}>
          <Select
            size="sm"
            className={classes.compare}
            label={t('versions.compareWith')}
            placeholder={t('versions.compareNothing')}
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
          ) : comparison && changes && form === 'sides' ? (
            <Later fallback={<PageSkeleton />}>
              <SideBySide
                ref={sides}
                key={`${shown} ${other ?? ''}`}
                base={comparison.base}
                next={comparison.next}
                baseName={label(later || other === null ? String(shown) : other)}
                nextName={label(later && other !== null ? other : String(shown))}
                kinds={kinds}
                changes={changes}
                selection={selection}
                onSelectionChange={setSelection}
              />
            </Later>
          ) : process && comparison && form === 'text' ? (
            <Later fallback={<PageSkeleton />}>
              <TextDiff
                base={comparison.base}
                next={comparison.next}
                moves={moves}
                label={t('versions.text')}
              />
            </Later>
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
        {comparison && other !== null && (
          <aside
            className={classes.changes}
            aria-label={t('versions.changes', {
              from: label(later ? String(shown) : other),
              to: label(later ? other : String(shown)),
            })}
          >
            <h2 className={classes.changesTitle}>
              {t('versions.changes', {
                from: label(later ? String(shown) : other),
                to: label(later ? other : String(shown)),
              })}
            </h2>
            <SegmentedControl
              size="xs"
              fullWidth
              aria-label={t('versions.view')}
              value={form}
              data={[
                { value: 'diagram', label: t('versions.diagram') },
                { value: 'sides', label: t('versions.sides') },
                { value: 'text', label: t('versions.text') },
              ]}
              onChange={(value) => setForm(value as typeof form)}
            />
            <Group gap="xs" justify="space-between" my="xs" wrap="nowrap">
              <Checkbox
                size="xs"
                label={t('versions.moves')}
                checked={moves}
                onChange={(event) => setMoves(event.currentTarget.checked)}
              />
              <Group gap={4} wrap="nowrap">
                <span className={classes.meta}>
                  {t('versions.position', { position, count: listed.length })}
                </span>
                <ActionIcon
                  variant="default"
                  size="sm"
                  title={`${t('versions.previousChange')} (Shift+F8)`}
                  aria-label={t('versions.previousChange')}
                  disabled={listed.length === 0}
                  onClick={() => step(-1)}
                >
                  <ChevronLeft size={14} aria-hidden />
                </ActionIcon>
                <ActionIcon
                  variant="default"
                  size="sm"
                  title={`${t('versions.nextChange')} (F8)`}
                  aria-label={t('versions.nextChange')}
                  disabled={listed.length === 0}
                  onClick={() => step(1)}
                >
                  <ChevronRight size={14} aria-hidden />
                </ActionIcon>
              </Group>
            </Group>
            <ChangeList
              base={comparison.base}
              next={comparison.next}
              kinds={kinds}
              moves={moves}
              details
              onSelect={look}
            />
          </aside>
        )}
      </div>
      {copying && (
        <Later>
          <CopyDialog
            definitionKey={definitionKey}
            version={shown}
            name={name}
            onClose={() => setCopying(false)}
          />
        </Later>
      )}
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
