import { Bot, RotateCcw, Zap } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import classes from './Automation.module.css';

/** What robots and triggers are, for who sees them for the first time. */
export function HowItWorks({ triggers }: { triggers: boolean }) {
  const { t } = useTranslation('automation');
  return (
    <section className={classes.how} aria-label={t('help.title')}>
      <div>
        <Bot size={18} aria-hidden />
        <p>
          <strong>{t('help.robotTitle')}</strong> {t('help.robot')}
        </p>
      </div>
      {triggers && (
        <div>
          <Zap size={18} aria-hidden />
          <p>
            <strong>{t('help.triggerTitle')}</strong> {t('help.trigger')}
          </p>
        </div>
      )}
      <div>
        <RotateCcw size={18} aria-hidden />
        <p>
          <strong>{t('help.leaveTitle')}</strong> {t('help.leave')}
        </p>
      </div>
    </section>
  );
}
