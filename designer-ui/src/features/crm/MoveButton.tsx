import { ActionIcon, type ActionIconProps } from '@mantine/core';
import { EllipsisVertical } from 'lucide-react';
import type { ComponentPropsWithRef } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './Board.module.css';

type MoveButtonProps = { title: string } & Omit<ActionIconProps, 'title'> &
  Omit<ComponentPropsWithRef<'button'>, 'title' | 'color' | 'style'>;

/** The three dots of a card. */
export function MoveButton({ title, ...props }: MoveButtonProps) {
  const { t } = useTranslation('crm');
  return (
    <ActionIcon
      className={classes.menu}
      variant="subtle"
      color="gray"
      size={24}
      aria-label={t('board.moveMenu', { title })}
      {...props}
    >
      <EllipsisVertical size={16} aria-hidden />
    </ActionIcon>
  );
}
