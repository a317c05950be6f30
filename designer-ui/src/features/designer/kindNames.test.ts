import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const NODES = '../schemas/node';

interface NodeSchema {
  readonly title: string;
  readonly 'x-i18n'?: Readonly<Record<string, { readonly title?: string }>>;
}

describe('kinds of steps', () => {
  it.each(['en', 'pt-BR', 'pl', 'ru'])('have one name, in the palette as in the history: %s', (language) => {
    const texts = JSON.parse(readFileSync(`src/i18n/locales/${language}/designer.json`, 'utf8'));
    const names = texts.kind as Readonly<Record<string, string>>;
    const both = readdirSync(NODES)
      .map((file) => file.replace(/\.json$/, ''))
      .filter((kind) => names[kind] !== undefined);
    expect(both.length).toBeGreaterThan(15);
    for (const kind of both) {
      const schema = JSON.parse(readFileSync(`${NODES}/${kind}.json`, 'utf8')) as NodeSchema;
      const title = language === 'en' ? schema.title : schema['x-i18n']?.[language]?.title;
      expect(title, kind).toBe(names[kind]);
    }
  });
});
