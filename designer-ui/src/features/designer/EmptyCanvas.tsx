import { CalendarClock, Columns3, Play, Webhook } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import classes from './Designer.module.css';

const STARTS = [
  ['manual', Play],
  ['stageEntered', Columns3],
  ['schedule', CalendarClock],
  ['webhook', Webhook],
] as const;

/** The first question of a new process. */
export function EmptyCanvas({ onStart }: { onStart: (trigger: string) => void }) {
  const { t } = useTranslation('designer');
  return (
    <div className={classes.empty}>
      <h2 className={classes.panelTitle}>{t('empty.title')}</h2>
      <div className={classes.emptyChoices}>
        {STARTS.map(([trigger, Icon]) => (
          <button
            key={trigger}
            type="button"
            className={classes.emptyChoice}
            onClick={() => onStart(trigger)}
          >
            <Icon size={22} aria-hidden />
            {t(`trigger.${trigger}`)}
            <span className={classes.hint}>{t(`triggerHelp.${trigger}`)}</span>
          </button>
        ))}
      </div>
      <p className={classes.hint}>{t('empty.paste')}</p>
    </div>
  );
}
