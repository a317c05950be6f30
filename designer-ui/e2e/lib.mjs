// Browser tests: a real server on a fresh data folder, Debian's Chromium, one browser context per person.
// A test fails on its own assertion, on any console error, failed request or page error, and on axe violations.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { SMTPServer } from 'smtp-server';

const require = createRequire(import.meta.url);
const root = resolve(import.meta.dirname, '../..');
const axeSource = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8');
/** Set to keep a picture of every screen that a test names. */
const pictures = process.env.E2E_PICTURES;

const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Starts the built server as a newcomer would, on a port of its own; with `empty` without the demo company, with `data`
 * once more on the data of an earlier one.
 */
export async function startServer(options = {}) {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), 'fluxo-e2e-')));
  const child = spawn(
    join(root, 'bin/fluxo'),
    [
      'serve',
      ...(options.empty ? [] : ['--demo']),
      '--listen',
      options.listen ?? '127.0.0.1:0',
      '--data-dir',
      data,
      ...(options.args ?? []),
    ],
    { cwd: data, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } },
  );
  let log = '';
  const ended = new Promise((done) => child.once('exit', done));
  const url = await new Promise((found, fail) => {
    const look = (chunk) => {
      log += chunk;
      const match = /http:\/\/(127\.0\.0\.1|localhost):\d+/.exec(log);
      if (match) found(match[0]);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('exit', (code) => fail(new Error(`the server ended with ${code}:\n${log}`)));
    setTimeout(() => fail(new Error(`the server printed no address within 60 s:\n${log}`)), 60_000).unref();
  });
  return {
    url,
    data,
    pid: child.pid,
    log: () => log,
    /** Ends it as a crash does. Its data stays, for the next one. */
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async stop({ keep = false } = {}) {
      child.kill('SIGTERM');
      await ended;
      if (!keep) await rm(data, { recursive: true, force: true });
    },
  };
}

/** A real SMTP server on loopback that keeps what it takes, and can refuse or hang up before it says that it took a mail. */
export async function startMailServer() {
  const mails = [];
  let refuse = false;
  let hangUp = false;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onMailFrom(_address, _session, done) {
      if (refuse) {
        const error = new Error('mailbox store is down for maintenance');
        error.responseCode = 451;
        done(error);
      } else done();
    },
    onData(stream, session, done) {
      const chunks = [];
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('end', () => {
        mails.push({
          to: session.envelope.rcptTo.map((recipient) => recipient.address),
          source: Buffer.concat(chunks).toString('utf8'),
        });
        if (!hangUp) return done();
        // Only on the one who sent it: another mail may be under way.
        for (const connection of server.connections) if (connection.id === session.id) connection.close();
      });
    },
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    port: server.server.address().port,
    mails,
    refuse: (value) => {
      refuse = value;
    },
    hangUp: (value) => {
      hangUp = value;
    },
    stop: () => new Promise((closed) => server.close(closed)),
  };
}

export async function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: chromiumFlags,
  });
}

/** Everybody who signed in, for the report of a failure. */
const open = [];

/** Opens a browser session of its own and signs in by the sign-in page. */
export async function person(browser, server, name, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: 'en-US',
    timezoneId: 'Europe/Warsaw',
    colorScheme: 'light',
    acceptDownloads: true,
    ...options,
  });
  const page = await context.newPage();
  // A loaded machine is slow, not wrong.
  page.setDefaultTimeout(60_000);
  const faults = watch(page);
  open.push({ name, page, faults });
  await page.goto(server.url);
  await page.getByRole('button', { name: new RegExp(name, 'i') }).click();
  await page.locator('#content').waitFor();
  return { name, context, page, faults };
}

