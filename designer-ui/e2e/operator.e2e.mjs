// The operator's room: finding instances, comparing processes, looking back at one of them, and never being behind unseen.
// covers U-12
import assert from 'node:assert/strict';
import {
  apiOf,
  assertAccessible,
  assertClean,
  checkAccessible,
  eventually,
  person,
  picture,
  runStories,
  startBrowser,
  startServer,
  story,
} from './lib.mjs';

let server = await startServer();
const browser = await startBrowser();
let dana;
let oscar;

const mine = { expr: 'run.startedBy' };

const visit = {
  format: 'fluxo/process@1',
  key: 'visit',
  name: 'Visit',
  variables: [
    { name: 'city', type: 'string', default: 'Warszawa' },
    { name: 'people', type: 'number', default: 1 },
  ],
  nodes: [
    { id: 's', kind: 'startEvent' },
    { id: 'call', kind: 'userTask', name: 'Call the client', config: { assignee: mine } },
    { id: 'report', kind: 'userTask', name: 'Write the report', config: { assignee: mine } },
    { id: 'e', kind: 'endEvent', name: 'Visited' },
  ],
  flows: [
    { id: 'f1', from: 's', to: 'call' },
    { id: 'f2', from: 'call', to: 'report' },
    { id: 'f3', from: 'report', to: 'e' },
  ],
};

/** Its mail has no address that exists. */
const letter = {
  format: 'fluxo/process@1',
  key: 'letter',
  name: 'Letter',
  nodes: [
    { id: 's', kind: 'startEvent' },
    {
      id: 'mail',
      kind: 'robot',
      name: 'Send the letter',
      robot: 'mail.send',
      config: { to: { expr: '"nobody"' }, subject: 'Hello', body: 'Hello.' },
    },
    { id: 'e', kind: 'endEvent' },
  ],
  flows: [
    { id: 'f1', from: 's', to: 'mail' },
    { id: 'f2', from: 'mail', to: 'e' },
  ],
};

/** A call of the API with the session of a page. */
async function call(who, method, path, body, rev) {
  const reply = await who.page.evaluate(
    async ([verb, address, content, revision]) => {
      const headers = { 'Content-Type': 'application/json' };
      if (revision) headers['If-Match'] = revision;
      if (verb === 'POST') headers['Idempotency-Key'] = crypto.randomUUID();
      const response = await fetch(`/api/v1${address}`, {
        method: verb,
        headers,
        body: content === undefined ? undefined : JSON.stringify(content),
      });
      const text = await response.text();
      return {
        status: response.status,
        rev: response.headers.get('ETag'),
        data: text ? JSON.parse(text) : undefined,
      };
    },
    [method, path, body, rev],
  );
  assert.ok(reply.status < 300, `${method} ${path}: ${reply.status} ${JSON.stringify(reply.data)}`);
  return reply;
}

async function publish(process) {
  const { key, name } = process;
  await call(dana, 'POST', '/definitions', { key, name });
  const { rev } = await call(dana, 'GET', `/definitions/${key}`);
  const saved = await call(dana, 'PUT', `/definitions/${key}/draft`, process, rev);
  const confirm = (saved.data.findings ?? []).map(({ code }) => code);
  await call(dana, 'POST', `/definitions/${key}/versions`, { confirm }, saved.rev);
}

const begin = async (key) => (await call(oscar, 'POST', `/definitions/${key}/runs`, {})).data.id;
const runOf = (id) => apiOf(oscar.page, `/runs/${id}`);
const standsAt = (id, node) =>
  eventually(`${id} stands at ${node}`, async () =>
    (await runOf(id)).waits.some((wait) => wait.node === node),
  );

async function complete(who, id) {
  const { waits } = await apiOf(who.page, `/runs/${id}`);
  await call(who, 'POST', `/tasks/${waits[0].taskId}/completion`, {});
}

