import { monitorForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { ActionIcon, Button, Switch, TextInput } from '@mantine/core';
import { useDebouncedCallback, useDisclosure } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Bot, Plus, Search, Settings2 } from 'lucide-react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLive } from '@/api/useLive';
import { useMay, useUser } from '@/features/identity/useSession';
import { useCommands } from '@/lib/commands';
import { Later, later } from '@/lib/later';
import { EmptyState, ErrorState, PageSkeleton, useDocumentTitle } from '@/ui';
import classes from './Board.module.css';
import { BoardColumn } from './BoardColumn';
import { FinalTargets } from './FinalTargets';
import { type BoardFilter, boardQuery, pipelinesQuery } from './queries';
import { useRecordRoute } from './recordRoute';
import { TypeTabs, useTypeNames } from './TypeTabs';
import type { DealCard, Stage } from './types';
import { useMoveDeal } from './useMoveDeal';

const Ways = later(() => import('./grid/Ways').then((module) => module.Ways));
const TransferMenu = later(
  () => import('@/features/transfer/TransferMenu').then((module) => module.TransferMenu),
  'transfer',
);
const PipelineSelect = later(() => import('./PipelineSelect').then((module) => module.PipelineSelect));
const NewDealModal = later(() => import('./NewDealModal').then((module) => module.NewDealModal));
const StagesModal = later(() => import('./StagesModal').then((module) => module.StagesModal));

const NewPipelineModal = later(() => import('./NewPipelineModal').then((module) => module.NewPipelineModal));

