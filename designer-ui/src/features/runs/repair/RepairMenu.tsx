import { Button, Menu } from '@mantine/core';
import { ArrowRightLeft, ChevronDown, GitBranch, Pause, Play, Variable, Wrench } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import type { Run } from '../queries';
import type { Wish } from './api';
import { RepairDialog } from './RepairDialog';

/** What an operator can do to this run. Each opens a form that shows first what would happen. */
export function RepairMenu({ run, nameOf }: { run: Run; nameOf: (node: string) => string }) {
  const { t } = useTranslation('repair');
  const mayOperate = useMay('runs.operate');
  const [wish, setWish] = useState<Wish>();
  if (!mayOperate || (run.status !== 'active' && run.status !== 'quarantined')) return null;
  const held = run.suspended || run.status === 'quarantined';
  const item = (action: Wish['action'], icon: React.ReactNode) => (
    <Menu.Item leftSection={icon} onClick={() => setWish({ action })}>
      {t(`action.${action}`)}
    </Menu.Item>
  );
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button
            variant="default"
            size="compact-md"
            leftSection={<Wrench size={14} aria-hidden />}
            rightSection={<ChevronDown size={14} aria-hidden />}
          >
            {t('menu')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {item('move', <ArrowRightLeft size={14} aria-hidden />)}
          {item('setVariables', <Variable size={14} aria-hidden />)}
          {held
            ? item('resume', <Play size={14} aria-hidden />)
            : item('suspend', <Pause size={14} aria-hidden />)}
          {item('migrate', <GitBranch size={14} aria-hidden />)}
        </Menu.Dropdown>
      </Menu>
      {wish && <RepairDialog run={run} nameOf={nameOf} initial={wish} onClose={() => setWish(undefined)} />}
    </>
  );
}
