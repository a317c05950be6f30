import { CloudOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useBehind } from '@/api/useBehind';
import { formatTime } from '@/lib/format';
import classes from './AppLayout.module.css';

/** Says that what is on the screen has stopped moving; appears after three seconds without a connection. */
export function LiveBanner() {
  const { t } = useTranslation();
  const behind = useBehind();
  if (behind === undefined) return null;
  return (
    <div className={classes.banner} role="status">
      <CloudOff size={14} aria-hidden />
      {t('shell.livePaused', { time: formatTime(new Date(behind)) })}
    </div>
  );
}
