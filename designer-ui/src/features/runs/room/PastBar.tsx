import { ActionIcon, Button } from '@mantine/core';
import { ChevronLeft, ChevronRight, History as HistoryIcon } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { formatDateTime } from '@/lib/format';
import type { Moment } from './looking';
import classes from './Room.module.css';

type PastBarProps = {
  /** Number of the last record. */
  last: number;
  at: number | undefined;
  moment: Moment | undefined;
  onMove: (at: number | undefined) => void;
};

/** Leads to any past moment of an instance: the diagram and the variables show it as it was. */
export function PastBar({ last, at, moment, onMove }: PastBarProps) {
  const { t } = useTranslation('room');
  const here = at ?? last;
  const move = (to: number) => onMove(to >= last ? undefined : Math.max(1, to));
  return (
    <section className={classes.past} data-past={at !== undefined || undefined} aria-label={t('past.title')}>
      <HistoryIcon size={16} aria-hidden />
      <ActionIcon
        variant="default"
        aria-label={t('past.back')}
        disabled={here <= 1}
        onClick={() => move(here - 1)}
      >
        <ChevronLeft size={16} aria-hidden />
      </ActionIcon>
      <input
        type="range"
        min={1}
        max={Math.max(1, last)}
        value={here}
        aria-label={t('past.slider')}
        aria-valuetext={
          at === undefined ? t('past.now') : t('past.record', { seq: at, text: moment?.text ?? '' })
        }
        onChange={(event) => move(Number(event.currentTarget.value))}
      />
      <ActionIcon
        variant="default"
        aria-label={t('past.forward')}
        disabled={at === undefined}
        onClick={() => move(here + 1)}
      >
        <ChevronRight size={16} aria-hidden />
      </ActionIcon>
      <p aria-live="polite">
        {at === undefined ? (
          t('past.now')
        ) : (
          <>
            <strong>{moment ? formatDateTime(moment.at) : '…'}</strong> · {at} · {moment?.text}
          </>
        )}
      </p>
      {at !== undefined && (
        <Button size="compact-sm" onClick={() => onMove(undefined)}>
          {t('past.toNow')}
        </Button>
      )}
    </section>
  );
}
