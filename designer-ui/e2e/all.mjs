// Runs browser stories, two at a time (each is a server and a browser of its
// own, and waits a lot), and prints each one's output when it ends.
// Arguments are the names of stories; "all" = every one; none = those that
// `make test` has time for.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// The longest first, so that none of them runs alone at the end.
const stories = ['contract', 'newcomer', 'versions', 'designer', 'setup', 'operator', 'automation', 'bpmn'];
// The others belong to `make soak`: all of them take a quarter of an hour on two cores.
const longer = [
  'repair',
  'rehearse',
  'information',
  'together',
  'subprocess',
  'panel',
  'calendar',
  'activities',
  'lists',
  'boards',
  'statuses',
  'trial',
  'steady',
  'touch',
  'keys',
  'hands',
  'pointer',
  'words',
  'room',
  'links',
  'hands-rehearse',
  'hands-share',
  'kept',
  'secrets',
  'forms',
  'import',
];
const WORKERS = 2;

function play(name) {
  const began = Date.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [fileURLToPath(new URL(`${name}.e2e.mjs`, import.meta.url))]);
    let output = '';
    const note = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', note);
    child.stderr.on('data', note);
    child.on('close', (code) => {
      const seconds = Math.round((Date.now() - began) / 1000);
      process.stdout.write(`\n# ${name}, ${seconds} s\n${output}`);
      resolve(code === 0);
    });
  });
}

const named = process.argv.slice(2);
const wanted = named.length === 0 ? stories : named.includes('all') ? [...stories, ...longer] : named;
const queue = [...wanted];
const failed = [];
const worker = async () => {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (!(await play(name))) failed.push(name);
  }
};
await Promise.all(Array.from({ length: WORKERS }, worker));
process.stdout.write(
  `\n${wanted.length - failed.length} stories passed, ${failed.length} failed${failed.length > 0 ? `: ${failed.join(', ')}` : ''}\n`,
);
process.exitCode = failed.length > 0 ? 1 : 0;
