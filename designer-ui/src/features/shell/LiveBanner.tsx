import { CloudOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLiveStatus } from '@/api/useLive';
import { formatTime } from '@/lib/format';
import classes from './AppLayout.module.css';

/** Says that what is on the screen has stopped moving; appears after three seconds without a connection. */
export function LiveBanner() {
  const { t } = useTranslation();
  const { state, lastMessageAt } = useLiveStatus();
  const [late, setLate] = useState(false);
  const lost = state !== 'open' && lastMessageAt !== null;
  useEffect(() => {
    if (!lost) {
      setLate(false);
      return;
    }
    const timer = setTimeout(() => setLate(true), 3000);
    return () => clearTimeout(timer);
  }, [lost]);
  if (!late || lastMessageAt === null) return null;
  return (
    <div className={classes.banner} role="status">
      <CloudOff size={14} aria-hidden />
      {t('shell.livePaused', { time: formatTime(new Date(lastMessageAt)) })}
    </div>
  );
}