const rows = () => oscar.page.locator('tbody tr');
const showsRows = (n) => eventually(`${n} rows`, async () => (await rows().count()) === n);
const button = (name, exact = true) => oscar.page.getByRole('button', { name, exact });
const tab = (name) => oscar.page.getByRole('tab', { name, exact: true });
const region = (name) => oscar.page.getByRole('region', { name, exact: true });

/** Walks with the Tab key until the focus is on something of this name. */
async function tabTo(page, name, backwards = false) {
  for (let i = 0; i < 90; i++) {
    await page.keyboard.press(backwards ? 'Shift+Tab' : 'Tab');
    const here = await page.evaluate(() => {
      const element = document.activeElement;
      const labels = [...(element?.labels ?? [])].map((label) => label.textContent).join(' ');
      return `${element?.getAttribute('aria-label') ?? ''}|${labels}|${element?.textContent ?? ''}`;
    });
    if (here.split('|').some((text) => text.trim() === name)) return;
  }
  throw new Error(`the Tab key does not lead to "${name}"`);
}

let first;
let second;

story('Finding instances', [
  [
    'by a variable, a person, an incident and an age, in the address',
    async () => {
      dana = await person(browser, server, 'Dana');
      oscar = await person(browser, server, 'Oscar');
      await publish(visit);
      await publish(letter);
      first = await begin('visit');
      second = await begin('visit');
      const broken = await begin('letter');
      await standsAt(second, 'call');
      await call(oscar, 'POST', `/runs/${second}/actions`, {
        action: 'setVariables',
        variables: { city: 'Praha' },
        reason: 'they have moved',
      });
      await eventually('the mail fails', async () => (await runOf(broken)).incidents.length === 1);
      await oscar.page.goto(`${server.url}/runs`);
      await button('More filters').click();
      await oscar.page.getByLabel('Variable', { exact: true }).fill('city');
      await oscar.page.getByLabel('Its value').fill('praha');
      await button('Apply').click();
      await showsRows(1);
      await oscar.page.getByText('1 instance', { exact: true }).waitFor();
      assert.match(oscar.page.url(), /variable=city%3Dpraha/);
      await oscar.page.reload();
      await showsRows(1);
      await button('Remove filter: city=praha').click();
      await button('More filters').click();
      await oscar.page.getByRole('combobox', { name: 'Waits for person' }).click();
      await oscar.page.getByRole('option', { name: /Oscar/ }).click();
      await showsRows(2);
      await oscar.page.getByRole('combobox', { name: 'Started longer ago than' }).click();
      await oscar.page.getByRole('option', { name: '1 hour', exact: true }).click();
      await oscar.page.getByText('Nothing matches these filters').waitFor();
      await button('Clear filters').last().click();
      await oscar.page.getByLabel('Incident', { exact: true }).last().fill('MAIL');
      await oscar.page.keyboard.press('Enter');
      await showsRows(1);
      await checkAccessible(oscar.page, 'operator-list');
    },
  ],
  [
    'a view is saved for everybody, by keyboard',
    async () => {
      const { keyboard } = oscar.page;
      await tabTo(oscar.page, 'Saved views', true);
      await keyboard.press('Enter');
      await oscar.page.getByRole('menuitem', { name: 'Save as a view…' }).waitFor();
      await keyboard.press('ArrowDown');
      await keyboard.press('Enter');
      const dialog = oscar.page.getByRole('dialog', { name: 'Save as a view…' });
      await dialog.getByLabel('Name').waitFor();
      await keyboard.type('Mail trouble');
      await tabTo(oscar.page, 'Everybody sees it');
      await keyboard.press('Space');
      await keyboard.press('Enter');
      await dialog.waitFor({ state: 'detached' });
      await dana.page.goto(`${server.url}/runs`);
      await dana.page.getByRole('button', { name: 'Saved views' }).click();
      await dana.page.getByRole('menuitem', { name: /^Mail trouble/ }).click();
      await dana.page.getByRole('button', { name: 'Remove filter: Incident: MAIL' }).waitFor();
      await eventually('one row', async () => (await dana.page.locator('tbody tr').count()) === 1);
    },
  ],
]);

