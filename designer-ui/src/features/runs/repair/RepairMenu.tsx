import { Button, Menu } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import {
  ArrowRightLeft,
  Ban,
  Check,
  ChevronDown,
  GitBranch,
  GitMerge,
  ListChecks,
  MailX,
  Pause,
  Play,
  RotateCw,
  SkipForward,
  UserRoundPen,
  Variable,
  Wrench,
} from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import type { Run } from '../queries';
import { outlookQuery, type Wish } from './api';
import { RepairDialog } from './RepairDialog';

const UNKNOWN = 'outcome_unknown';

type RepairMenuProps = {
  run: Run;
  nameOf: (node: string) => string;
  /** Collects changes on the diagram, to apply them together. */
  onPlan: () => void;
};

/** What an operator can do to this run. Each opens a form that shows first what would happen. */
export function RepairMenu({ run, nameOf, onPlan }: RepairMenuProps) {
  const { t } = useTranslation('repair');
  const mayOperate = useMay('runs.operate');
  const [opened, setOpened] = useState(false);
  const [wish, setWish] = useState<Wish>();
  const open = run.status === 'active' || run.status === 'quarantined';
  // Which parts, joins and kept events there are is told with the outlook; only who opens the menu asks.
  const outlook = useQuery({ ...outlookQuery(run.id, run.seq), enabled: opened && open });
  if (!mayOperate || !open) return null;
  const held = run.suspended || run.status === 'quarantined';
  const failed = run.openIncidents;
  const unknown = failed.some(({ code }) => code === UNKNOWN);
  const known = failed.some(({ code }) => code !== UNKNOWN);
  const item = (action: Wish['action'], Icon: typeof Ban, enabled = true) => (
    <Menu.Item
      key={action}
      leftSection={<Icon size={14} aria-hidden />}
      disabled={!enabled}
      onClick={() => setWish({ action })}
    >
      {t(`action.${action}`)}
    </Menu.Item>
  );
  return (
    <>
      <Menu position="bottom-end" withinPortal opened={opened} onChange={setOpened}>
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
          {known && [item('retry', RotateCw), item('skip', SkipForward)]}
          {unknown && [item('resend', RotateCw), item('drop', Check)]}
          {failed.length > 0 && <Menu.Divider />}
          <Menu.Item leftSection={<ListChecks size={14} aria-hidden />} onClick={onPlan}>
            {t('action.plan')}
          </Menu.Item>
          {item('move', ArrowRightLeft)}
          {item('assign', UserRoundPen, outlook.data?.movers.some(({ kind }) => kind === 'task') ?? false)}
          {item('setVariables', Variable)}
          {item(
            'fire',
            GitMerge,
            outlook.data?.movers.some(({ kind }) => kind === 'join'),
          )}
          {item('cancelScope', Ban, (outlook.data?.scopes?.length ?? 0) > 0)}
          {held &&
            item('dropEvent', MailX, outlook.data?.droppable && (outlook.data.keptEvents?.length ?? 0) > 0)}
          <Menu.Divider />
          {held ? item('resume', Play) : item('suspend', Pause)}
          {item('migrate', GitBranch)}
        </Menu.Dropdown>
      </Menu>
      {wish && <RepairDialog run={run} nameOf={nameOf} initial={wish} onClose={() => setWish(undefined)} />}
    </>
  );
}
