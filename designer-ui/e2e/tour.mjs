// A walk through every screen, in a light, a dark and a phone's browser and in the languages with the longest words.
// It keeps a picture of each in the folder named by TOUR (default: tour/ in the folder for temporary files) and lists
// what can be judged without eyes: pages that scroll sideways, words that were never translated, faults in the console.
// TOUR_ONLY=designer,home takes these screens only, TOUR_VARIANTS=phone these browsers.
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiOf, eventually, person, startBrowser, startServer, watch } from './lib.mjs';

const folder = process.env.TOUR ?? join(tmpdir(), 'tour');
const only = process.env.TOUR_ONLY?.split(',');
const chosen = process.env.TOUR_VARIANTS?.split(',');

const desk = { width: 1366, height: 768 };
const phone = { width: 390, height: 844 };
const variants = [
  { name: 'light', language: 'en', viewport: desk },
  { name: 'dark', language: 'en', viewport: desk, colorScheme: 'dark' },
  { name: 'russian', language: 'ru', viewport: desk },
  { name: 'polish', language: 'pl', viewport: desk },
  { name: 'phone', language: 'en', viewport: phone, hasTouch: true },
  { name: 'phone-russian', language: 'ru', viewport: phone, hasTouch: true },
  { name: 'phone-polish', language: 'pl', viewport: phone, hasTouch: true },
  { name: 'narrow', language: 'pt-BR', viewport: { width: 320, height: 700 }, hasTouch: true, text: true },
].filter(({ name }) => chosen?.includes(name) ?? name !== 'narrow');

const menu = (page) => page.locator('[aria-haspopup="menu"]');

/** Screens: who looks, where, and what is opened there. `text` marks those that have to fit 320 px. */
const screens = (facts) => [
  { name: 'home', who: 'Marta', path: '/', text: true },
  { name: 'board', who: 'Marta', path: '/crm/deals' },
  { name: 'deal', who: 'Marta', path: `/crm/deals/${facts.deal}`, text: true },
  { name: 'leads', who: 'Marta', path: '/crm/leads' },
  { name: 'automation', who: 'Ada', path: `/crm/automation/${facts.pipeline}` },
  { name: 'calendar', who: 'Marta', path: '/calendar' },
  { name: 'resources', who: 'Marta', path: '/calendar/resources' },
  { name: 'list', who: 'Marta', path: '/crm/deals/list' },
  { name: 'products', who: 'Ada', path: '/crm/products' },
  { name: 'duplicates', who: 'Ada', path: '/crm/duplicates/contact' },
  { name: 'import', who: 'Marta', path: '/crm/import/contact' },
  { name: 'bin', who: 'Marta', path: '/crm/bin' },
  { name: 'status-processes', who: 'Ada', path: '/status-processes' },
  { name: 'feed', who: 'Marta', path: '/feed', text: true },
  { name: 'contacts', who: 'Marta', path: '/crm/contacts', text: true },
  { name: 'companies', who: 'Marta', path: '/crm/companies', text: true },
  { name: 'worklist', who: 'Marta', path: '/tasks', text: true },
  { name: 'worklist-task', who: 'Marta', path: `/tasks?task=${facts.task}`, text: true },
  { name: 'definitions', who: 'Dana', path: '/definitions' },
  { name: 'gallery', who: 'Dana', path: '/gallery' },
  { name: 'handbook', who: 'Dana', path: `/definitions/${facts.definition}/handbook` },
  { name: 'designer', who: 'Dana', path: `/definitions/${facts.definition}` },
  {
    name: 'designer-step',
    who: 'Dana',
    path: `/definitions/${facts.definition}`,
    desk: true,
    act: (page) => page.locator('.react-flow__node').nth(1).click(),
  },
  {
    name: 'designer-problems',
    who: 'Dana',
    path: `/definitions/${facts.definition}`,
    desk: true,
    act: (page) => page.locator('section[aria-label] > button[aria-expanded]').last().click(),
  },
  {
    name: 'designer-publish',
    who: 'Dana',
    path: `/definitions/${facts.definition}`,
    desk: true,
    act: async (page) => {
      await page
        .locator('header')
        .getByRole('button', { name: /^(Publish|Opublikuj|Опубликовать)$/ })
        .click();
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'versions', who: 'Dana', path: `/definitions/${facts.definition}/versions` },
  { name: 'definition-runs', who: 'Oscar', path: `/definitions/${facts.definition}/runs` },
  { name: 'runs', who: 'Oscar', path: '/runs' },
  { name: 'runs-processes', who: 'Oscar', path: '/runs/processes' },
  { name: 'runs-messages', who: 'Oscar', path: '/runs/messages' },
  { name: 'run', who: 'Oscar', path: `/runs/${facts.run}` },
  {
    name: 'notifications',
    who: 'Marta',
    path: '/',
    act: (page) => page.locator('header button').nth(-2).click(),
  },
  { name: 'user-menu', who: 'Ada', path: '/', act: (page) => menu(page).last().click() },
  ...facts.settings.map((path) => ({
    name: `settings-${path.split('/')[2] ?? 'appearance'}`,
    who: 'Ada',
    path,
  })),
  { name: 'not-found', who: 'Ada', path: '/nothing/here' },
];

/** Publishes the example, starts a run by moving a deal, and names what the screens show. */
async function prepare(browser, server) {
  const { page, context } = await person(browser, server, 'Ada');
  const definition = (await apiOf(page, '/definitions')).items.find(({ key }) => /contract/.test(key)).key;
  const { items: deals } = await apiOf(page, '/records/deal');
  const deal = deals.find(({ title }) => title === 'Turbine inspection service') ?? deals[0];
  await page.evaluate(
    async ([id, rev]) => {
      const answer = await fetch(`/api/v1/records/deal/${id}/stage`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'If-Match': `"${rev}"`,
          'Idempotency-Key': 'tour-of-all-screens',
        },
        body: JSON.stringify({ stage: 'contract' }),
      });
      if (!answer.ok) throw new Error(`the deal was not moved: ${answer.status} ${await answer.text()}`);
    },
    [deal.id, deal.rev],
  );
  const run = await eventually('a run', async () => (await apiOf(page, '/runs')).items[0]);
  const task = await eventually(
    'a task',
    async () => (await apiOf(page, '/tasks?view=all')).items[0] ?? (await apiOf(page, '/tasks')).items[0],
    60_000,
  ).catch(() => undefined);
  await page.goto(`${server.url}/settings`);
  const links = page.locator('nav a[href^="/settings"]');
  await links.nth(1).waitFor();
  const settings = [
    ...new Set(await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')))),
  ];
  await context.close();
  return {
    definition,
    deal: deal.id,
    pipeline: deal.pipelineId,
    settings,
    run: run.id,
    task: task?.id ?? '',
  };
}

