import { draggable } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { Link } from '@tanstack/react-router';
import { memo, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatDateOnly, formatDay, formatMoney, formatNumber, isPastDay } from '@/lib/format';
import { Later, later } from '@/lib/later';
import { UserAvatar } from '@/ui';
import classes from './Board.module.css';
import { MoveButton } from './MoveButton';
import type { DealCard, Stage } from './types';

const MoveMenu = later(() => import('./MoveMenu').then((module) => module.MoveMenu));

type DealCardViewProps = {
  deal: DealCard;
  stages: Stage[];
  mayMove: boolean;
  onMove: (deal: DealCard, stage: Stage) => void;
};

/** A deal on the board. It moves by drag, by its menu, and by the key M; the menu is the way for keyboard and touch. */
export const DealCardView = memo(function DealCardView({ deal, stages, mayMove, onMove }: DealCardViewProps) {
  const { t } = useTranslation(['crm', 'common']);
  const element = useRef<HTMLLIElement>(null);
  const [dragging, setDragging] = useState(false);
  const [opened, setOpened] = useState(false);
  const [used, setUsed] = useState(false);
  const open = () => {
    setUsed(true);
    setOpened(true);
  };

  useEffect(() => {
    const node = element.current;
    if (!node || !mayMove) return;
    return draggable({
      element: node,
      getInitialData: () => ({ type: 'deal', deal }),
      onDragStart: () => setDragging(true),
      onDrop: () => setDragging(false),
    });
  }, [deal, mayMove]);

  const client =
    deal.companyName || deal.contactName || (deal.companyId || deal.contactId ? t('party.hidden') : '');
  const days = Math.floor((Date.now() - new Date(deal.stageSince).getTime()) / 86_400_000);
  // What is won or lost is closed: its day has passed, but nothing is late.
  const closed = stages.find((stage) => stage.id === deal.stageId)?.kind !== 'normal';
  const overdue = !closed && deal.expectedCloseAt && isPastDay(deal.expectedCloseAt);
  return (
    <li
      ref={element}
      className={`${classes.card} ${dragging ? classes.dragging : ''}`}
      data-deal={deal.id}
      onKeyDown={(event) => {
        if (mayMove && event.key.toLowerCase() === 'm' && !event.ctrlKey && !event.metaKey) {
          event.preventDefault();
          open();
        }
      }}
    >
      <Link
        className={classes.cardTitle}
        to="/crm/$type/$recordId"
        params={{ type: `${deal.type}s`, recordId: deal.id }}
        draggable={false}
      >
        {deal.title}
      </Link>
      {client && <span className={classes.client}>{client}</span>}
      <span className={classes.foot}>
        <span className={classes.figures}>
          {deal.amount !== 0 && <span className={classes.amount}>{formatMoney(deal)}</span>}
          {deal.expectedCloseAt && (
            <span
              className={`${classes.age} ${overdue ? classes.overdue : ''}`}
              title={`${t('field.expectedCloseAt')}: ${formatDateOnly(deal.expectedCloseAt)}`}
            >
              {overdue ? '! ' : ''}
              {formatDay(`${deal.expectedCloseAt.slice(0, 10)}T12:00`)}
            </span>
          )}
          {days > 0 && (
            <span className={classes.age} title={t('board.age')}>
              {formatNumber(days, { style: 'unit', unit: 'day', unitDisplay: 'narrow' })}
            </span>
          )}
        </span>
        {deal.responsibleName && (
          <span title={deal.responsibleName}>
            <UserAvatar name={deal.responsibleName} size={20} />
            <span className="fx-visually-hidden">{deal.responsibleName}</span>
          </span>
        )}
      </span>
      {mayMove && (
        <Later fallback={<MoveButton title={deal.title} />}>
          {used ? (
            <MoveMenu deal={deal} stages={stages} opened={opened} onChange={setOpened} onMove={onMove} />
          ) : (
            <MoveButton title={deal.title} aria-haspopup="menu" onClick={open} />
          )}
        </Later>
      )}
    </li>
  );
});
