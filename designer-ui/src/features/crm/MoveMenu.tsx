import { Menu } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { MoveButton } from './MoveButton';
import { StageDot } from './StageDot';
import type { DealCard, Stage } from './types';

export type MoveMenuProps = {
  deal: DealCard;
  stages: Stage[];
  opened: boolean;
  onChange: (opened: boolean) => void;
  onMove: (deal: DealCard, stage: Stage) => void;
};

/** Stages a deal can be moved to. Loaded on first use: a board has many cards and few opened menus. */
export function MoveMenu({ deal, stages, opened, onChange, onMove }: MoveMenuProps) {
  const { t } = useTranslation('crm');
  return (
    <Menu opened={opened} onChange={onChange} position="bottom-end" withinPortal shadow="md">
      <Menu.Target>
        <MoveButton title={deal.title} />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('board.moveTo')}</Menu.Label>
        {stages
          .filter((stage) => stage.id !== deal.stageId)
          .map((stage) => (
            <Menu.Item
              key={stage.id}
              leftSection={<StageDot stage={stage} />}
              onClick={() => onMove(deal, stage)}
            >
              {stage.name}
            </Menu.Item>
          ))}
      </Menu.Dropdown>
    </Menu>
  );
}
