import { useTranslation } from 'react-i18next';
import { UserAvatar } from '@/ui';
import { useDesigner } from '../DesignerContext';
import { elementName } from '../texts';
import classes from './People.module.css';
import type { Colleague } from './usePeople';

const SHOWN = 4;

/** The others who have this draft open; each one leads to the step they are at. */
export function People({ people }: { people: readonly Colleague[] }) {
  const { t, i18n } = useTranslation('designer');
  const { document, kinds, select } = useDesigner();
  if (people.length === 0) return null;
  const more = people.length - SHOWN;
  return (
    <ul className={classes.people} aria-label={t('people.title')}>
      {people.slice(0, SHOWN).map(({ id, name, selected }) => {
        const [at] = selected;
        const label =
          at === undefined
            ? t('people.here', { name })
            : t('people.at', { name, step: elementName(t, kinds, i18n.language, document, at) });
        return (
          <li key={id}>
            <button
              type="button"
              className={classes.person}
              title={label}
              aria-label={label}
              disabled={at === undefined}
              onClick={() => at !== undefined && select([at], { reveal: true })}
            >
              <UserAvatar name={name} size={26} />
            </button>
          </li>
        );
      })}
      {more > 0 && <li className={classes.more}>{t('people.more', { count: more })}</li>}
    </ul>
  );
}
