// The operators' room by its ways: the version and the time that figures are about, a line found in a long history, and the links
// from an instance to what led to it, what it has led to and its record; with the pointer, then with the keyboard alone. Last, by
// keyboard: a message that nobody takes, instances moved to a new version, a process that is held.
// covers U-12, U-22
import assert from 'node:assert/strict';
import { apiOf, checkAccessible, eventually, keyboard, picture, send, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace(['Dana', 'Marta', 'Oscar', 'Ada']);
const [dana, marta, oscar, ada] = people;
const { page } = oscar;
const { press, type, tabTo, write, choose } = keyboard(page);

/** Begins by itself when a deal is qualified, and has the goods brought by another process. */
const sale = {
  key: 'sale',
  name: 'Sale',
  appliesTo: 'deal',
  nodes: [
    {
      id: 's',
      kind: 'startEvent',
      trigger: { on: 'stageEntered', pipeline: 'sales', stage: 'qualified' },
    },
    { id: 'bring', kind: 'callActivity', name: 'Have it brought', config: { process: 'delivery' } },
    { id: 'e', kind: 'endEvent', name: 'Sold' },
  ],
  flows: [
    { id: 'f1', from: 's', to: 'bring' },
    { id: 'f2', from: 'bring', to: 'e' },
  ],
};

/** Waits until the goods have come; the second version calls the step by another id. */
const delivery = (id) => ({
  key: 'delivery',
  name: 'Delivery',
  nodes: [
    { id: 's', kind: 'startEvent' },
    {
      id: 'note',
      kind: 'setVariables',
      name: 'Note the lorry',
      config: { set: [{ name: 'lorry', value: 7 }] },
    },
    { id, kind: 'receiveTask', name: 'Wait for the goods', trigger: { message: { name: 'come', key: '7' } } },
    { id: 'e', kind: 'endEvent', name: 'Brought' },
  ],
  flows: [
    { id: 'f1', from: 's', to: 'note' },
    { id: 'f2', from: 'note', to: id },
    { id: 'f3', from: id, to: 'e' },
  ],
  variables: [{ name: 'lorry', type: 'number', default: 0 }],
});

async function publish(process) {
  const { key, name } = process;
  const there = (await apiOf(dana.page, '/definitions?limit=200')).items.some((item) => item.key === key);
  const made = there
    ? await apiOf(dana.page, `/definitions/${key}`)
    : await send(dana.page, 'POST', '/definitions', { key, name });
  const saved = await send(
    dana.page,
    'PUT',
    `/definitions/${key}/draft`,
    { ...made.draft, ...process },
    made.draftRev,
  );
  const confirm = (saved.findings ?? []).map(({ code }) => code);
  await send(dana.page, 'POST', `/definitions/${key}/versions`, { confirm }, saved.draftRev);
}

const runOf = (id) => apiOf(page, `/runs/${id}`);
const button = (name, of = page) => of.getByRole('button', { name, exact: true });
const link = (name, of = page) => of.getByRole('link', { name, exact: true });
const tab = (name) => page.getByRole('tab', { name, exact: true });
const dialog = (name) => page.getByRole('dialog', { name });
const focused = (what, locator) =>
  eventually(what, () =>
    locator.evaluate((element) => element === document.activeElement).catch(() => false),
  );
const isFocused = (locator) => locator.evaluate((element) => element === document.activeElement);
/** Whoever goes on with the Tab key goes on from somewhere. */
const hasFocus = () =>
  eventually('something has the focus', () =>
    page.evaluate(() => document.activeElement !== null && document.activeElement !== document.body),
  );
const isAt = (id) => eventually('its page', () => new URL(page.url()).pathname === `/runs/${id}`);

/** How many instances run, as the page of all of them says. */
const running = () => page.locator('strong', { has: page.locator('xpath=../span[text()="Running"]') });
const showsRunning = (n) =>
  eventually(`${n} running`, async () => (await running().innerText()) === String(n));
/** The bars of what ended: one for each span of the period. */
const spans = () => page.getByRole('img', { name: /ended, .* started/ }).locator('rect');

const lines = () => page.getByRole('list', { name: 'History', exact: true }).getByRole('listitem');
const shows = (n) => eventually(`${n} lines`, async () => (await lines().count()) === n);

let parent;
let child;
let deal;

story('With the pointer', [
  [
    'the figures of a process are about a version and a period',
    async () => {
      await publish(delivery('come'));
      await publish(sale);
      deal = await send(marta.page, 'POST', '/records/deal', {
        pipelineId: 'sales',
        title: 'Forty chairs',
        responsibleId: 'marta',
      });
      await send(marta.page, 'POST', `/records/deal/${deal.id}/stage`, { stage: 'qualified' }, deal.rev);
      child = await eventually('what the sale has started', async () => {
        const { items } = await apiOf(page, '/runs?definition=delivery');
        return items[0]?.id;
      });
      parent = (await runOf(child)).parent.id;
      await send(page, 'POST', '/definitions/delivery/runs', {});
      await publish(delivery('here'));
      await send(page, 'POST', '/definitions/delivery/runs', {});
      await page.goto(`${server.url}/definitions/delivery/runs`);
      await showsRunning(1);
      await page.getByRole('combobox', { name: 'Version', exact: true }).click();
      await page.getByRole('option', { name: 'Version 1', exact: true }).click();
      await showsRunning(2);
      await eventually('two rows', async () => (await page.locator('tbody tr').count()) === 2);
      await page.getByRole('application', { name: 'All instances of Delivery, version 1' }).waitFor();
      await spans().first().waitFor({ state: 'attached' });
      const before = await spans().count();
      await page.getByText('30 days', { exact: true }).click();
      await eventually('other spans', async () => {
        const now = await spans().count();
        return now > 0 && now !== before;
      });
      await checkAccessible(page, 'links-version');
    },
  ],
  [
    'a line is found in the history, and the filter is taken away',
    async () => {
      await page.goto(`${server.url}/runs/${child}`);
      await lines().first().waitFor();
      const all = await lines().count();
      assert.ok(all > 3);
      await page.getByRole('searchbox', { name: 'Search in the history' }).fill('LORRY');
      await eventually('fewer', async () => (await lines().count()) < all);
      for (const line of await lines().allInnerTexts()) assert.match(line, /lorry/i);
      await button('Data and decisions').click();
      await page.getByRole('searchbox', { name: 'Search in the history' }).fill('nothing like it');
      await shows(0);
      await page.getByText('Nothing in the history fits').waitFor();
      await button('Clear filters').click();
      await eventually('everything', async () => (await lines().count()) >= all);
      assert.equal(await button('Data and decisions').getAttribute('aria-pressed'), 'false');
    },
  ],
  [
    'an instance leads to its parent, its record and its cause, and its parent back to it',
    async () => {
      await link('Sale').click();
      await isAt(parent);
      await page.getByRole('heading', { name: 'Sale', level: 1 }).waitFor();
      await tab('Relations').click();
      const panel = page.getByRole('tabpanel', { name: 'Relations' });
      await panel.getByText(/^A record changed or entered a stage/).waitFor();
      await panel.getByText('by the step "Have it brought" · its end is awaited').waitFor();
      await checkAccessible(page, 'links-relations');
      await panel.getByRole('link', { name: /^Delivery/ }).click();
      await isAt(child);
      await page.getByRole('heading', { name: 'Delivery', level: 1 }).waitFor();
      await button('Why?').click();
      const chain = page.getByRole('list', { name: 'The chain, the first cause first' });
      await link('Forty chairs: enters “Qualified”', chain).waitFor();
      await checkAccessible(page, 'links-why');
      await link('Process Sale, step “Have it brought”', chain)
        .or(chain.getByRole('link', { name: /^Process Sale/ }))
        .first()
        .click();
      await isAt(parent);
      await dialog('What led to it').waitFor({ state: 'detached' });
      await link('Forty chairs').click();
      await eventually('its record', () => page.url().includes(deal.id));
      await page.getByRole('heading', { name: 'Forty chairs' }).first().waitFor();
    },
  ],
]);

story('With the keyboard alone', [
  [
    'the figures are about another version and period',
    async () => {
      await page.goto(`${server.url}/definitions/delivery/runs`);
      await showsRunning(1);
      const version = page.getByRole('combobox', { name: 'Version', exact: true });
      await tabTo(version);
      await choose(version, 'Version 1');
      await showsRunning(2);
      await focused('the version keeps the focus', version);
      const period = page.getByRole('radiogroup', { name: 'Period' });
      await tabTo(period);
      await press('ArrowRight', 2);
      await eventually('ninety days', () => /period=90d/.test(page.url()));
      await focused('the period keeps the focus', period.getByRole('radio', { name: '90 days' }));
    },
  ],
  [
    'a line is found in the history, and the filter is taken away',
    async () => {
      await page.goto(`${server.url}/runs/${child}`);
      await lines().first().waitFor();
      const all = await lines().count();
      const search = page.getByRole('searchbox', { name: 'Search in the history' });
      await tabTo(search);
      await type('lorry');
      await eventually('fewer', async () => (await lines().count()) < all);
      await write(search, 'nothing like it');
      await shows(0);
      await tabTo(button('Clear filters'));
      await press('Enter');
      await eventually('everything', async () => (await lines().count()) >= all);
      await focused('the search has the focus', search);
      await tabTo(button('Data and decisions'));
      await press('Space');
      await page.locator('li[data-kind="variablesChanged"]').first().waitFor();
      assert.equal(await page.locator('li[data-kind="nodeEntered"]').count(), 0);
    },
  ],
  [
    'an instance leads to what led to it, and the focus comes back from there',
    async () => {
      const why = button('Why?');
      await tabTo(why, 'Shift+Tab');
      await press('Enter');
      const led = dialog('What led to it');
      const step = led.getByRole('link', { name: /^Process Sale/ });
      await step.waitFor();
      await press('Escape');
      await led.waitFor({ state: 'detached' });
      await focused('its button has the focus again', why);
      await press('Enter');
      await tabTo(step);
      await press('Enter');
      await isAt(parent);
      await led.waitFor({ state: 'detached' });
      await page.getByRole('heading', { name: 'Sale', level: 1 }).waitFor();
      await tabTo(tab('History'));
      await press('ArrowRight', 5);
      const down = page.getByRole('tabpanel', { name: 'Relations' }).getByRole('link', { name: /^Delivery/ });
      await tabTo(down);
      await press('Enter');
      await isAt(child);
      await page.getByRole('heading', { name: 'Delivery', level: 1 }).waitFor();
      await tabTo(link('Sale'));
      await press('Enter');
      await isAt(parent);
      await tabTo(link('Forty chairs'));
      await press('Enter');
      await eventually('its record', () => page.url().includes(deal.id));
    },
  ],
  [
    'a message that nobody takes is seen, dropped, and sent with the right key',
    async () => {
      await page.goto(`${server.url}/runs`);
      await tabTo(link('Messages'));
      await press('Enter');
      await page.getByText('No message waits').waitFor();
      await tabTo(button('Send a message'));
      await press('Enter');
      const form = dialog('Send a message');
      await focused('its name is asked first', form.getByLabel('Name'));
      await type('come');
      await tabTo(form.getByLabel('Key'));
      await type('8');
      await press('Enter');
      await form.waitFor({ state: 'detached' });
      await focused('the button has the focus again', button('Send a message'));
      const row = page.getByRole('row').filter({ hasText: 'come' });
      await row.getByText('Those who wait for it have other keys').waitFor();
      await tabTo(button('Send one like it: come'));
      await press('Enter');
      await tabTo(form.getByLabel('Key'));
      await press('Control+a');
      await type('7');
      await press('Enter');
      await form.waitFor({ state: 'detached' });
      await page
        .getByText(/^Taken by \d+ instances?$/)
        .first()
        .waitFor();
      await tabTo(button('Drop the message come'));
      await press('Enter');
      const sure = dialog('Drop the message come');
      await tabTo(button('Drop', sure));
      await press('Enter');
      await page.getByText('No message waits').waitFor();
    },
  ],
  [
    'instances are moved to a new version by a mapping',
    async () => {
      await publish(delivery('come'));
      const moved = [];
      for (let n = 0; n < 2; n++) {
        moved.push((await send(page, 'POST', '/definitions/delivery/runs', {})).id);
      }
      for (const id of moved) {
        await eventually('it waits', async () => (await runOf(id)).waits.length === 1);
      }
      await publish(delivery('here'));
      await page.goto(`${server.url}/runs?definition=delivery&state=active&version=3`);
      await eventually('two rows', async () => (await page.locator('tbody tr').count()) === 2);
      await tabTo(button('Repair all that match…'));
      await press('Enter');
      const form = dialog('Repair many instances');
      const what = form.getByRole('combobox', { name: 'What to do' });
      await tabTo(what);
      await choose(what, 'Move to another version');
      const becomes = form.getByRole('combobox', { name: 'Becomes: Wait for the goods' });
      await tabTo(becomes);
      await choose(becomes, 'Wait for the goods', 'goods');
      await tabTo(button('Look first', form));
      await press('Enter');
      await eventually(
        'both would move',
        async () => (await form.getByText('Moves', { exact: true }).count()) === 2,
      );
      await picture(page, 'links-migrate');
      await tabTo(form.getByLabel('Reason'));
      await type('the step has a new id');
      await tabTo(button('Start', form));
      await press('Enter');
      const job = dialog('Repair of many instances');
      await job.getByText('2 of 2: 2 changed, 0 not').waitFor();
      for (const id of moved) assert.equal((await runOf(id)).version, 4);
      await press('Escape');
      await job.waitFor({ state: 'detached' });
    },
  ],
  [
    'a process is held with a reason, and resumed',
    async () => {
      await page.goto(`${server.url}/definitions/delivery/runs`);
      await tabTo(button('Suspend process'));
      await press('Enter');
      const hold = dialog('Suspend “Delivery”');
      await tabTo(hold.getByLabel('Reason'));
      await type('the road is closed');
      await tabTo(button('Suspend', hold));
      await press('Enter');
      await hold.waitFor({ state: 'detached' });
      const banner = page.getByRole('status').filter({ hasText: 'The process “Delivery” is suspended.' });
      await banner.getByText('the road is closed').waitFor();
      await tabTo(button('Resume', banner));
      await press('Enter');
      const resume = dialog('Resume');
      await tabTo(button('Resume', resume));
      await press('Enter');
      await banner.waitFor({ state: 'detached' });
      await button('Suspend process').waitFor();
      assert.equal((await apiOf(page, '/suspensions')).items.length, 0);
    },
  ],
  [
    'everything is held with a reason, and goes on; the focus is never lost',
    async () => {
      await page.goto(`${server.url}/runs`);
      await tabTo(button('More for operators'));
      await press('Enter');
      const item = page.getByRole('menuitem', { name: 'Suspend the whole workspace' });
      await item.waitFor();
      if (!(await isFocused(item))) await press('ArrowDown');
      await focused('the menu has the focus', item);
      await press('Enter');
      const hold = dialog('Suspend the whole workspace');
      await tabTo(hold.getByLabel('Reason'));
      await type('the lease ends');
      await tabTo(button('Suspend', hold));
      await press('Enter');
      await hold.waitFor({ state: 'detached' });
      const banner = page.getByRole('status').filter({ hasText: 'The whole workspace is suspended.' });
      await banner.getByText('the lease ends').waitFor();
      await button('More for operators').waitFor({ state: 'detached' });
      await hasFocus();
      await tabTo(button('Resume', banner), 'Shift+Tab');
      await press('Enter');
      const resume = dialog('Resume');
      await tabTo(button('Resume', resume));
      await press('Enter');
      await banner.waitFor({ state: 'detached' });
      await hasFocus();
      assert.equal((await apiOf(page, '/suspensions')).items.length, 0);
    },
  ],
  [
    'a new version is published, and what runs is taken along by a choice',
    async () => {
      const { page } = ada;
      const { press, tabTo, choose } = keyboard(page);
      const run = (await send(page, 'POST', '/definitions/delivery/runs', {})).id;
      await eventually('it waits', async () => (await runOf(run)).waits.length === 1);
      const before = (await runOf(run)).version;
      const { draft, draftRev } = await apiOf(page, '/definitions/delivery');
      const other = JSON.parse(JSON.stringify(draft).replaceAll('"here"', '"gate"'));
      await send(page, 'PUT', '/definitions/delivery/draft', other, draftRev);
      await page.goto(`${server.url}/definitions/delivery`);
      await tabTo(button('Publish', page));
      await press('Enter');
      const form = page.getByRole('dialog', { name: `Publish version ${before + 1}` });
      const fate = form.getByRole('radiogroup', { name: 'What becomes of them' });
      await tabTo(fate);
      await press('ArrowRight');
      await form.getByText(/needs? a choice/).waitFor();
      // Those of an older version wait at a step of the same name: each is told by its id.
      for (const id of ['here', 'come']) {
        const becomes = form.getByRole('combobox', { name: `Becomes: Wait for the goods (${id})` });
        await tabTo(becomes);
        await choose(becomes, 'Wait for the goods', 'goods');
      }
      await form
        .getByText(/go(es)? over$/)
        .first()
        .waitFor();
      await checkAccessible(page, 'links-publish');
      const warnings = form.getByLabel('I have read the warnings and publish anyway');
      if (await warnings.isVisible()) {
        await tabTo(warnings);
        await press('Space');
      }
      await tabTo(button('Publish', form));
      await press('Enter');
      const done = page.getByRole('dialog', { name: 'Published' });
      await done.getByText(/, 0 not/).waitFor();
      assert.equal((await runOf(run)).version, before + 1);
      await press('Escape');
      await done.waitFor({ state: 'detached' });
      await focused('its button has the focus again', button('Publish', page));
    },
  ],
]);

await play();
