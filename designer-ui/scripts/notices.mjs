// Writes dist/third-party-notices.txt: name, version, licence and licence text of every package that is shipped.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a licence leaves a choice, this is ours. */
const chosen = { elkjs: 'EPL-2.0' };
/** Packages whose source has to be named, with where it is. */
const sources = { elkjs: 'Shipped unmodified in its own file. Source: https://github.com/kieler/elkjs' };

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const entries = Object.entries(lock.packages)
  .filter(
    ([path, entry]) =>
      path !== '' && !entry.dev && !entry.devOptional && existsSync(join(path, 'package.json')),
  )
  .sort(([a], [b]) => a.localeCompare(b));

const parts = ['Fluxo ships the following third-party software in its user interface.\n'];
const problems = [];
for (const [path] of entries) {
  const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  const license = chosen[manifest.name] ?? manifest.license;
  if (typeof license !== 'string') problems.push(`${manifest.name}: names no licence`);
  else if (/\bA?GPL/.test(license) || license === 'UNLICENSED')
    problems.push(`${manifest.name}: ${license} does not fit`);
  const file = readdirSync(path).find((name) => /^(licen[cs]e|copying)/i.test(name));
  const text = file ? readFileSync(join(path, file), 'utf8').trim() : '';
  parts.push(
    [
      '='.repeat(80),
      `${manifest.name} ${manifest.version} (${license})`,
      sources[manifest.name],
      '',
      text,
      '',
    ]
      .filter((line) => line !== undefined)
      .join('\n'),
  );
}
mkdirSync('dist', { recursive: true });
writeFileSync('dist/third-party-notices.txt', parts.join('\n'));
for (const problem of problems) console.error(problem);
console.log(`notices: ${entries.length} packages, ${problems.length} problems`);
process.exit(problems.length > 0 ? 1 : 0);
