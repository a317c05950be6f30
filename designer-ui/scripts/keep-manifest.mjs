// Moves Vite's manifest out of what is shipped, as it names every source file; check-size.mjs reads it.
import { mkdirSync, renameSync, rmSync } from 'node:fs';

mkdirSync('.vite', { recursive: true });
renameSync('dist/.vite/manifest.json', '.vite/manifest.json');
rmSync('dist/.vite', { recursive: true });
