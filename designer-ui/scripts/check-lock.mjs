// Fails when the lock file could not be installed with "npm ci" on another platform, or names a private registry.
import { readFileSync } from 'node:fs';

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const packages = lock.packages ?? {};
const problems = [];

const isLocked = (from, name) => {
  // The nearest node_modules wins, as at run time.
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`]) return true;
    if (at === '' || !at.includes('node_modules')) return packages[`node_modules/${name}`] !== undefined;
  }
};

for (const [path, entry] of Object.entries(packages)) {
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    if (!isLocked(path, name))
      problems.push(`${path || 'package.json'}: optional dependency ${name} is not in the lock file`);
  }
  if (entry.resolved)
    problems.push(`${path}: has a "resolved" address; install with omit-lockfile-registry-resolved=true`);
  if (entry.hasInstallScript) problems.push(`${path}: runs a script at installation`);
}
for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
  if (!/^\d+\.\d+\.\d+$/.test(version)) problems.push(`package.json: ${name} is not pinned (${version})`);
  const locked = packages[`node_modules/${name}`]?.version;
  if (locked !== version) problems.push(`${name}: package.json says ${version}, the lock file ${locked}`);
}

for (const problem of problems) console.error(problem);
console.log(`check-lock: ${Object.keys(packages).length} packages, ${problems.length} problems`);
process.exit(problems.length > 0 ? 1 : 0);
