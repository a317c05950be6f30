import { NativeSelect } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { Scale } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useSession } from '@/features/identity/useSession';
import classes from './SettingsLayout.module.css';
import { type SettingsGroup, settingsGroups } from './settingsNav';

const notices = '/third-party-notices.txt';

export function SettingsLayout() {
  const { t } = useTranslation(['settings', 'common']);
  const { permissions } = useSession();
  const phone = useMediaQuery('(max-width: 48em)') ?? false;
  const groups = settingsGroups
    .map(({ id, entries }) => ({
      id,
      entries: entries.filter(({ permission }) => !permission || permissions.includes(permission)),
    }))
    .filter(({ entries }) => entries.length > 0);
  return (
    <div className={classes.layout}>
      <nav className={classes.nav} aria-label={t('common:nav.settings')}>
        {phone ? (
          <PageSelect groups={groups} />
        ) : (
          <>
            {groups.map((group) => (
              <div key={group.id} className={classes.group}>
                <span className={classes.title}>{t(`settings:${group.id}`)}</span>
                {group.entries.map(({ id, path, icon: Icon }) => (
                  <Link
                    key={id}
                    to={path}
                    className={classes.link}
                    activeOptions={{ exact: true }}
                    activeProps={{ 'data-active': 'true' } as object}
                  >
                    <Icon size={16} aria-hidden />
                    {t(`settings:${id}.title`)}
                  </Link>
                ))}
              </div>
            ))}
            <a className={classes.link} href={notices} target="_blank" rel="noreferrer">
              <Scale size={16} aria-hidden />
              {t('settings:notices')}
            </a>
          </>
        )}
      </nav>
      <Outlet />
    </div>
  );
}

/** The menu where there is no room for one: the pages in a list that the telephone draws itself. */
function PageSelect({ groups }: { groups: readonly SettingsGroup[] }) {
  const { t } = useTranslation(['settings', 'common']);
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const paths = groups.flatMap(({ entries }) => entries.map(({ path }) => path));
  const here = paths
    .filter((path) => pathname === path || pathname.startsWith(`${path}/`))
    .reduce((longest, path) => (path.length > longest.length ? path : longest), '/settings');
  return (
    <NativeSelect
      aria-label={t('common:nav.settings')}
      value={here}
      data={[
        ...groups.map((group) => ({
          group: t(`settings:${group.id}`),
          items: group.entries.map(({ id, path }) => ({ value: path, label: t(`settings:${id}.title`) })),
        })),
        { value: notices, label: t('settings:notices') },
      ]}
      onChange={({ currentTarget: { value } }) => {
        if (value === notices) window.open(notices, '_blank', 'noreferrer');
        else void navigate({ to: value });
      }}
    />
  );
}
