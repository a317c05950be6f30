import { Menu } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ActivityType } from '@/features/activities/api';
import { ActivityDialog } from '@/features/activities/dialogs';
import { activityTypes, typeIcons } from '@/features/activities/looks';
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

/** Stages a deal can be moved to, and what can be planned for it. Loaded on first use: a board has many cards and few opened menus. */
export function MoveMenu({ deal, stages, opened, onChange, onMove }: MoveMenuProps) {
  const { t } = useTranslation(['crm', 'activities']);
  const [planned, setPlanned] = useState<ActivityType | null>(null);
  return (
    <>
      <Menu opened={opened} onChange={onChange} position="bottom-end" withinPortal shadow="md">
        <Menu.Target>
          <MoveButton title={deal.title} />
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t('crm:board.moveTo')}</Menu.Label>
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
          <Menu.Divider />
          {activityTypes.map((type) => {
            const Icon = typeIcons[type];
            return (
              <Menu.Item
                key={type}
                leftSection={<Icon size={16} aria-hidden />}
                onClick={() => setPlanned(type)}
              >
                {t(`activities:plan.${type}`)}
              </Menu.Item>
            );
          })}
        </Menu.Dropdown>
      </Menu>
      {planned && (
        <ActivityDialog
          plan={{ type: planned, record: { type: deal.type, id: deal.id } }}
          onClose={() => setPlanned(null)}
        />
      )}
    </>
  );
}
