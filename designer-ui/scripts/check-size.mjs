// Size budgets over Vite's manifest: first load of every route (its chunk, what that imports, and their styles), and
// every single chunk. Sizes are gzip, in kB of 1000 bytes. `limit` is the gate; `target` is where a route has to get to.
// It is a gate of the tests, not of the build: who builds the product cannot make it smaller.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const dist = 'dist';
const manifestPath = join('.vite', 'manifest.json'); // keep-manifest.mjs puts it there
if (!existsSync(manifestPath)) {
  console.error('check-size: no manifest; run "npm run build" first');
  process.exit(1);
}
const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
const budgets = JSON.parse(readFileSync('size-budgets.json', 'utf8'));
const sizes = new Map();
const sizeOf = (file) => {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(join(dist, file)), { level: 9 }).length / 1000);
  return sizes.get(file);
};

function filesOf(key, files = new Set()) {
  const chunk = manifest[key];
  if (!chunk) throw new Error(`size-budgets.json names ${key}, which the build does not have`);
  if (files.has(chunk.file)) return files;
  files.add(chunk.file);
  for (const style of chunk.css ?? []) files.add(style);
  for (const imported of chunk.imports ?? []) filesOf(imported, files);
  return files;
}

let problems = 0;
const row = (name, size, limit, target = limit) => {
  const over = size > limit;
  if (over) problems++;
  console.log(
    `${over ? 'OVER ' : 'ok   '} ${name.padEnd(28)} ${size.toFixed(1).padStart(7)} of ${String(limit).padStart(4)} kB${target < limit ? `, wanted ${target}` : ''}`,
  );
};

for (const [route, { entries, limit, target }] of Object.entries(budgets.routes)) {
  const files = new Set(entries.flatMap((entry) => [...filesOf(entry)]));
  let total = 0;
  for (const file of files) total += sizeOf(file);
  row(route, total, limit, target);
}
const exceptions = Object.entries(budgets.chunks.exceptions ?? {});
for (const chunk of Object.values(manifest)) {
  if (!/\.(js|mjs)$/.test(chunk.file)) continue;
  const limit =
    exceptions.find(([pattern]) => new RegExp(pattern).test(chunk.file))?.[1] ?? budgets.chunks.limit;
  if (sizeOf(chunk.file) > limit) row(chunk.file, sizeOf(chunk.file), limit);
}
console.log(`check-size: ${Object.keys(budgets.routes).length} routes, ${problems} problems`);
process.exit(problems > 0 ? 1 : 0);
