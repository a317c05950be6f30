import { dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { autoScrollForElements } from '@atlaskit/pragmatic-drag-and-drop-auto-scroll/element';
import { ActionIcon, Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { type CSSProperties, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatCompact, formatMoney } from '@/lib/format';
import { notifyError } from '@/ui';
import classes from './Board.module.css';
import { DealCardView } from './DealCardView';
import { type BoardFilter, moreDeals } from './queries';
import { StageDot } from './StageDot';
import type { Column, DealCard, Stage } from './types';

type BoardColumnProps = {
  type: string;
  column: Column;
  filter: BoardFilter;
  stages: Stage[];
  mayMove: boolean;
  onMove: (deal: DealCard, stage: Stage) => void;
  /** Adds a record on the stage; nothing where none may be added. */
  onAdd?: ((stage: Stage) => void) | undefined;
};

/** One stage with its totals and its first deals; further ones come on request. */
export function BoardColumn({ type, column, filter, stages, mayMove, onMove, onAdd }: BoardColumnProps) {
  const { t } = useTranslation(['crm', 'common']);
  const { stage } = column;
  const element = useRef<HTMLElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const [over, setOver] = useState(false);
  // The pages behind the first belong to the first page's cursor: a board that was read anew starts over.
  const [more, setMore] = useState<{ from?: string; deals: DealCard[]; next?: string | null }>({ deals: [] });
  const further = more.from === column.next ? more : { deals: [], next: column.next };

  useEffect(() => {
    const node = element.current;
    const cards = list.current;
    if (!node || !cards || !mayMove) return;
    const stopDrop = dropTargetForElements({
      element: node,
      getData: () => ({ stage }),
      canDrop: ({ source }) => source.data.type === 'deal',
      onDragEnter: () => setOver(true),
      onDragLeave: () => setOver(false),
      onDrop: ({ source }) => {
        setOver(false);
        const deal = source.data.deal as DealCard;
        if (deal.stageId !== stage.id) onMove(deal, stage);
      },
    });
    const stopScroll = autoScrollForElements({ element: cards });
    return () => {
      stopDrop();
      stopScroll();
    };
  }, [stage, mayMove, onMove]);

  const load = useMutation({
    mutationFn: (cursor: string) => moreDeals(type, filter, stage.id, cursor),
    onSuccess: (page) =>
      setMore({ from: column.next, deals: [...further.deals, ...page.items], next: page.next ?? null }),
    onError: notifyError,
  });

  const deals = useMemo(() => {
    const seen = new Set<string>();
    return [...column.records, ...further.deals].filter((deal) => !seen.has(deal.id) && seen.add(deal.id));
  }, [column.records, further.deals]);

  const sums = column.sums.filter((sum) => sum.amount !== 0);

  return (
    <section
      ref={element}
      className={`${classes.column} ${over ? classes.over : ''}`}
      style={{ '--stage-color': stage.color } as CSSProperties}
      aria-label={stage.name}
      data-stage={stage.id}
    >
      <header className={classes.head}>
        <div className={classes.headLine}>
          <StageDot stage={stage} />
          <h2 className={classes.name} title={stage.name}>
            {stage.name}
          </h2>
          <span className={classes.count}>
            {formatCompact(column.count)}
            <span className="fx-visually-hidden">
              {' '}
              {t(type === 'deal' ? 'board.deals' : 'board.records', { count: column.count })}
            </span>
          </span>
          {onAdd && (
            <ActionIcon
              variant="subtle"
              color="gray"
              size={24}
              title={t('board.addOn', { stage: stage.name })}
              aria-label={t('board.addOn', { stage: stage.name })}
              onClick={() => onAdd(stage)}
            >
              <Plus size={14} aria-hidden />
            </ActionIcon>
          )}
        </div>
        <div className={classes.sum} title={sums.map(formatMoney).join(' + ')}>
          {sums.slice(0, 2).map(formatMoney).join(' + ')}
          {sums.length > 2 && ' + …'}
        </div>
      </header>
      <ul
        ref={list}
        className={classes.cards}
        aria-label={t(type === 'deal' ? 'board.dealsOf' : 'board.recordsOf', { stage: stage.name })}
      >
        {deals.map((deal) => (
          <DealCardView key={deal.id} deal={deal} stages={stages} mayMove={mayMove} onMove={onMove} />
        ))}
        {deals.length === 0 && (
          <li className={classes.none}>{t(type === 'deal' ? 'board.noDeals' : 'board.noRecords')}</li>
        )}
        {further.next && (
          <li>
            <Button
              fullWidth
              variant="subtle"
              size="compact-sm"
              loading={load.isPending}
              onClick={() => load.mutate(further.next ?? '')}
            >
              {t('common:action.loadMore')}
            </Button>
          </li>
        )}
      </ul>
    </section>
  );
}