/** What a picture does not show at once. */
const inspect = (page) =>
  page.evaluate(() => {
    const wide = document.documentElement.scrollWidth - window.innerWidth;
    const raw = document.body.innerText.match(
      /\b(nav|board|inbox|settings|runs|designer|common|error|shell)\.[a-z]+[A-Za-z.]*\b/g,
    );
    // What is inside a part that scrolls by itself can be reached.
    const scrolls = (element) => {
      for (let at = element; at && at !== document.body; at = at.parentElement) {
        if (['auto', 'scroll'].includes(getComputedStyle(at).overflowX) && at.scrollWidth > at.clientWidth)
          return true;
      }
      return false;
    };
    const cut = [...document.querySelectorAll('header *, h1, h2, button, [role=tab]')]
      .filter((element) => {
        const box = element.getBoundingClientRect();
        return (
          box.width > 0 &&
          (box.right > window.innerWidth + 1 || box.left < -1) &&
          !scrolls(element) &&
          !element.closest('[aria-hidden],nav,[data-command-scope=canvas]')
        );
      })
      .slice(0, 4)
      .map(
        (element) =>
          `${element.tagName.toLowerCase()} "${(element.textContent || element.ariaLabel || '').slice(0, 30)}"`,
      );
    return [
      wide > 0 && `scrolls sideways by ${wide} px`,
      raw && `not translated: ${raw.join(' ')}`,
      cut.length > 0 && `outside the page: ${cut.join(', ')}`,
    ].filter(Boolean);
  });

const server = await startServer();
const browser = await startBrowser();
let found = 0;
try {
  await mkdir(folder, { recursive: true });
  const list = screens(await prepare(browser, server));
  for (const { name: variant, language, text, ...options } of variants) {
    const say = (name, faults) => {
      found += faults.length;
      for (const fault of faults) process.stdout.write(`${variant} ${name}: ${fault}\n`);
    };
    if (!only || only.includes('sign-in')) {
      const context = await browser.newContext({ ...options, locale: language });
      const page = await context.newPage();
      const { found: faults } = watch(page);
      await page.goto(server.url);
      await page.locator('main button').first().waitFor();
      await page.screenshot({ path: join(folder, `sign-in-${variant}.png`) });
      say('sign-in', [...(await inspect(page)), ...faults]);
      await context.close();
    }
    const people = new Map();
    for (const { name, who, path, act, desk: wideOnly, text: fits } of list) {
      if ((only && !only.includes(name)) || (wideOnly && options.viewport.width < 700) || (text && !fits))
        continue;
      if (!people.has(who)) {
        const context = await browser.newContext({
          ...options,
          locale: language,
          timezoneId: 'Europe/Warsaw',
        });
        const page = await context.newPage();
        await page.addInitScript((value) => localStorage.setItem('fluxo.language', value), language);
        const { found: faults } = watch(page);
        await page.goto(server.url);
        await page.getByRole('button', { name: new RegExp(who) }).click();
        await page.locator('input[type="password"]').waitFor({ state: 'detached' });
        await page.locator('header').first().waitFor();
        people.set(who, { page, faults });
      }
      const { page, faults } = people.get(who);
      page.setDefaultTimeout(30_000);
      try {
        await page.goto(server.url + path, { waitUntil: 'networkidle' });
        // A page that is still being fetched shows nothing to look at.
        await page.waitForFunction(() => document.querySelector('main')?.innerText.trim());
        if (act) {
          await act(page);
          await page.waitForTimeout(600);
        }
        await page.screenshot({ path: join(folder, `${name}-${variant}.png`) });
        say(name, [...(await inspect(page)), ...faults.splice(0)]);
      } catch (error) {
        say(name, [String(error.message).split('\n')[0]]);
      }
    }
    for (const { page } of people.values()) await page.context().close();
  }
  process.stdout.write(`pictures in ${folder}; ${found} things to look at\n`);
} finally {
  await browser.close();
  await server.stop();
}
