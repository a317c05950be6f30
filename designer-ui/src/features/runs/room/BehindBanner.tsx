import { CloudOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLiveStatus } from '@/api/useLive';
import { formatTime } from '@/lib/format';
import classes from './Room.module.css';

/** A short gap closes by itself; only a longer one is worth a word. */
const patience = 3000;

/** Says from when the picture is, as soon as the stream has been away for a while: never silently stale. */
export function BehindBanner() {
  const { t } = useTranslation('room');
  const { state, lastMessageAt } = useLiveStatus();
  const away = state !== 'open';
  const [behind, setBehind] = useState(false);
  useEffect(() => {
    setBehind(false);
    if (!away) return;
    const timer = setTimeout(() => setBehind(true), patience);
    return () => clearTimeout(timer);
  }, [away]);
  if (!behind) return null;
  return (
    <div className={classes.behind} role="status" data-testid="behind">
      <CloudOff size={16} aria-hidden />
      {lastMessageAt === null
        ? t('behind.never')
        : t('behind.since', { at: formatTime(new Date(lastMessageAt)) })}
    </div>
  );
}