story('All processes', [
  [
    'are compared, and lead to their instances',
    async () => {
      await complete(oscar, first);
      await standsAt(first, 'report');
      await complete(oscar, first);
      await eventually('the first visit ends', async () => (await runOf(first)).status === 'completed');
      await oscar.page.goto(`${server.url}/runs/processes?q=Visit`);
      await showsRows(1);
      await oscar.page.getByRole('link', { name: 'Running: 1' }).waitFor();
      await oscar.page.getByRole('img', { name: '1 ended, 2 started' }).waitFor();
      await oscar.page.getByText('30 days').click();
      await eventually('the period', () => /period=30d/.test(oscar.page.url()));
      await checkAccessible(oscar.page, 'operator-processes');
      await oscar.page.getByRole('link', { name: 'Completed: 1' }).click();
      await showsRows(1);
    },
  ],
  [
    'one of them shows where time goes, as a map and as a table',
    async () => {
      await oscar.page.goto(`${server.url}/definitions/visit/runs`);
      await oscar.page.getByText('Median time', { exact: true }).click();
      await oscar.page.getByText('From all 2 instances of the period').waitFor();
      await eventually(
        'two heated steps',
        async () => (await oscar.page.locator('[data-heat]').count()) >= 2,
      );
      await checkAccessible(oscar.page, 'operator-heat');
      await tab('Steps').click();
      await oscar.page.getByRole('row', { name: /Write the report/ }).waitFor();
      await oscar.page.getByRole('button', { name: 'Call the client', exact: true }).click();
      await eventually('the step is chosen', () => /node=call/.test(oscar.page.url()));
    },
  ],
]);

story('One instance', [
  [
    'has a timeline that chooses steps',
    async () => {
      await oscar.page.goto(`${server.url}/runs/${first}`);
      await tab('Timeline').click();
      const bars = region('Timeline').locator('li[data-node]');
      await eventually('four bars', async () => (await bars.count()) === 4);
      await oscar.page.getByRole('button', { name: /^Call the client.*waits for a person/ }).click();
      await oscar.page.getByRole('complementary', { name: 'Call the client' }).waitFor();
      await button('Waited for a person').click();
      await eventually('two bars', async () => (await bars.count()) === 2);
      await button('Zoom in on the time').click();
      await button('Fit').click();
      await checkAccessible(oscar.page, 'operator-timeline');
    },
  ],
  [
    'shows any past moment, by keyboard',
    async () => {
      const { keyboard } = oscar.page;
      await tabTo(oscar.page, 'Record that is shown', true);
      await keyboard.press('Home');
      await eventually('the first record', () => /[?&]at=1(&|$)/.test(oscar.page.url()));
      const report = oscar.page.locator('[data-id="report"] [data-status]');
      await eventually(
        'the report is not reached',
        async () => (await report.getAttribute('data-status')) === 'idle',
      );
      await tabTo(oscar.page, 'Back to now');
      await keyboard.press('Enter');
      await eventually(
        'the report is done',
        async () => (await report.getAttribute('data-status')) === 'done',
      );
    },
  ],
  [
    'tells what was changed, by whom and when, and what was done by hand',
    async () => {
      await oscar.page.goto(`${server.url}/runs/${second}?tab=variables`);
      await oscar.page.getByText('1 change', { exact: true }).click();
      await oscar.page.getByText(/they have moved/).waitFor();
      await checkAccessible(oscar.page, 'operator-variables');
      await call(oscar, 'POST', `/runs/${second}/actions`, {
        action: 'move',
        node: 'call',
        to: 'report',
        reason: 'called already',
      });
      await standsAt(second, 'report');
      await tab('History').click();
      await button('Done by operators').click();
      await oscar.page.locator('li[data-kind="tokenMoved"]').waitFor();
      await eventually('the badge of the intervention', async () =>
        /called already/.test(
          (await oscar.page.locator('[data-id="call"] [data-tone="hand"]').getAttribute('title')) ?? '',
        ),
      );
      await checkAccessible(oscar.page, 'operator-history');
      await tab('Relations').click();
      await oscar.page.getByText(/^By hand: Oscar/).waitFor();
      await picture(oscar.page, 'operator-relations');
    },
  ],
]);

