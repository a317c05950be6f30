import { useTranslation } from 'react-i18next';
import { type Status, statusLooks } from '@/theme/status';
import classes from './StatusBadge.module.css';

type StatusBadgeProps = { status: Status; label?: string };

/** Status as icon, text, border style and colour, never by colour alone. */
export function StatusBadge({ status, label }: StatusBadgeProps) {
  const { t } = useTranslation();
  const look = statusLooks[status];
  const Icon = look.icon;
  return (
    <span
      className={`${classes.badge} ${status === 'running' ? classes.running : ''}`}
      style={{ color: look.color, borderStyle: look.border }}
    >
      <Icon size={12} aria-hidden />
      {label ?? t(`status.${status}`)}
    </span>
  );
}
