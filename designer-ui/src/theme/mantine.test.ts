import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(entry.name)) yield path;
  }
}

test('every Mantine component in use has its styles', () => {
  const styles = readFileSync('src/theme/mantine.css', 'utf8');
  const missing = new Set<string>();
  let seen = 0;
  for (const path of sources('src')) {
    const text = readFileSync(path, 'utf8');
    for (const [, names = ''] of text.matchAll(/import \{([^}]*)\} from '@mantine\/core'/g)) {
      for (const name of names.split(',').map((part) => part.trim().split(' as ')[0] ?? '')) {
        if (!existsSync(`node_modules/@mantine/core/styles/${name}.css`)) continue;
        seen++;
        if (!styles.includes(`/styles/${name}.css"`)) missing.add(`${name} (${path})`);
      }
    }
  }
  expect([...missing]).toEqual([]);
  expect(seen).toBeGreaterThan(20);
});
