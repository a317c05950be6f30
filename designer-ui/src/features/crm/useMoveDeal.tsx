import { Anchor } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '@/api/problem';
import { Later, later } from '@/lib/later';
import { announce } from '@/lib/live';
import { notifyError } from '@/ui';
import { fieldErrors } from './fields';
import { moveDeal } from './queries';
import type { Board, DealCard, DealPatch, Stage } from './types';

const MissingFields = later(() => import('./MissingFields').then((module) => module.MissingFields));

/** Puts the deal into its new column; the totals follow in the currency of the deal. */
export function withMoved(board: Board, deal: DealCard, stage: Stage): Board {
  const moved = { ...deal, stageId: stage.id, stageSince: new Date().toISOString() };
  return {
    ...board,
    columns: board.columns.map((column) => {
      const sign = column.stage.id === deal.stageId ? -1 : column.stage.id === stage.id ? 1 : 0;
      if (sign === 0) return column;
      const known = column.sums.some((sum) => sum.currency === deal.currency);
      const sums = (known ? column.sums : [...column.sums, { amount: 0, currency: deal.currency }]).map(
        (sum) => (sum.currency === deal.currency ? { ...sum, amount: sum.amount + sign * deal.amount } : sum),
      );
      const others = column.records.filter((other) => other.id !== deal.id);
      return {
        ...column,
        count: column.count + sign,
        sums: sums.filter((sum) => sum.amount !== 0),
        records: sign > 0 ? [moved, ...others] : others,
      };
    }),
  };
}

type Move = { deal: DealCard; stage: Stage; fill?: DealPatch };

/**
 * Moves a deal at once and takes it back when the server refuses. Says which processes the move has started. What
 * the stage requires is asked for in `dialog`, which the page shows.
 */
export function useMoveDeal() {
  const { t } = useTranslation(['crm', 'common']);
  const client = useQueryClient();
  const navigate = useNavigate();
  const [asked, setAsked] = useState<(Move & { refusal: unknown }) | null>(null);
  const moving = useMutation({
    mutationFn: ({ deal, stage, fill }: Move) => moveDeal(deal, stage.id, fill),
    onMutate: async ({ deal, stage }) => {
      await client.cancelQueries({ queryKey: ['board'] });
      const before = client.getQueriesData<Board>({ queryKey: ['board'] });
      client.setQueriesData<Board>(
        { queryKey: ['board'] },
        (board) => board && withMoved(board, deal, stage),
      );
      return { before };
    },
    onError: (error, move, context) => {
      for (const [key, board] of context?.before ?? []) client.setQueryData(key, board);
      const fields = Object.keys(fieldErrors(error)).length > 0;
      if (isApiError(error) && (error.code === 'fields_required' || (move.fill && fields))) {
        setAsked({ ...move, refusal: error });
      } else {
        notifyError(error);
      }
    },
    onSuccess: ({ record, startedRuns }, { stage }) => {
      setAsked(null);
      const message = t('board.moved', { title: record.title, stage: stage.name });
      announce(message);
      notifications.show({
        color: 'teal',
        withBorder: true,
        autoClose: 6000,
        closeButtonProps: { 'aria-label': t('common:action.close') },
        message: (
          <>
            {message}
            {startedRuns.map((run) => (
              <div key={run.id}>
                {/* Toasts live outside of the router, so the link asks it through the hook. */}
                <Anchor
                  href={`/runs/${run.id}`}
                  size="sm"
                  onClick={(event) => {
                    event.preventDefault();
                    navigate({ to: '/runs/$runId', params: { runId: run.id } });
                  }}
                >
                  {t('board.started', { name: run.definitionName })}
                </Anchor>
              </div>
            ))}
          </>
        ),
      });
    },
    onSettled: (_data, _error, { deal }) => {
      client.invalidateQueries({ queryKey: ['board'] });
      client.invalidateQueries({ queryKey: ['deal', deal.id] });
    },
  });
  const dialog = asked && (
    <Later>
      <MissingFields
        key={`${asked.deal.id} ${asked.stage.id}`}
        recordType={asked.deal.type}
        dealId={asked.deal.id}
        stage={asked.stage}
        refusal={asked.refusal}
        busy={moving.isPending}
        onMove={(fill, rev) => moving.mutate({ deal: { ...asked.deal, rev }, stage: asked.stage, fill })}
        onClose={() => setAsked(null)}
      />
    </Later>
  );
  return { move: moving.mutate, isPending: moving.isPending, dialog };
}
