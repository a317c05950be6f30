import { Button, Group } from '@mantine/core';
import { ArrowRightLeft, Pencil, Trash2, UserRound } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { formatNumber } from '@/lib/format';
import classes from './Grid.module.css';
import type { MassAction } from './MassModal';

type MassBarProps = {
  picked: number;
  /** All that match, when that is more than what is drawn. */
  total: number | undefined;
  all: boolean;
  staged: boolean;
  mayEdit: boolean;
  mayDelete: boolean;
  onAll: () => void;
  onClear: () => void;
  onAct: (action: MassAction, field?: string) => void;
};

/** What can be done to the selected records. */
export function MassBar({
  picked,
  total,
  all,
  staged,
  mayEdit,
  mayDelete,
  onAll,
  onClear,
  onAct,
}: MassBarProps) {
  const { t } = useTranslation('grid');
  const count = all ? (total ?? picked) : picked;
  return (
    <section className={classes.mass} aria-label={t('select.label')}>
      <strong role="status">{t('select.count', { count, formatted: formatNumber(count) })}</strong>
      {!all && total !== undefined && total > picked && (
        <Button size="compact-sm" variant="subtle" onClick={onAll}>
          {t('select.all', { count: total, formatted: formatNumber(total) })}
        </Button>
      )}
      <Button size="compact-sm" variant="subtle" onClick={onClear}>
        {t('select.clear')}
      </Button>
      <Group gap="xs" ms="auto">
        {mayEdit && (
          <>
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<Pencil size={14} aria-hidden />}
              onClick={() => onAct('change')}
            >
              {t('mass.change')}
            </Button>
            {staged && (
              <>
                <Button
                  size="compact-sm"
                  variant="default"
                  leftSection={<UserRound size={14} aria-hidden />}
                  onClick={() => onAct('change', 'responsible')}
                >
                  {t('mass.responsible')}
                </Button>
                <Button
                  size="compact-sm"
                  variant="default"
                  leftSection={<ArrowRightLeft size={14} aria-hidden />}
                  onClick={() => onAct('stage')}
                >
                  {t('mass.stage')}
                </Button>
              </>
            )}
          </>
        )}
        {mayDelete && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<Trash2 size={14} aria-hidden />}
            onClick={() => onAct('delete')}
          >
            {t('mass.delete')}
          </Button>
        )}
      </Group>
    </section>
  );
}
