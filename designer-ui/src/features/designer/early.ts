import i18next from 'i18next';
import { nodeKindsQuery } from '@/api/queries/nodeKinds';
import { sessionQuery, signedInHere } from '@/api/queries/session';
import { queryClient } from '@/api/queryClient';
import { storage } from '@/lib/storage';
import { fetchEarly } from './api';

/** Key of the definition that an address opens in the designer. */
export function definitionKeyOf(pathname: string): string | undefined {
  const key = /^\/definitions\/([^/]+)\/?$/.exec(pathname)?.[1];
  if (key === undefined) return undefined;
  try {
    return decodeURIComponent(key);
  } catch {
    return undefined;
  }
}

/** Asks for what a definition is shown with: at once when somebody was signed in here before, else after the session. */
export async function askEarly(key: string): Promise<void> {
  const ask = () => {
    fetchEarly(key);
    void queryClient.prefetchQuery(nodeKindsQuery(i18next.resolvedLanguage ?? 'en'));
  };
  const session = queryClient.ensureQueryData(sessionQuery).catch(() => undefined);
  const expected = storage.get(signedInHere) !== null;
  if (expected) ask();
  const known = await session;
  // Without a session there is nothing to ask for: the router leads to the sign-in page.
  if (known !== undefined) storage.set(signedInHere, known && 'yes');
  if (known && !expected) ask();
}

/**
 * When the page is opened at a definition, its document, the kinds of nodes and the words are asked for at once. The
 * router would ask one after the other: after the first render, after the session, after its own code.
 */
async function start(): Promise<void> {
  const key = definitionKeyOf(window.location.pathname);
  if (key === undefined) return;
  void i18next.loadNamespaces('designer');
  await askEarly(key);
}

/** Waits for the language, in which the answers are asked for. */
export function startEarly(): void {
  if (i18next.isInitialized) void start();
  else i18next.on('initialized', () => void start());
}
