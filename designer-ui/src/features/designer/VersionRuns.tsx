import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { versionsQuery } from './api';
import classes from './Designer.module.css';

/** Active runs by version, and what publishing means for them: they stay, until somebody moves them. */
export function VersionRuns({ definitionKey, next }: { definitionKey: string; next?: number | undefined }) {
  const { t } = useTranslation('designer');
  const versions = useQuery(versionsQuery(definitionKey));
  const running = (versions.data?.items ?? []).filter(
    ({ activeRuns, version }) => activeRuns > 0 && version !== next,
  );
  if (!versions.data) return null;
  if (running.length === 0) return <p className={classes.hint}>{t('publish.noRuns')}</p>;
  return (
    <>
      <ul className={classes.plainList}>
        {running.map(({ version, activeRuns }) => (
          <li key={version}>
            <Link
              to="/definitions/$key/runs"
              params={{ key: definitionKey }}
              search={{ version }}
              className={classes.link}
            >
              {t('publish.runsOf', { version, count: activeRuns })}
            </Link>
          </li>
        ))}
      </ul>
      {next !== undefined && <p className={classes.hint}>{t('publish.runsMove')}</p>}
    </>
  );
}
