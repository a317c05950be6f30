import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import i18next from 'i18next';
import { afterEach, beforeAll } from 'vitest';
import { initI18n, namespaces } from '@/i18n';

// What jsdom lacks and Mantine, React Flow and CodeMirror ask for.
window.matchMedia ??= (query: string) =>
  ({
    matches: false,
    media: query,
    onchange: null,
    addEventListener() {},
    removeEventListener() {},
    addListener() {},
    removeListener() {},
    dispatchEvent: () => false,
  }) as MediaQueryList;

class ResizeObserverStub {
  observe() {}
  unobserve() {}
  disconnect() {}
}
window.ResizeObserver ??= ResizeObserverStub as unknown as typeof ResizeObserver;
if (!('fonts' in document)) {
  Object.defineProperty(document, 'fonts', { value: new EventTarget() });
}
Element.prototype.scrollIntoView ??= () => {};
window.DOMMatrixReadOnly ??= class {
  m22 = 1;
} as unknown as typeof DOMMatrixReadOnly;

// A loaded machine is slow, not wrong.
configure({ asyncUtilTimeout: 20_000 });

beforeAll(async () => {
  if (i18next.isInitialized) return;
  await initI18n('en');
  await i18next.loadNamespaces([...namespaces]);
});

afterEach(() => cleanup());
