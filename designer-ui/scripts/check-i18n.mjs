// Every language has the same keys and all plural forms it needs, placeholders agree, and every key that the code
// names exists while every key that exists is named.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = 'src/i18n/locales';
const languages = readdirSync(root).sort();
const reference = 'en';
const problems = [];
const suffix = /_(zero|one|two|few|many|other)$/;

function flatten(value, prefix = '', into = new Map()) {
  for (const [key, entry] of Object.entries(value)) {
    const path = prefix ? `${prefix}.${key}` : key;
    if (typeof entry === 'string') into.set(path, entry);
    else flatten(entry, path, into);
  }
  return into;
}

const catalogues = new Map();
for (const language of languages) {
  for (const file of readdirSync(join(root, language))) {
    const namespace = file.replace(/\.json$/, '');
    catalogues.set(
      `${language}/${namespace}`,
      flatten(JSON.parse(readFileSync(join(root, language, file), 'utf8'))),
    );
  }
}
const namespaces = readdirSync(join(root, reference)).map((file) => file.replace(/\.json$/, ''));
const placeholders = (text) => [...text.matchAll(/\{\{\s*([\w.]+)/g)].map((match) => match[1]).sort();

/** Keys without their plural ending, with whether they have plural forms. */
function families(catalogue) {
  const found = new Map();
  for (const key of catalogue.keys()) {
    const plural = suffix.test(key) && catalogue.has(key.replace(suffix, '_other'));
    const base = plural ? key.replace(suffix, '') : key;
    found.set(base, plural);
  }
  return found;
}

for (const namespace of namespaces) {
  const wanted = catalogues.get(`${reference}/${namespace}`);
  const wantedFamilies = families(wanted);
  for (const language of languages) {
    const where = `${language}/${namespace}`;
    const own = catalogues.get(where);
    if (!own) {
      problems.push(`${where}: the file is missing`);
      continue;
    }
    const ownFamilies = families(own);
    const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const [base, plural] of wantedFamilies) {
      if (ownFamilies.get(base) !== plural) {
        problems.push(`${where}: ${base} is missing`);
        continue;
      }
      const keys = plural ? categories.map((category) => `${base}_${category}`) : [base];
      const expected = placeholders(wanted.get(plural ? `${base}_other` : base)).join();
      for (const key of keys) {
        const text = own.get(key);
        if (text === undefined) problems.push(`${where}: ${key} is missing (plural form of ${language})`);
        else if (text.trim() === '') problems.push(`${where}: ${key} is empty`);
        // A form for one or none may say the number in words.
        else if (placeholders(text).join() !== expected && !(plural && /_(zero|one|two)$/.test(key))) {
          problems.push(`${where}: ${key} has other placeholders than ${reference}: ${text}`);
        }
      }
      for (const key of own.keys()) {
        if (plural && suffix.test(key) && key.replace(suffix, '') === base && !keys.includes(key)) {
          problems.push(`${where}: ${key} is a plural form that ${language} does not use`);
        }
      }
    }
    for (const base of ownFamilies.keys()) {
      if (!wantedFamilies.has(base)) problems.push(`${where}: ${base} does not exist in ${reference}`);
    }
  }
}

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== 'locales') yield* sources(path);
    } else if (/\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name)) yield path;
  }
}

// A key is used when some text literal of the code is the key, or a template literal of the code can make it. The
// reverse, a key in the code that does not exist, is found by the compiler: keys are typed.
const literals = new Set();
const patterns = [];
for (const path of sources('src')) {
  const text = readFileSync(path, 'utf8');
  for (const match of text.matchAll(/'([\w.:-]+)'|"([\w.:-]+)"/g))
    literals.add((match[1] ?? match[2]).split(':').at(-1));
  for (const match of text.matchAll(/`([^`]*\$\{[^`]*)`/g)) {
    const parts = match[1].split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/);
    if (!parts.some((part) => part.includes('.')) || !/^[\w.:-]*$/.test(parts.join(''))) continue;
    const source = parts.map((part) => part.split(':').at(-1).replace(/[.]/g, '\\.')).join('[\\w-]+');
    patterns.push(new RegExp(`^${source}$`));
  }
}
let used = 0;
for (const namespace of namespaces) {
  for (const base of families(catalogues.get(`${reference}/${namespace}`)).keys()) {
    if (literals.has(base) || patterns.some((pattern) => pattern.test(base))) used++;
    else problems.push(`${reference}/${namespace}: ${base} is not used`);
  }
}

for (const problem of problems) console.error(problem);
console.log(`check-i18n: ${languages.length} languages, ${used} keys in use, ${problems.length} problems`);
process.exit(problems.length > 0 ? 1 : 0);
