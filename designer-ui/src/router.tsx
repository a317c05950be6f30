import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import i18next from 'i18next';
import { sessionQuery, takeLeave } from '@/api/queries/session';
import { parseCalendarSearch } from '@/features/activities/search';
import { parseAutomationSearch } from '@/features/automation/search';
import { parseResourceSearch } from '@/features/bookings/search';
import { parseGridSearch } from '@/features/crm/grid/search';
import { parseCrmSearch } from '@/features/crm/search';
import { parseDesignerSearch } from '@/features/designer/search';
import { parseFeedSearch } from '@/features/feed/search';
import { parseGallerySearch } from '@/features/gallery/search';
import { parseProductsSearch } from '@/features/products/search';
import { parseRunsSearch } from '@/features/runs/search';
import { NotFoundPage, RouteErrorPage } from '@/features/shell/RoutePages';
import { parseImportSearch } from '@/features/transfer/search';
import { parseWorklistSearch } from '@/features/worklist/search';
import type { Namespace } from '@/i18n';
import { PageSkeleton } from '@/ui';

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    /** Key of the page's name in the top bar. */
    title?:
      | 'nav.home'
      | 'nav.tasks'
      | 'nav.board'
      | 'nav.calendar'
      | 'nav.resources'
      | 'nav.feed'
      | 'nav.deal'
      | 'nav.list'
      | 'nav.automation'
      | 'nav.contacts'
      | 'nav.import'
      | 'nav.duplicates'
      | 'nav.companies'
      | 'nav.products'
      | 'nav.bin'
      | 'nav.definitions'
      | 'nav.designer'
      | 'nav.gallery'
      | 'nav.handbook'
      | 'nav.versions'
      | 'nav.runs'
      | 'nav.run'
      | 'nav.definitionRuns'
      | 'nav.siteForm'
      | 'nav.statusProcesses'
      | 'nav.settings';
  }
}

// Pages are imported by their own file, not by the index of their feature: one page must not load its neighbours.

type RouterContext = { queryClient: QueryClient };

/** Catalogues of a page are fetched together with its code, not after it. */
const withTexts =
  (...names: Namespace[]) =>
  () =>
    i18next.loadNamespaces(names);

const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: Outlet,
  notFoundComponent: NotFoundPage,
  errorComponent: RouteErrorPage,
});

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { to?: string } => {
    const to = textOf(search.to);
    // Only paths of our own: a foreign address here would make the sign-in page an open redirect.
    return to && /^\/(?![/\\])/.test(to) ? { to } : {};
  },
  beforeLoad: ({ preload }) => (preload ? undefined : takeLeave()),
  component: lazyRouteComponent(() => import('@/features/identity/SignInPage'), 'SignInPage'),
});

const appRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'app',
  beforeLoad: async ({ context, location }) => {
    const session = await context.queryClient.ensureQueryData(sessionQuery);
    if (session === null) {
      throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { to: location.href } });
    }
  },
  component: lazyRouteComponent(() => import('@/features/shell/AppLayout'), 'AppLayout'),
  pendingComponent: PageSkeleton,
});

const homeRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/',
  staticData: { title: 'nav.home' },
  component: lazyRouteComponent(() => import('@/features/home/HomePage'), 'HomePage'),
});

const tasksRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/tasks',
  staticData: { title: 'nav.tasks' },
  validateSearch: parseWorklistSearch,
  loader: withTexts('inbox', 'designer'),
  component: lazyRouteComponent(() => import('@/features/worklist/WorklistPage'), 'WorklistPage'),
});

const definitionsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/definitions',
  staticData: { title: 'nav.definitions' },
  loader: withTexts('designer', 'gallery'),
  component: lazyRouteComponent(() => import('@/features/designer/DefinitionsPage'), 'DefinitionsPage'),
});

const DesignerPage = lazyRouteComponent(() => import('@/features/designer/DesignerPage'), 'DesignerPage');
// The heaviest page starts its own code and data by the address, not after the session.
if (window.location.pathname.startsWith('/definitions/')) void DesignerPage.preload?.();

const galleryRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/gallery',
  staticData: { title: 'nav.gallery' },
  validateSearch: parseGallerySearch,
  loader: withTexts('gallery', 'designer'),
  component: lazyRouteComponent(() => import('@/features/gallery/GalleryPage'), 'GalleryPage'),
});

const designerRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/definitions/$key',
  staticData: { title: 'nav.designer' },
  validateSearch: parseDesignerSearch,
  loader: withTexts('designer'),
  component: DesignerPage,
});

const versionsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/definitions/$key/versions',
  staticData: { title: 'nav.versions' },
  validateSearch: parseDesignerSearch,
  loader: withTexts('designer'),
  component: lazyRouteComponent(() => import('@/features/versions/VersionsPage'), 'VersionsPage'),
});

const handbookRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/definitions/$key/handbook',
  staticData: { title: 'nav.handbook' },
  validateSearch: parseDesignerSearch,
  loader: withTexts('handbook', 'designer'),
  component: lazyRouteComponent(() => import('@/features/handbook/HandbookPage'), 'HandbookPage'),
});

const definitionRunsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/definitions/$key/runs',
  staticData: { title: 'nav.definitionRuns' },
  validateSearch: parseRunsSearch,
  loader: withTexts('runs', 'room', 'designer'),
  component: lazyRouteComponent(() => import('@/features/runs/DefinitionRunsPage'), 'DefinitionRunsPage'),
});

const runsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/runs',
  staticData: { title: 'nav.runs' },
  validateSearch: parseRunsSearch,
  loader: withTexts('runs', 'room'),
  component: lazyRouteComponent(() => import('@/features/runs/RunsPage'), 'RunsPage'),
});

const processesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/runs/processes',
  staticData: { title: 'nav.runs' },
  validateSearch: parseRunsSearch,
  loader: withTexts('runs', 'room'),
  component: lazyRouteComponent(() => import('@/features/runs/room/OverviewPage'), 'OverviewPage'),
});

const messagesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/runs/messages',
  staticData: { title: 'nav.runs' },
  loader: withTexts('runs', 'room'),
  component: lazyRouteComponent(() => import('@/features/runs/messages/MessagesPage'), 'MessagesPage'),
});

const runRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/runs/$runId',
  staticData: { title: 'nav.run' },
  validateSearch: parseRunsSearch,
  loader: withTexts('runs', 'room', 'designer'),
  component: lazyRouteComponent(() => import('@/features/runs/RunPage'), 'RunPage'),
});

const boardRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/crm/$type',
  staticData: { title: 'nav.board' },
  validateSearch: parseCrmSearch,
  loader: withTexts('crm'),
  component: lazyRouteComponent(() => import('@/features/crm/BoardPage'), 'BoardPage'),
});

const gridRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/crm/$type/list',
  staticData: { title: 'nav.list' },
  validateSearch: parseGridSearch,
  loader: withTexts('grid', 'crm', 'room'),
  component: lazyRouteComponent(() => import('@/features/crm/grid/GridPage'), 'GridPage'),
});

const datedRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/crm/$type/calendar',
  staticData: { title: 'nav.calendar' },
  validateSearch: parseGridSearch,
  loader: withTexts('grid', 'crm', 'room'),
  component: lazyRouteComponent(() => import('@/features/crm/grid/DatedPage'), 'DatedPage'),
});

const dealRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/crm/$type/$recordId',
  staticData: { title: 'nav.deal' },
  validateSearch: parseCrmSearch,
  loader: withTexts('crm'),
  component: lazyRouteComponent(() => import('@/features/crm/DealPage'), 'DealPage'),
});

const automationRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/crm/automation/$pipelineId',
  staticData: { title: 'nav.automation' },
  validateSearch: parseAutomationSearch,
  loader: withTexts('automation', 'crm', 'designer'),
  component: lazyRouteComponent(() => import('@/features/automation/AutomationPage'), 'AutomationPage'),
});

const statusProcessesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/status-processes',
  staticData: { title: 'nav.statusProcesses' },
  loader: withTexts('statusProcesses', 'crm'),
  component: lazyRouteComponent(
    () => import('@/features/status-processes/StatusProcessesPage'),
    'StatusProcessesPage',
  ),
});

const statusProcessRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/status-processes/$processId',
  staticData: { title: 'nav.statusProcesses' },
  loader: withTexts('statusProcesses', 'automation', 'crm', 'designer'),
  component: lazyRouteComponent(
    () => import('@/features/status-processes/StatusProcessPage'),
    'StatusProcessPage',
  ),
});

const importRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/crm/import/$type',
  staticData: { title: 'nav.import' },
  validateSearch: parseImportSearch,
  loader: withTexts('transfer', 'crm'),
  component: lazyRouteComponent(() => import('@/features/transfer/ImportPage'), 'ImportPage'),
});

const duplicatesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/crm/duplicates/$type',
  staticData: { title: 'nav.duplicates' },
  loader: withTexts('transfer', 'crm'),
  component: lazyRouteComponent(() => import('@/features/duplicates/DuplicatesPage'), 'DuplicatesPage'),
});

const contactsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/crm/contacts',
  staticData: { title: 'nav.contacts' },
  validateSearch: parseCrmSearch,
  loader: withTexts('crm'),
  component: lazyRouteComponent(() => import('@/features/crm/PartyPages'), 'ContactsPage'),
});

const companiesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/crm/companies',
  staticData: { title: 'nav.companies' },
  validateSearch: parseCrmSearch,
  loader: withTexts('crm'),
  component: lazyRouteComponent(() => import('@/features/crm/PartyPages'), 'CompaniesPage'),
});

const productsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/crm/products',
  staticData: { title: 'nav.products' },
  validateSearch: parseProductsSearch,
  loader: withTexts('products', 'transfer'),
  component: lazyRouteComponent(() => import('@/features/products/ProductsPage'), 'ProductsPage'),
});

const binRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/crm/bin',
  staticData: { title: 'nav.bin' },
  validateSearch: (search: Record<string, unknown>): { type?: string } =>
    textOf(search.type) ? { type: textOf(search.type) } : {},
  loader: withTexts('crm'),
  component: lazyRouteComponent(() => import('@/features/crm/BinPage'), 'BinPage'),
});

const feedRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/feed',
  staticData: { title: 'nav.feed' },
  validateSearch: parseFeedSearch,
  loader: withTexts('feed'),
  component: lazyRouteComponent(() => import('@/features/feed/FeedPage'), 'FeedPage'),
});

const calendarRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/calendar',
  staticData: { title: 'nav.calendar' },
  validateSearch: parseCalendarSearch,
  loader: withTexts('activities'),
  component: lazyRouteComponent(() => import('@/features/activities/CalendarPage'), 'CalendarPage'),
});

const resourcesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/calendar/resources',
  staticData: { title: 'nav.resources' },
  validateSearch: parseResourceSearch,
  loader: withTexts('bookings'),
  component: lazyRouteComponent(
    () => import('@/features/bookings/ResourceCalendarPage'),
    'ResourceCalendarPage',
  ),
});

const siteFormRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/forms/$formId',
  staticData: { title: 'nav.siteForm' },
  loader: withTexts('siteForms', 'crm', 'settings'),
  component: lazyRouteComponent(() => import('@/features/site-forms/FormPage'), 'FormPage'),
});

const settingsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/settings',
  staticData: { title: 'nav.settings' },
  loader: withTexts('settings'),
  component: lazyRouteComponent(() => import('@/features/settings/SettingsLayout'), 'SettingsLayout'),
});