story('Live', [
  [
    'says that it is behind while the server is away, and catches up without a gap',
    async () => {
      await oscar.page.goto(`${server.url}/runs/${second}?tab=history`);
      await oscar.page.getByText('Live', { exact: true }).waitFor();
      const { url, data } = server;
      await server.stop({ keep: true });
      const behind = oscar.page.getByRole('status').filter({ hasText: /^Live updates paused, data from/ });
      await behind.waitFor();
      await picture(oscar.page, 'operator-behind');
      server = await startServer({ data, listen: new URL(url).host });
      await eventually('the server knows the session', async () =>
        (await dana.page.request.get(`${url}/api/v1/session`)).ok(),
      );
      const other = await oscar.context.newPage();
      await other.goto(`${url}/runs`);
      await complete({ page: other }, second);
      await other.close();
      await oscar.page.locator('li[data-kind="runCompleted"]').waitFor();
      await behind.waitFor({ state: 'detached' });
      await oscar.page.getByRole('switch', { name: 'Every record' }).click();
      const { seq } = await runOf(second);
      await eventually('every record once, in order', async () => {
        const shown = await oscar.page
          .locator('li[data-seq]')
          .evaluateAll((lines) => lines.map((line) => Number(line.dataset.seq)));
        return shown.length === seq && shown.every((number, index) => number === seq - index);
      });
      for (const who of [oscar, dana]) {
        const away = who.faults.found.filter(
          (fault) => !/WebSocket|ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/.test(fault),
        );
        who.faults.found.splice(0, who.faults.found.length, ...away);
      }
    },
  ],
  [
    'is usable at phone width',
    async () => {
      await oscar.page.setViewportSize({ width: 390, height: 844 });
      for (const [path, name] of [
        ['/runs?variable=city%3DPraha', 'list'],
        ['/runs/processes', 'processes'],
        ['/definitions/visit/runs?heat=median', 'heat'],
        [`/runs/${second}?tab=timeline`, 'run'],
      ]) {
        await oscar.page.goto(`${server.url}${path}`);
        await oscar.page.getByRole('heading', { level: 1 }).waitFor();
        await oscar.page.waitForLoadState('networkidle');
        const wide = await oscar.page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= 390, `${path} is ${wide} px wide`);
        await picture(oscar.page, `operator-phone-${name}`);
      }
    },
  ],
  [
    'the menu of a phone takes the focus, and closing it leads nowhere',
    async () => {
      const { page } = oscar;
      const before = page.url();
      const menu = page.getByRole('navigation', { name: 'Main navigation' });
      assert.equal(await menu.count(), 0, 'closed, it is not there for the keyboard');
      for (const close of [
        () => page.keyboard.press('Escape'),
        () => menu.getByRole('button', { name: 'Close menu' }).click(),
      ]) {
        await page.getByRole('button', { name: 'Open menu' }).click();
        await menu.getByRole('link', { name: 'Instances' }).waitFor();
        assert.ok(
          await menu
            .getByRole('button', { name: 'Close menu' })
            .evaluate((button) => button === document.activeElement),
        );
        await close();
        await menu.waitFor({ state: 'detached' });
        await eventually('its button has the focus again', () =>
          page
            .getByRole('button', { name: 'Open menu' })
            .evaluate((button) => button === document.activeElement),
        );
        assert.equal(page.url(), before);
      }
    },
  ],
]);

story('The end', [
  [
    'end: no fault in any page, no violation',
    async () => {
      assertClean(oscar, dana);
      assertAccessible();
      await browser.close();
      await server.stop();
    },
  ],
]);

await runStories();
