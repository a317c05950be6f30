import { useTranslation } from 'react-i18next';
import { changeLanguage, languageNames, languages } from '@/i18n';
import classes from './SignInPage.module.css';

/** Languages in their own words, for whoever cannot read the page yet. */
export function LanguageBar() {
  const { t, i18n } = useTranslation();
  return (
    <nav className={classes.languages} aria-label={t('signIn.language')}>
      {languages.map((language) => (
        <button
          key={language}
          type="button"
          lang={language}
          className={classes.language}
          aria-pressed={i18n.language === language}
          onClick={() => void changeLanguage(language)}
        >
          {languageNames[language]}
        </button>
      ))}
    </nav>
  );
}
