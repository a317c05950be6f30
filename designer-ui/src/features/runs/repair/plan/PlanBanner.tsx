import { Button } from '@mantine/core';
import { ListChecks } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { LeaveGuard } from '@/ui/LeaveGuard';
import classes from './Plan.module.css';

type PlanBannerProps = {
  count: number;
  /** A change is being written that is not in the list yet. */
  writing: boolean;
  onLeave: () => void;
};

/** Says that changes are collected, and that none of them is made yet. */
export function PlanBanner({ count, writing, onLeave }: PlanBannerProps) {
  const { t } = useTranslation('repair');
  return (
    <div className={classes.banner} role="status">
      <ListChecks size={16} aria-hidden />
      <strong>{t('plan.title')}</strong>
      <span>{t('plan.nothingYet')}</span>
      <span className={classes.count}>{t('plan.count', { count })}</span>
      <Button size="compact-sm" variant="default" onClick={onLeave}>
        {count === 0 ? t('plan.leave') : t('plan.discard')}
      </Button>
      <LeaveGuard
        active={count > 0 || writing}
        words={{
          title: t('plan.leaveTitle'),
          text: t('plan.leaveText'),
          confirm: t('plan.leaveConfirm'),
          stay: t('plan.stay'),
        }}
      />
    </div>
  );
}
