import { Link, type LinkProps } from '@tanstack/react-router';
import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './AppLayout.module.css';
import { TopBarContent } from './TopBarContent';

export type Crumb = Pick<LinkProps, 'to' | 'params' | 'search'> & { label: string };

/** The way back from a page in the top bar: links to what is above it, and its own name. */
export function Crumbs({ above, here }: { above: readonly Crumb[]; here: string }) {
  const { t } = useTranslation();
  return (
    <TopBarContent>
      <nav className={classes.path} aria-label={t('shell.path')}>
        {above.map(({ label, ...link }) => (
          <Fragment key={label}>
            <Link {...link}>{label}</Link>
            <span aria-hidden>/</span>
          </Fragment>
        ))}
        <span aria-current="page" className={classes.pathEnd}>
          {here}
        </span>
      </nav>
    </TopBarContent>
  );
}
