import { NativeSelect } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { LockKeyhole, Scale } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useSession } from '@/features/identity/useSession';
import { EmptyState } from '@/ui';
import classes from './SettingsLayout.module.css';
import { type SettingsGroup, settingsGroups } from './settingsNav';

const notices = '/third-party-notices.txt';

export function SettingsLayout() {
  const { t } = useTranslation(['settings', 'common']);
  const { permissions } = useSession();
  const { pathname } = useLocation();
  const phone = useMediaQuery('(max-width: 48em)') ?? false;
  const groups = settingsGroups
    .map(({ id, entries }) => ({
      id,
      entries: entries.filter(({ permission }) => !permission || permissions.includes(permission)),
    }))
    .filter(({ entries }) => entries.length > 0);
  const allowed = pageAt(groups, pathname) === pageAt(settingsGroups, pathname);
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
      {allowed ? (
        <Outlet />
      ) : (
        <EmptyState icon={LockKeyhole} title={t('settings:forbidden')} text={t('settings:forbiddenText')} />
      )}
    </div>
  );
}

/** The page of the menu that an address belongs to. */
function pageAt(groups: readonly SettingsGroup[], pathname: string): string {
  return groups
    .flatMap(({ entries }) => entries.map(({ path }) => path))
    .filter((path) => pathname === path || pathname.startsWith(`${path}/`))
    .reduce<string>((longest, path) => (path.length > longest.length ? path : longest), '/settings');
}

/** The menu where there is no room for one: the pages in a list that the telephone draws itself. */
function PageSelect({ groups }: { groups: readonly SettingsGroup[] }) {
  const { t } = useTranslation(['settings', 'common']);
  const navigate = useNavigate();
  const { pathname } = useLocation();
  return (
    <NativeSelect
      aria-label={t('common:nav.settings')}
      value={pageAt(groups, pathname)}
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
