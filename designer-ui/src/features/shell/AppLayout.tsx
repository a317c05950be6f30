import { Burger } from '@mantine/core';
import { useDisclosure, useMediaQuery } from '@mantine/hooks';
import { Link, Outlet, useLocation, useMatches } from '@tanstack/react-router';
import { PanelLeftClose, PanelLeftOpen } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { PaletteHost } from '@/features/command-palette';
import { useMay } from '@/features/identity/useSession';
import { NotificationsBell } from '@/features/notifications';
import { usePreferences } from '@/lib/preferences';
import { LiveRegion } from '@/ui';
import classes from './AppLayout.module.css';
import { LiveBanner } from './LiveBanner';
import { entryOf, type NavigationItem, navigationItems } from './navigation';
import { RailTips } from './RailTips';
import { setTopBarSlot } from './topBar';
import { UserButton } from './UserButton';
import { useGlobalCommands } from './useGlobalCommands';
import { useTaskCount } from './useTaskCount';

/** Frame of every signed-in page: icon rail, top bar, content. */
export function AppLayout() {
  const { t } = useTranslation();
  const phone = useMediaQuery('(max-width: 48em)') ?? false;
  const [menuOpen, menu] = useDisclosure(false);
  const chosen = usePreferences((state) => state.railOpen);
  const setPreferences = usePreferences((state) => state.set);
  const page = useMatches({
    select: (matches) => matches.findLast((match) => match.staticData.title !== undefined)?.staticData.title,
  });
  const rail = useRef<HTMLElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const closer = useRef<HTMLButtonElement>(null);
  useGlobalCommands();

  const pathname = useLocation({ select: (location) => location.pathname });
  // At the first visit nobody knows the icons yet.
  const railOpen = chosen ?? pathname === '/';
  const labels = phone || railOpen;
  // biome-ignore lint/correctness/useExhaustiveDependencies: navigation closes the phone's menu.
  useEffect(() => menu.close(), [pathname]);

  // On a phone the menu covers everything: the focus goes into it, and back to its button.
  const covered = phone && menuOpen;
  useEffect(() => {
    if (covered) closer.current?.focus();
  }, [covered]);
  const closeMenu = () => {
    menu.close();
    requestAnimationFrame(() => opener.current?.focus());
  };

  return (
    <div className={classes.frame} data-wide={railOpen || undefined}>
      <a className="fx-skip-link" href="#content">
        {t('shell.skip')}
      </a>
      <header className={classes.header} inert={covered}>
        {phone && (
          <Burger
            ref={opener}
            size="sm"
            opened={false}
            onClick={menu.open}
            aria-expanded={menuOpen}
            aria-label={t('shell.openMenu')}
          />
        )}
        <div className={classes.slot} ref={setTopBarSlot}>
          {page && <span className={classes.crumbs}>{t(page)}</span>}
        </div>
        <NotificationsBell />
        <UserButton />
      </header>
      <nav
        ref={rail}
        className={`${classes.rail} ${labels ? '' : classes.collapsed}`}
        data-open={menuOpen || undefined}
        onKeyDown={(event) => event.key === 'Escape' && covered && closeMenu()}
        aria-label={t('shell.navigation')}
      >
        <div className={classes.railHead}>
          <Link
            to="/"
            className={classes.brand}
            aria-label={labels ? `Fluxo, ${t('nav.home')}` : t('nav.home')}
          >
            <img src="/favicon.svg" width={32} height={32} alt="" />
            {labels && 'Fluxo'}
          </Link>
          {phone && (
            <Burger ref={closer} size="sm" opened onClick={closeMenu} aria-label={t('shell.closeMenu')} />
          )}
        </div>
        {navigationItems.map((item) => (
          <RailLink key={item.id} item={item} labels={labels} />
        ))}
        <div className={classes.spacer} />
        {!phone && (
          <button
            type="button"
            className={classes.item}
            data-tip={labels ? undefined : t('shell.expand')}
            aria-label={t(railOpen ? 'shell.collapse' : 'shell.expand')}
            onClick={() => setPreferences({ railOpen: !railOpen })}
          >
            {railOpen ? <PanelLeftClose size={20} aria-hidden /> : <PanelLeftOpen size={20} aria-hidden />}
            {labels && t('shell.collapse')}
          </button>
        )}
      </nav>
      <main className={classes.main} id="content" tabIndex={-1} inert={covered}>
        <LiveBanner />
        <Outlet />
      </main>
      <RailTips rail={rail} />
      <PaletteHost />
      <LiveRegion />
    </div>
  );
}

function RailLink({ item, labels }: { item: NavigationItem; labels: boolean }) {
  const { t } = useTranslation();
  const allowed = useMay(item.permission);
  const open = useTaskCount(item.id === 'tasks');
  const here = useLocation({ select: (location) => entryOf(location.pathname) === item.id });
  if (!allowed) return null;
  const Icon = item.icon;
  const label = t(`nav.${item.id}`);
  const count = item.id === 'tasks' ? open : 0;
  return (
    <Link
      to={item.to as '/'}
      className={classes.item}
      data-tip={labels ? undefined : label}
      activeOptions={{ exact: item.to === '/', includeSearch: false }}
      activeProps={{ 'data-active': 'true' } as object}
      {...(here && { 'data-active': 'true' })}
      aria-label={count > 0 ? t('shell.tasksWaiting', { count }) : label}
    >
      <Icon size={20} aria-hidden />
      {labels && label}
      {count > 0 && <span className={classes.count}>{count > 99 ? '99+' : count}</span>}
    </Link>
  );
}