/** The pipeline: a column per stage, deals moved by drag, menu or keyboard. */
export function BoardPage() {
  const { t } = useTranslation(['crm', 'common']);
  const { type } = useRecordRoute();
  const navigate = useNavigate({ from: '/crm/$type' });
  const search = useSearch({ from: '/app/crm/$type' });
  const typeName = useTypeNames();
  useDocumentTitle(typeName(type));
  const user = useUser();
  const mayEdit = useMay('crm.edit');
  const mayAdd = useMay('crm.add');
  const mayEditStages = useMay('pipelines.edit');
  const client = useQueryClient();
  const pipelines = useQuery(pipelinesQuery);
  const pipelineList = pipelines.data?.items.filter((p) => p.type === type) ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const pipeline = pipelineList.find((p) => p.id === chosen) ?? pipelineList[0];
  const filter = useMemo<BoardFilter>(
    () => ({ pipeline: pipeline?.id ?? '', q: search.q, responsible: search.mine ? user.id : undefined }),
    [pipeline?.id, search.q, search.mine, user.id],
  );
  const board = useQuery({ ...boardQuery(filter), enabled: pipeline !== undefined });
  const { move, dialog: missingFields } = useMoveDeal();
  const [adding, setAdding] = useState<{ stage?: string } | null>(null);
  const newDeal = useCallback(() => setAdding({}), []);
  const onAdd = useCallback(({ id }: Stage) => setAdding({ stage: id }), []);
  const [editingStages, stages] = useDisclosure();
  const [addingPipeline, newPipeline] = useDisclosure();
  const [dragged, setDragged] = useState<DealCard | null>(null);
  const [text, setText] = useState(search.q ?? '');

  const find = useDebouncedCallback((q: string) => {
    navigate({ search: (old) => ({ ...old, q: q || undefined }), replace: true });
  }, 250);

  const refresh = useDebouncedCallback(() => client.invalidateQueries({ queryKey: ['board'] }), {
    delay: 150,
    maxWait: 300,
  });
  useLive(pipeline ? `board:${pipeline.id}` : null, { onSnapshot: () => {}, onEvents: refresh });

  useEffect(
    () =>
      monitorForElements({
        canMonitor: ({ source }) => source.data.type === 'deal',
        onDragStart: ({ source }) => setDragged(source.data.deal as DealCard),
        onDrop: () => setDragged(null),
      }),
    [],
  );

  const onMove = useCallback((deal: DealCard, stage: Stage) => move({ deal, stage }), [move]);

  const searchLabel = t(type === 'deal' ? 'board.search' : 'board.searchRecords');
  const newLabel = t(type === 'deal' ? 'board.newDeal' : 'board.newRecord');
  useCommands([
    {
      id: 'crm.newDeal',
      title: newLabel,
      section: typeName(type),
      shortcut: 'n',
      enabled: () => mayAdd && pipeline !== undefined,
      run: newDeal,
    },
  ]);

  useCommands([
    {
      id: 'crm.automation',
      title: t('board.automationOf'),
      section: t('board.automation'),
      enabled: () => pipeline !== undefined,
      run: () => {
        if (pipeline)
          void navigate({
            to: '/crm/automation/$pipelineId',
            params: { pipelineId: pipeline.id },
            search: {},
          });
      },
    },
  ]);

  if (pipelines.error) return <ErrorState error={pipelines.error} onRetry={() => pipelines.refetch()} />;
  if (board.error) return <ErrorState error={board.error} onRetry={() => board.refetch()} />;
  if (pipelines.isPending) return <PageSkeleton />;
  const pipelineDialog = (
    <Later>
      {addingPipeline && (
        <NewPipelineModal
          type={type}
          onClose={newPipeline.close}
          onCreated={(made) => {
            newPipeline.close();
            setChosen(made.id);
          }}
        />
      )}
    </Later>
  );
  if (!pipeline)
    return (
      <>
        <TypeTabs type={type} />
        <EmptyState
          title={t('board.noPipeline')}
          text={t('board.noPipelineText')}
          action={mayEditStages && <Button onClick={newPipeline.open}>{t('pipeline.create')}</Button>}
        />
        {pipelineDialog}
      </>
    );
  if (!board.data) return <PageSkeleton />;

  const { columns } = board.data;
  const allStages = columns.map((column) => column.stage);
  const filtered = Boolean(search.q || search.mine);
  return (
    <div className={classes.page}>
      <TypeTabs type={type} />
      <div className={classes.bar}>
        <h1 className={classes.title}>{board.data.pipeline.name}</h1>
        {pipelineList.length > 1 && (
          <Later>
            <PipelineSelect pipelines={pipelineList} chosen={pipeline.id} onChoose={setChosen} />
          </Later>
        )}
        <Later>
          <Ways type={type} here="board" />
        </Later>
        <TextInput
          type="search"
          aria-label={searchLabel}
          placeholder={searchLabel}
          leftSection={<Search size={16} aria-hidden />}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            find(event.currentTarget.value.trim());
          }}
        />
        <Switch
          label={t('board.mine')}
          checked={search.mine ?? false}
          onChange={(event) => {
            const mine = event.currentTarget.checked || undefined;
            navigate({ search: (old) => ({ ...old, mine }), replace: true });
          }}
        />
        {filtered && (
          <Button
            variant="subtle"
            size="compact-sm"
            onClick={() => {
              setText('');
              navigate({ search: {}, replace: true });
            }}
          >
            {t('common:action.clearFilters')}
          </Button>
        )}
        <Button
          component={Link}
          to={`/crm/automation/${pipeline.id}`}
          variant="default"
          leftSection={<Bot size={16} aria-hidden />}
        >
          {t('board.automation')}
        </Button>
        <Later>
          <TransferMenu
            type={type}
            search={{
              pipeline: pipeline.id,
              ...(search.q && { q: search.q }),
              ...(search.mine && { responsible: user.id }),
            }}
          />
        </Later>
        {mayEditStages && (
          <ActionIcon
            variant="default"
            size={32}
            title={t('stages.edit')}
            aria-label={t('stages.edit')}
            onClick={stages.open}
          >
            <Settings2 size={16} aria-hidden />
          </ActionIcon>
        )}
        {mayAdd && (
          <Button leftSection={<Plus size={16} aria-hidden />} onClick={newDeal}>
            {newLabel}
          </Button>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the board scrolls sideways, also by keyboard. */}
      <section className={classes.columns} aria-label={typeName(type)} tabIndex={0}>
        {columns.map((column) => (
          <BoardColumn
            key={column.stage.id}
            type={type}
            column={column}
            filter={filter}
            stages={allStages}
            mayMove={mayEdit}
            onMove={onMove}
            onAdd={mayAdd ? onAdd : undefined}
          />
        ))}
      </section>
      {dragged && <FinalTargets stages={allStages} dragged={dragged} onMove={onMove} />}
      <Later>
        {missingFields}
        {adding && (
          <NewDealModal
            opened
            onClose={() => setAdding(null)}
            pipeline={board.data.pipeline}
            stage={adding.stage}
          />
        )}
        {editingStages && (
          <StagesModal
            key={board.data.pipeline.rev}
            opened
            onClose={stages.close}
            pipeline={board.data.pipeline}
            onNew={newPipeline.open}
          />
        )}
      </Later>
      {pipelineDialog}
    </div>
  );
}