/** Collects everything that went wrong in a page. A test may say which answers it provokes. */
export function watch(page) {
  const found = [];
  const allowed = [];
  page.on('console', (message) => {
    // The browser reports every 4xx answer as a console error too; the response handler judges those.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) {
      found.push(`console: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => found.push(`page: ${error.message}`));
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? '';
    // A request that the page itself withdrew is no failure.
    if (!/ERR_ABORTED/.test(reason)) found.push(`request: ${request.method()} ${request.url()} ${reason}`);
  });
  page.on('response', (response) => {
    const line = `${response.status()} ${response.request().method()} ${new URL(response.url()).pathname}`;
    const anonymous = response.status() === 401 && new URL(response.url()).pathname === '/api/v1/session';
    if (response.status() >= 400 && !anonymous && !allowed.some((pattern) => pattern.test(line))) {
      found.push(`answer: ${line}`);
    }
  });
  return { found, allow: (pattern) => allowed.push(pattern) };
}

export function assertClean(...people) {
  for (const { name, faults } of people) assert.deepEqual(faults.found, [], `faults in the page of ${name}`);
}

const violationsFound = [];

/** Fails on what checkAccessible has found so far, all screens in one list. */
export function assertAccessible() {
  assert.deepEqual(violationsFound, [], 'axe');
}

/** Looks for violations of WCAG 2.0 to 2.2, level A and AA, in the light and in the dark scheme. */
export async function checkAccessible(page, screen) {
  for (const scheme of ['light', 'dark']) {
    await setScheme(page, scheme);
    await page.evaluate(axeSource);
    const violations = await page.evaluate(async () => {
      const result = await window.axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
        resultTypes: ['violations'],
      });
      return result.violations.map(({ id, nodes }) => ({
        id,
        nodes: nodes.slice(0, 5).map((node) => `${node.target.join(' ')}: ${node.failureSummary}`),
      }));
    });
    await picture(page, `${screen}-${scheme}`);
    for (const violation of violations) violationsFound.push({ screen, scheme, ...violation });
  }
  await setScheme(page, 'light');
}

async function setScheme(page, scheme) {
  await page.evaluate(
    (value) => document.documentElement.setAttribute('data-mantine-color-scheme', value),
    scheme,
  );
  // Colours fade for 120 ms at most; half-way values would be measured as contrast faults. What turns for ever is left alone.
  // One that is paused, or never begins, is not waited for.
  await page.evaluate(() =>
    Promise.race([
      Promise.all(
        document
          .getAnimations()
          .filter((animation) => animation.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY)
          .map((animation) => animation.finished.catch(() => {})),
      ),
      new Promise((resolve) => setTimeout(resolve, 1000)),
    ]),
  );
}

export async function picture(page, name) {
  if (!pictures) return;
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

/** Polls for something that the page or the server will show by itself. */
export async function eventually(what, probe, timeout = 45_000) {
  const end = Date.now() + timeout;
  let last;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`not within ${timeout / 1000} s: ${what}`, { cause: last });
    await new Promise((wait) => setTimeout(wait, 100));
  }
}

/** JSON of the API with the session of a page. */
export async function apiOf(page, path) {
  return page.evaluate(async (address) => {
    const response = await fetch(`/api/v1${address}`);
    return response.json();
  }, path);
}

/** Sends a request with the session of a page, and gives what it is answered. */
export async function send(page, method, path, body, rev) {
  return page.evaluate(
    async (given) => {
      const reply = await fetch(`/api/v1${given.path}`, {
        method: given.method,
        headers: {
          'Content-Type': 'application/json',
          ...(given.rev === undefined ? {} : { 'If-Match': `"${given.rev}"` }),
          ...(given.method === 'POST' ? { 'Idempotency-Key': crypto.randomUUID() } : {}),
        },
        body: JSON.stringify(given.body),
      });
      if (!reply.ok) throw new Error(`${reply.status} ${await reply.text()}`);
      return reply.status === 204 ? undefined : reply.json();
    },
    { method, path, body, rev },
  );
}

/** What hands on a keyboard do in a page: no pointer is needed for any of it. */
export function keyboard(page) {
  const press = (key, times = 1) =>
    Array.from({ length: times }).reduce(
      (before) => before.then(() => page.keyboard.press(key)),
      Promise.resolve(),
    );
  const has = (locator) =>
    locator.evaluate(
      (element) =>
        element === document.activeElement ||
        // A group of radio buttons has the focus in one of them.
        (element.getAttribute('role') === 'radiogroup' && element.contains(document.activeElement)),
    );
  return {
    press,
    type: (text) => page.keyboard.type(text),
    /** Presses a key on something that the Tab key leads to. */
    async use(locator, key = 'Enter') {
      await locator.waitFor();
      assert.ok(await locator.evaluate((element) => element.tabIndex >= 0), 'the Tab key passes it');
      await locator.focus();
      await press(key);
    },
    /** Goes on with the Tab key until something has the focus. */
    async tabTo(locator, key = 'Tab') {
      // Radio buttons lie hidden under what is drawn of them.
      await locator.waitFor({ state: 'attached' });
      for (let i = 0; i < 120; i++) {
        if (await has(locator)) return;
        await press(key);
      }
      throw new Error('the Tab key does not lead there');
    },
    /** Writes into a field, over what it holds. */
    async write(locator, text) {
      await locator.waitFor();
      await locator.focus();
      await press('Control+a');
      if (text === '') await press('Delete');
      else await page.keyboard.type(text);
    },
    /** Opens a list of choices, finds one by typing where it can be, and takes it. */
    async choose(locator, option, typed) {
      await locator.waitFor();
      await locator.focus();
      if (typed !== undefined) {
        await press('Control+a');
        await page.keyboard.type(typed);
      } else await press('ArrowDown');
      const wanted = page.getByRole('option', { name: option }).first();
      await wanted.waitFor();
      // Which one the arrows stand at is said by the list.
      const chosen = () => wanted.evaluate((element) => element.hasAttribute('data-combobox-selected'));
      for (let i = 0; i < 60 && !(await chosen()); i++) await press('ArrowDown');
      assert.ok(await chosen(), 'the arrows do not lead there');
      await press('Enter');
      await wanted.waitFor({ state: 'detached' });
    },
    /** Does something by its name in the command palette. */
    async command(name) {
      await press('Control+k');
      await eventually('the palette has the focus', () =>
        page.evaluate(() => document.activeElement?.closest('[role="dialog"]') !== null),
      );
      await page.keyboard.type(name);
      await page.getByRole('option', { name }).first().waitFor();
      await press('Enter');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    },
  };
}

/** The designer of one process, as stories see it. */
export function designer(page, server, key) {
  const canvas = () => page.getByRole('application');
  const step = (id) => page.locator(`.react-flow__node[data-id="${id}"]`);
  const { press, type } = keyboard(page);
  return {
    canvas,
    step,
    inspector: () => page.locator('[data-inspector]'),
    undo: () => page.getByRole('button', { name: /^Undo: / }),
    problems: () => page.getByRole('region', { name: 'Problems', exact: true }),
    /** Makes the draft what is given and opens it; the process is made when it is not there. */
    async open(process, name = key) {
      const there = (await apiOf(page, '/definitions?limit=200')).items.some((item) => item.key === key);
      const made = there
        ? await apiOf(page, `/definitions/${key}`)
        : await send(page, 'POST', '/definitions', { key, name });
      const { nodes, ...rest } = made.draft;
      await send(page, 'PUT', `/definitions/${key}/draft`, { ...rest, nodes, ...process }, made.draftRev);
      await page.goto(`${server.url}/definitions/${key}`);
      const [first] = process.nodes;
      await (first ? step(first.id) : canvas()).waitFor();
    },
    /** The draft as it is stored, once everything is. */
    async draft() {
      await press('Control+s');
      await page.locator('[data-save="saved"]').waitFor({ state: 'attached' });
      return (await apiOf(page, `/definitions/${key}`)).draft;
    },
    /** Selects the one step of this name by searching for it. */
    async goTo(name) {
      await press('Control+f');
      await page.getByRole('textbox', { name: 'Search in the drawing' }).waitFor();
      await type(name);
      await page.getByText('1 match', { exact: true }).first().waitFor();
      await press('Enter');
      await press('Escape');
      await canvas().focus();
    },
  };
}

const steps = [];

/** Registers a step; steps run in order, and a failed one skips those behind it in the same story. */
export function story(title, parts) {
  steps.push({ title, parts });
}

/**
 * What most stories begin with: a server with the demo company, a browser, and people at their desks, each given by name
 * or as a name with the options of their browser.
 */
export async function workplace(people, options) {
  const server = await startServer(options);
  const browser = await startBrowser();
  const present = [];
  const signIn = async (name, more) => {
    const one = await person(browser, server, name, more);
    present.push(one);
    return one;
  };
  for (const one of people) await signIn(...[one].flat());
  return {
    server,
    browser,
    people: [...present],
    /** Somebody who comes later. */
    signIn,
    /** Runs the stories. In the end nothing went wrong in anybody's page, and no screen shuts anybody out. */
    play(tidyUp = async () => {}) {
      story('The end', [
        [
          'end',
          async () => {
            assertClean(...present);
            assertAccessible();
            await browser.close();
            await server.stop();
            await tidyUp();
          },
        ],
      ]);
      return runStories();
    },
  };
}

/**
 * Runs all stories and ends the process with the count as its last line. E2E_ONLY picks stories by their titles while
 * one of them is written; what they need from others must not be missing.
 */
export async function runStories() {
  const only = process.env.E2E_ONLY && new RegExp(process.env.E2E_ONLY);
  let passed = 0;
  let failed = 0;
  for (const { title, parts: all } of steps) {
    const parts = only && !only.test(title) ? all.filter(([name]) => name === 'end') : all;
    process.stdout.write(`${title}\n`);
    let broken = false;
    for (const [name, run] of parts) {
      if (broken && !name.startsWith('end')) {
        process.stdout.write(`  - ${name}: not reached\n`);
        failed++;
        continue;
      }
      const start = Date.now();
      try {
        await run();
        passed++;
        process.stdout.write(`  ok ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)\n`);
      } catch (error) {
        failed++;
        broken = true;
        process.stdout.write(`  FAILED ${name}\n${String(error?.stack ?? error).replace(/^/gm, '    ')}\n`);
        for (const { name: who, page, faults } of open) {
          await picture(page, `failed-${who}`).catch(() => {});
          if (faults.found.length > 0)
            process.stdout.write(`    ${who} saw: ${faults.found.join('\n      ')}\n`);
        }
        if (error?.cause) process.stdout.write(`    because: ${String(error.cause.stack ?? error.cause)}\n`);
      }
    }
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exit(failed > 0 || passed === 0 ? 1 : 0);
}