const settingsChildren = [
  createRoute({
    getParentRoute: () => settingsRoute,
    path: '/',
    component: lazyRouteComponent(() => import('@/features/settings/AppearancePage'), 'AppearancePage'),
  }),
  createRoute({
    getParentRoute: () => settingsRoute,
    path: 'users',
    component: lazyRouteComponent(() => import('@/features/settings/UsersPage'), 'UsersPage'),
  }),
  createRoute({
    getParentRoute: () => settingsRoute,
    path: 'departments',
    component: lazyRouteComponent(() => import('@/features/settings/DepartmentsPage'), 'DepartmentsPage'),
  }),
  createRoute({
    getParentRoute: () => settingsRoute,
    path: 'groups',
    component: lazyRouteComponent(() => import('@/features/settings/GroupsPage'), 'GroupsPage'),
  }),
  createRoute({
    getParentRoute: () => settingsRoute,
    path: 'roles',
    loader: withTexts('crm'),
    component: lazyRouteComponent(() => import('@/features/settings/RolesPage'), 'RolesPage'),
  }),
  createRoute({
    getParentRoute: () => settingsRoute,
    path: 'fields',
    validateSearch: (search: Record<string, unknown>): { type?: string } =>
      textOf(search.type) ? { type: textOf(search.type) } : {},
    loader: withTexts('crm'),
    component: lazyRouteComponent(() => import('@/features/settings/FieldsPage'), 'FieldsPage'),
  }),
  createRoute({
    getParentRoute: () => settingsRoute,
    path: 'types',
    loader: withTexts('crm'),
    component: lazyRouteComponent(() => import('@/features/settings/TypesPage'), 'TypesPage'),
  }),
  createRoute({
    getParentRoute: () => settingsRoute,
    path: 'exceptions',
    loader: withTexts('crm'),
    component: lazyRouteComponent(() => import('@/features/settings/ExceptionsPage'), 'ExceptionsPage'),
  }),
  createRoute({
    getParentRoute: () => settingsRoute,
    path: 'forms',
    loader: withTexts('siteForms'),
    component: lazyRouteComponent(() => import('@/features/site-forms/FormsPage'), 'FormsPage'),
  }),
  createRoute({
    getParentRoute: () => settingsRoute,
    path: 'mail',
    component: lazyRouteComponent(() => import('@/features/settings/MailPage'), 'MailPage'),
  }),
  createRoute({
    getParentRoute: () => settingsRoute,
    path: 'secrets',
    component: lazyRouteComponent(() => import('@/features/settings/SecretsPage'), 'SecretsPage'),
  }),
  createRoute({
    getParentRoute: () => settingsRoute,
    path: 'retention',
    component: lazyRouteComponent(() => import('@/features/settings/RetentionPage'), 'RetentionPage'),
  }),
  createRoute({
    getParentRoute: () => settingsRoute,
    path: 'outbox',
    validateSearch: (search: Record<string, unknown>): { mail?: string } =>
      textOf(search.mail) ? { mail: textOf(search.mail) } : {},
    component: lazyRouteComponent(() => import('@/features/settings/OutboxPage'), 'OutboxPage'),
  }),
  createRoute({
    getParentRoute: () => settingsRoute,
    path: 'tokens',
    component: lazyRouteComponent(() => import('@/features/settings/TokensPage'), 'TokensPage'),
  }),
  createRoute({
    getParentRoute: () => settingsRoute,
    path: 'calendars',
    component: lazyRouteComponent(() => import('@/features/calendars/CalendarsPage'), 'CalendarsPage'),
  }),
  createRoute({
    getParentRoute: () => settingsRoute,
    path: 'resources',
    loader: withTexts('bookings'),
    component: lazyRouteComponent(() => import('@/features/bookings/ResourcesPage'), 'ResourcesPage'),
  }),
  createRoute({
    getParentRoute: () => settingsRoute,
    path: 'absences',
    component: lazyRouteComponent(() => import('@/features/calendars/AbsencesPage'), 'AbsencesPage'),
  }),
  createRoute({
    getParentRoute: () => settingsRoute,
    path: 'audit',
    loader: withTexts('crm'),
    component: lazyRouteComponent(() => import('@/features/settings/AuditPage'), 'AuditPage'),
  }),
  createRoute({ getParentRoute: () => settingsRoute, path: '$', component: NotFoundPage }),
] as const;

/** An address that nobody knows keeps the menu, from which the right one is found. */
const unknownRoute = createRoute({ getParentRoute: () => appRoute, path: '$', component: NotFoundPage });

const routeTree = rootRoute.addChildren([
  signInRoute,
  appRoute.addChildren([
    homeRoute,
    tasksRoute,
    definitionsRoute,
    galleryRoute,
    designerRoute,
    versionsRoute,
    handbookRoute,
    definitionRunsRoute,
    runsRoute,
    processesRoute,
    messagesRoute,
    runRoute,
    boardRoute,
    gridRoute,
    datedRoute,
    dealRoute,
    automationRoute,
    statusProcessesRoute,
    statusProcessRoute,
    contactsRoute,
    importRoute,
    duplicatesRoute,
    companiesRoute,
    productsRoute,
    binRoute,
    calendarRoute,
    resourcesRoute,
    feedRoute,
    siteFormRoute,
    settingsRoute.addChildren(settingsChildren),
    unknownRoute,
  ]),
]);

export function createAppRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    defaultPendingComponent: PageSkeleton,
    defaultPendingMs: 150,
    defaultNotFoundComponent: NotFoundPage,
    defaultErrorComponent: RouteErrorPage,
    scrollRestoration: true,
  });
}

export type AppRouter = ReturnType<typeof createAppRouter>;

declare module '@tanstack/react-router' {
  interface Register {
    router: AppRouter;
  }
}
