import { CircleDashed, ListX, Pin } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { StepSigns } from '../signs';
import classes from './StepView.module.css';

/** A breakpoint, pinned data and stale results, as small signs at the edge of a step. */
export function Signs({ signs }: { signs: StepSigns | undefined }) {
  const { t } = useTranslation('designer');
  if (!signs) return null;
  const { pin, stop, stale, broken } = signs;
  const pinned = pin && t(pin === 'stale' ? 'sign.pinStale' : 'sign.pin');
  return (
    <>
      {broken && (
        <span
          className={classes.badge}
          data-corner="topRight"
          data-tone="failed"
          data-sign="broken"
          title={t('sign.broken')}
        >
          <ListX size={11} aria-hidden />
          <span className="fx-visually-hidden">{t('sign.broken')}</span>
        </span>
      )}
      {stop && (
        <span className={classes.stop} title={t('sign.stop')} data-sign="stop">
          <span className="fx-visually-hidden">{t('sign.stop')}</span>
        </span>
      )}
      {(pinned || stale) && (
        <span
          className={classes.badge}
          data-corner="bottomLeft"
          data-tone="pin"
          data-hollow={stale || pin === 'stale' || undefined}
          data-sign={stale ? 'stale' : `pin-${pin}`}
          title={stale ? t('sign.stale') : pinned}
        >
          {stale ? <CircleDashed size={11} aria-hidden /> : <Pin size={11} aria-hidden />}
          <span className="fx-visually-hidden">{stale ? t('sign.stale') : pinned}</span>
        </span>
      )}
    </>
  );
}
