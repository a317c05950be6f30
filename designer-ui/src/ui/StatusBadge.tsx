import { useTranslation } from 'react-i18next';
import { useBehind } from '@/api/useBehind';
import { formatTime } from '@/lib/format';
import { isFinal, pausedIcon as PausedIcon, type Status, statusLooks } from '@/theme/status';
import classes from './StatusBadge.module.css';

type StatusBadgeProps = { status: Status; label?: string };

/**
 * Status as icon, text, border style and colour, never by colour alone. While live updates are missing, a clock marks
 * what may have changed meanwhile.
 */
export function StatusBadge({ status, label }: StatusBadgeProps) {
  const { t } = useTranslation();
  const behind = useBehind();
  const look = statusLooks[status];
  const Icon = look.icon;
  const old = behind !== undefined && !isFinal(status);
  return (
    <span
      className={`${classes.badge} ${status === 'running' && !old ? classes.running : ''}`}
      style={{ color: look.color, borderStyle: look.border }}
      data-behind={old || undefined}
    >
      <Icon size={12} aria-hidden />
      {label ?? t(`status.${status}`)}
      {old && <BehindMark at={behind} />}
    </span>
  );
}

/** A clock: this is as it was at an instant. */
export function BehindMark({ at }: { at: number }) {
  const { t } = useTranslation();
  const text = t('status.behind', { time: formatTime(new Date(at)) });
  return (
    <span title={text} style={{ display: 'inline-flex' }}>
      <PausedIcon size={11} aria-hidden />
      <span className="fx-visually-hidden">{text}</span>
    </span>
  );
}
