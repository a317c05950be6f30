import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { expect, test, vi } from 'vitest';

// The script that sites load is written in the server.
const source = readFileSync(new URL('../../../../server/visit/visit.js', import.meta.url), 'utf8').replaceAll(
  'ORIGIN',
  'https://crm.test',
);

/** A site that loads the script: what it keeps, what it sends, and what it can say. */
function site(kept: Record<string, string> = {}, tag: Record<string, string> = {}) {
  const store = new Map(Object.entries(kept));
  const fetch = vi.fn((_to: string, _how: { body: string; credentials: string }) => Promise.resolve());
  const window: { fluxo?: { consent(given: boolean): void; visit(): void } } = {};
  const place = { origin: 'https://shop.test', pathname: '/pricing', search: '?card=4111' };
  runInNewContext(source, {
    window,
    fetch,
    crypto,
    location: place,
    document: {
      currentScript: { getAttribute: (name: string) => tag[name] ?? null },
      referrer: 'https://search.test/?q=pumps',
    },
    localStorage: {
      getItem: (name: string) => store.get(name) ?? null,
      setItem: (name: string, value: string) => store.set(name, value),
      removeItem: (name: string) => store.delete(name),
    },
  });
  if (!window.fluxo) throw new Error('the script gives nothing to the site');
  return { store, fetch, fluxo: window.fluxo, place };
}

// covers G-15
test('before consent nothing is kept and nothing is sent', () => {
  const { store, fetch, fluxo } = site();
  fluxo.visit();
  expect(store.size).toBe(0);
  expect(fetch).not.toHaveBeenCalled();
});

test('with consent a page is told once, without what its address asks for', () => {
  const { store, fetch, fluxo, place } = site();
  fluxo.consent(true);
  fluxo.visit();
  expect(fetch).toHaveBeenCalledTimes(1);
  const [to, how] = fetch.mock.calls[0] ?? [];
  expect(to).toBe('https://crm.test/visit');
  expect(how).toMatchObject({ method: 'POST', credentials: 'omit', referrerPolicy: 'no-referrer' });
  const visitor = store.get('fluxo-visitor');
  expect(visitor).toMatch(/^[0-9a-f]{32}$/);
  expect(JSON.parse(how?.body ?? '')).toEqual({
    visitor,
    page: 'https://shop.test/pricing',
    referrer: 'https://search.test/',
  });
  place.pathname = '/order';
  fluxo.visit();
  expect(fetch).toHaveBeenCalledTimes(2);
});

test('who is known comes back as the same, and who takes the consent back is forgotten', () => {
  const known = { 'fluxo-consent': 'yes', 'fluxo-visitor': 'ab'.repeat(16) };
  const { store, fetch, fluxo, place } = site(known);
  expect(JSON.parse(fetch.mock.calls[0]?.[1].body ?? '')).toMatchObject({ visitor: known['fluxo-visitor'] });
  fluxo.consent(false);
  expect(store.size).toBe(0);
  place.pathname = '/order';
  fluxo.visit();
  expect(fetch).toHaveBeenCalledTimes(1);
});

test('a site that has asked by itself says so where it loads the script', () => {
  expect(site({}, { 'data-consent': 'given' }).fetch).toHaveBeenCalledTimes(1);
});
