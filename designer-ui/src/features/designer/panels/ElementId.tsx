import { useTranslation } from 'react-i18next';
import classes from '../Designer.module.css';

/** What expressions, files and the API call an element: last, for it is no word of whoever draws. */
export function ElementId({ id }: { id: string }) {
  const { t } = useTranslation('designer');
  return (
    <p className={classes.elementId}>
      {t('inspector.id')} <code>{id}</code>
    </p>
  );
}
