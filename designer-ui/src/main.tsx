import '@fontsource-variable/inter/wght.css';
import './theme/mantine.css';
import './theme/tokens.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import i18next from 'i18next';
import { StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { setSignedOutHandler } from '@/api/client';
import { forgetAll, sessionQuery } from '@/api/queries/session';
import { queryClient } from '@/api/queryClient';
import { live } from '@/api/ws';
import { initI18n } from '@/i18n';
import { installKeymap } from '@/lib/commands';
import { later } from '@/lib/later';
import { usePreferences } from '@/lib/preferences';
import { storage } from '@/lib/storage';
import { showToast } from '@/ui';
import { createAppRouter } from './router';
import { cssVariablesResolver, theme } from './theme/mantine';

// Toasts come after something was done: their code follows the page. Calls made before wait in the store.
const Toasts = later(() => import('@/ui/Toasts').then((module) => module.Toasts));

const router = createAppRouter(queryClient);

let leaving = false;
setSignedOutHandler(() => {
  if (leaving || !queryClient.getQueryData(sessionQuery.queryKey)) return;
  leaving = true;
  live.close();
  const { href } = router.state.location;
  // Leave the page first: below the shell nobody expects that there is no session.
  void router.navigate({ to: '/sign-in', search: { to: href } }).finally(() => {
    forgetAll(queryClient);
    leaving = false;
  });
});

// After an upgrade of the server the chunks of the old page are gone: one reload fetches the new page.
window.addEventListener('vite:preloadError', (event) => {
  // Without the network there is no new page either: what is open stays.
  if (!navigator.onLine) return;
  const last = Number(storage.get('reloadedAt') ?? 0);
  if (Date.now() - last < 30_000) return;
  event.preventDefault();
  storage.set('reloadedAt', String(Date.now()));
  showToast({ message: i18next.t('shell.newVersion'), autoClose: false });
  setTimeout(() => window.location.reload(), 800);
});

installKeymap(() => usePreferences.getState().singleKeys);
// Dialogs come later than the page.
void import('@/lib/focusBack').then(({ giveFocusBack }) => giveFocusBack());

const container = document.getElementById('root');
if (!container) throw new Error('the page has no #root');

// Everybody who is not asked to sign in needs the frame: fetched beside the session, not after it.
void import('@/features/shell/AppLayout');
void queryClient.prefetchQuery(sessionQuery);

await initI18n();

createRoot(container).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      defaultColorScheme="auto"
      colorSchemeManager={localStorageColorSchemeManager({ key: 'fluxo.colorScheme' })}
    >
      <Toasts />
      <QueryClientProvider client={queryClient}>
        <Suspense fallback={null}>
          <RouterProvider router={router} />
        </Suspense>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
