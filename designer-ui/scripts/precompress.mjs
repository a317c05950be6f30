// Writes .br and .gz beside every text asset, so that the server never compresses at run time. Browsers offer brotli
// only in secure contexts: gzip is for plain-http installations.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const compressible = /\.(js|mjs|css|html|svg|json|txt)$/;
const smallest = 1024;

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== '.vite') yield* files(path);
    } else if (compressible.test(entry.name) && statSync(path).size >= smallest) yield path;
  }
}

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);
let before = 0;
let after = 0;
const compress = async (path) => {
  const raw = readFileSync(path);
  const [br, gz] = await Promise.all([
    brotli(raw, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length },
    }),
    zip(raw, { level: 9 }),
  ]);
  writeFileSync(`${path}.br`, br);
  writeFileSync(`${path}.gz`, gz);
  before += raw.length;
  after += br.length;
};
const paths = [...files('dist')];
await Promise.all(paths.map(compress));
console.log(
  `precompress: ${paths.length} files, ${Math.round(before / 1000)} kB to ${Math.round(after / 1000)} kB`,
);
