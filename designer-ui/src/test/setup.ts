// Tests of components, and those that ask for it (`@vitest-environment jsdom`), have a document.
if (typeof window !== 'undefined') await import('./dom');

export {};
