import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { DoorOpen, ListTodo } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import classes from './Calendar.module.css';
import type { Mark, MarkKind } from './marks';

export const markIcons: Record<MarkKind, typeof ListTodo> = { task: ListTodo, booking: DoorOpen };

/** The hour of a mark, as people of the reader's language write it. */
export const useClock = () => {
  const { i18n } = useTranslation();
  return (at: string) =>
    new Date(at).toLocaleTimeString(i18n.language, { hour: 'numeric', minute: '2-digit' });
};

/** A mark as a line of the list. */
export function MarkRow({ mark }: { mark: Mark }) {
  const { t } = useTranslation('activities');
  const clock = useClock();
  const Icon = markIcons[mark.kind];
  return (
    <li className={classes.markRow} data-overdue={mark.late}>
      <Icon size={16} aria-hidden />
      <span className={classes.clock}>{clock(mark.at)}</span>
      <span>
        <Anchor component={Link} to={mark.to} underline="always">
          {mark.title}
        </Anchor>
        {mark.detail && ` · ${mark.detail}`}
        <span className="fx-visually-hidden">{`, ${t(`show.${mark.kind}`)}`}</span>
      </span>
    </li>
  );
}
