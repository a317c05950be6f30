import i18next, { type BackendModule } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { storage } from '@/lib/storage';

export const languages = ['en', 'pt-BR', 'pl', 'ru'] as const;
export type Language = (typeof languages)[number];

/** Each language in its own words. */
export const languageNames: Record<Language, string> = {
  en: 'English',
  'pt-BR': 'Português (Brasil)',
  pl: 'Polski',
  ru: 'Русский',
};

export const namespaces = [
  'common',
  'designer',
  'runs',
  'repair',
  'room',
  'inbox',
  'crm',
  'grid',
  'automation',
  'settings',
  'gallery',
  'handbook',
  'testing',
  'activities',
  'bookings',
  'feed',
  'siteForms',
  'transfer',
  'products',
  'statusProcesses',
  'trial',
] as const;
export type Namespace = (typeof namespaces)[number];

const catalogues = import.meta.glob<{ default: Record<string, unknown> }>('./locales/*/*.json');

const backend: BackendModule = {
  type: 'backend',
  init() {},
  read(language, namespace, callback) {
    const load = catalogues[`./locales/${language}/${namespace}.json`];
    if (!load) {
      callback(new Error(`no catalogue ${language}/${namespace}`), false);
      return;
    }
    load().then(
      (module) => callback(null, module.default),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), false),
    );
  },
};

export function isLanguage(value: unknown): value is Language {
  return languages.includes(value as Language);
}

/** The supported language nearest to a list of wishes, English when none fits. */
export function matchLanguage(wishes: readonly string[]): Language {
  for (const wish of wishes) {
    const exact = languages.find((language) => language.toLowerCase() === wish.toLowerCase());
    if (exact) return exact;
    const base = wish.split('-')[0]?.toLowerCase();
    const near = languages.find((language) => language.split('-')[0] === base);
    if (near) return near;
  }
  return 'en';
}

export async function initI18n(language?: Language): Promise<void> {
  const stored = storage.get('language');
  const chosen = language ?? (isLanguage(stored) ? stored : matchLanguage(navigator.languages));
  await i18next
    .use(backend)
    .use(initReactI18next)
    .init({
      lng: chosen,
      fallbackLng: 'en',
      supportedLngs: languages,
      load: 'currentOnly',
      ns: ['common'],
      defaultNS: 'common',
      partialBundledLanguages: true,
      interpolation: { escapeValue: false },
      returnNull: false,
      // Said, though they are the library's own: keys are no sentences, which each call would find out otherwise.
      keySeparator: '.',
      nsSeparator: ':',
      react: { useSuspense: true },
    });
  document.documentElement.lang = chosen;
}

/** Switches the language of the page and remembers it in this browser. */
export async function changeLanguage(language: Language): Promise<void> {
  storage.set('language', language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}
