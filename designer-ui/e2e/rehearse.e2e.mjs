// A draft is played on the canvas with a clock of its own, what happened becomes a scenario, and a change that breaks it
// is told before publishing.
// covers U-10, U-40
import assert from 'node:assert/strict';
import { bid } from './bid.mjs';
import { apiOf, checkAccessible, eventually, picture, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace(['Dana']);
const [dana] = people;

async function call(method, path, body, rev) {
  const reply = await dana.page.evaluate(
    async ([verb, address, content, revision]) => {
      const headers = { 'Content-Type': 'application/json' };
      if (revision) headers['If-Match'] = revision;
      if (verb === 'POST') headers['Idempotency-Key'] = crypto.randomUUID();
      const response = await fetch(`/api/v1${address}`, {
        method: verb,
        headers,
        body: content === undefined ? undefined : JSON.stringify(content),
      });
      return { status: response.status, rev: response.headers.get('ETag'), text: await response.text() };
    },
    [method, path, body, rev],
  );
  assert.ok(reply.status < 300, `${method} ${path}: ${reply.status} ${reply.text}`);
  return reply;
}

const panel = () => dana.page.getByRole('complementary', { name: 'Rehearsal' });
const wait = (node) => panel().locator(`[data-wait="${node}"]`);
const tab = (name) => panel().getByRole('tab', { name }).click();
const end = (text) => panel().getByTestId('rehearsal-end').filter({ hasText: text }).waitFor();
const button = (name) => panel().getByRole('button', { name, exact: true });
const step = (id) => dana.page.locator(`.react-flow__node[data-id="${id}"]`);

story('A rehearsal', [
  [
    'starts with a sample record and variables',
    async () => {
      await call('POST', '/definitions', { key: 'bid', name: 'Bid' });
      const { rev } = await call('GET', '/definitions/bid');
      await call('PUT', '/definitions/bid/draft', bid, rev);
      await dana.page.goto(`${server.url}/definitions/bid`);
      await step('prepare').waitFor();
      await dana.page.getByRole('button', { name: 'Show everything' }).click();
      await dana.page.getByRole('button', { name: 'Rehearse' }).click();
      await panel().getByLabel('Price').fill('5000');
      await panel().getByLabel('The clock begins at').fill('2026-03-02T09:00');
      await checkAccessible(dana.page, 'rehearse-start');
      await button('Start').click();
      await wait('prepare')
        .getByText(/^Task · Dana/)
        .waitFor();
      await end('Waiting');
      assert.equal(await apiOf(dana.page, '/runs?definition=bid').then(({ items }) => items.length), 0);
    },
  ],
  [
    'moves the clock to the next timer, and shows what would be sent',
    async () => {
      await button('+ 1 day').click();
      await panel().locator('time[datetime^="2026-03-03T08:00"]').waitFor();
      await panel()
        .getByRole('button', { name: /^To the next timer/ })
        .click();
      await panel().locator('time[datetime^="2026-03-05T08:00"]').waitFor();
      await tab(/^Outbox/);
      await panel().getByText('The bid for Sample is late').waitFor();
      await picture(dana.page, 'rehearse-outbox');
    },
  ],
  [
    'decides tasks, and says what each condition compared',
    async () => {
      await tab('Now');
      await wait('prepare').getByRole('button', { name: 'Complete' }).click();
      await wait('ok').getByRole('button', { name: 'Refuse' }).waitFor();
      await tab('Data');
      await panel().getByText('vars.price > 1000').waitFor();
      await panel().getByText('true', { exact: true }).waitFor();
      await panel().locator('dt', { hasText: 'vars.price' }).waitFor();
      await checkAccessible(dana.page, 'rehearse-data');
      await tab('Now');
      // The drawing goes along, until somebody moves it by hand, and again when asked to.
      const follow = button('Show where it stands');
      // What lies outside of the view is not drawn at all.
      const seen = async () => (await step('ok').count()) === 1;
      assert.equal(await follow.getAttribute('aria-pressed'), 'true');
      await eventually('the drawing shows where it stands', seen);
      const view = await dana.page.getByRole('application').boundingBox();
      await dana.page.mouse.move(view.x + view.width / 2, view.y + view.height / 2);
      await dana.page.mouse.wheel(0, 3000);
      await eventually('moved by hand', async () => !(await seen()));
      await eventually(
        'it is not taken along any more',
        async () => (await follow.getAttribute('aria-pressed')) === 'false',
      );
      let last = '';
      let same = 0;
      await eventually('the drawing has come to rest', async () => {
        const now = await dana.page
          .locator('.react-flow__viewport')
          .first()
          .evaluate((viewport) => viewport.style.transform);
        same = now === last ? same + 1 : 0;
        last = now;
        return same >= 3;
      });
      await follow.focus();
      await dana.page.keyboard.press('Enter');
      await eventually('it is shown again', seen);
      await picture(dana.page, 'rehearse-now');
      await wait('ok').getByRole('button', { name: 'Refuse' }).click();
      await end('Completed');
    },
  ],
  [
    'goes back, looks at former moments, and goes another way',
    async () => {
      await tab('Steps');
      const steps = panel().locator('ol > li');
      await steps.first().getByRole('button').first().click();
      await eventually('the start is shown', async () =>
        /running|waiting/i.test(await step('prepare').innerHTML()),
      );
      await checkAccessible(dana.page, 'rehearse-steps');
      const before = (await steps.count()) - 1;
      await panel()
        .getByRole('button', { name: `Go back to step ${before}`, exact: true })
        .click();
      await end('Waiting');
      await tab('Now');
      await wait('ok').getByRole('button', { name: 'Agree' }).click();
      await end('Completed');
    },
  ],
  [
    'becomes a scenario that passes',
    async () => {
      await button('Save as scenario …').click();
      const dialog = dana.page.getByRole('dialog', { name: 'Save as scenario' });
      await dialog.getByLabel('Name').fill('large and agreed');
      await picture(dana.page, 'rehearse-save');
      await dialog.getByRole('button', { name: 'Save', exact: true }).click();
      await dialog.waitFor({ state: 'detached' });
      await tab('Scenarios');
      await button('Play all').click();
      await panel().getByText('The scenario passes').waitFor();
    },
  ],
  [
    'shows what broke after a change, and before publishing',
    async () => {
      await step('send').click({ position: { x: 20, y: 14 } });
      await dana.page.getByRole('application').focus();
      // A disabled step is passed by: nothing is sent any more.
      await dana.page.keyboard.press('d');
      await button('Play all').click();
      await panel().getByText('1 scenario broke').waitFor();
      await checkAccessible(dana.page, 'rehearse-broken');
      await dana.page.getByRole('button', { name: 'Publish', exact: true }).click();
      const dialog = dana.page.getByRole('dialog', { name: /^Publish/ });
      await dialog.getByText('1 scenario broke').waitFor();
      await dialog.getByText('large and agreed').waitFor();
      await checkAccessible(dana.page, 'rehearse-publish');
      await dialog.getByRole('button', { name: 'Open on the canvas' }).click();
      await dialog.waitFor({ state: 'detached' });
      await panel().getByText('It went differently than expected').waitFor();
      await step('send').locator('[data-sign="broken"]').waitFor();
      await picture(dana.page, 'rehearse-broken-canvas');
    },
  ],
]);

story('Test data and breakpoints', [
  [
    'a breakpoint stops a rehearsal in the middle, and it goes on step by step',
    async () => {
      const press = (key) => dana.page.keyboard.press(key);
      // The step that was disabled acts again.
      await dana.page.getByRole('application').focus();
      await press('Control+z');
      await tab('Now');
      await button('Start anew').click();
      await step('large').click();
      await dana.page.getByRole('application').focus();
      await press('F9');
      await step('large').locator('[data-sign="stop"]').waitFor();
      await tab('Now');
      await panel().getByLabel('Price').fill('5000');
      await button('Start').click();
      await wait('prepare').getByRole('button', { name: 'Complete' }).click();
      await panel().getByText('Stopped at “Large?”').waitFor();
      // The gateway has not decided yet.
      await tab('Data');
      await panel().getByText('No condition was looked at yet.').waitFor();
      await tab('Now');
      await checkAccessible(dana.page, 'rehearse-stopped');
      await press('F10');
      await panel().getByText('Stopped at “Approve the bid”').waitFor();
      await wait('ok').getByRole('button', { name: 'Refuse' }).waitFor();
      await press('F5');
      await end('Waiting');
      await panel().getByRole('button', { name: 'Do not stop before Large?' }).click();
      await step('large').locator('[data-sign="stop"]').waitFor({ state: 'detached' });
    },
  ],
  [
    'what a step brought is pinned by a key, and stands for it from then on',
    async () => {
      await wait('ok').getByRole('button', { name: 'Agree' }).click();
      await end('Completed');
      await step('ok').click({ position: { x: 20, y: 14 } });
      await dana.page.getByRole('application').focus();
      await dana.page.keyboard.press('p');
      await step('ok').locator('[data-sign="pin-fresh"]').waitFor();
      await tab('Now');
      await button('Start anew').click();
      await panel().getByLabel('Price').fill('7000');
      await button('Start').click();
      await wait('prepare').getByRole('button', { name: 'Complete' }).click();
      await end('Completed');
      await panel().getByText('Pinned test data was used: Approve the bid').waitFor();
      await picture(dana.page, 'rehearse-pinned');
      await tab('Settings');
      const pin = panel().getByRole('region', { name: 'Test data' });
      assert.equal(await pin.getByRole('combobox', { name: 'Answer' }).inputValue(), 'Agree');
      // The step means something else now.
      await panel().getByRole('combobox', { name: 'Rule' }).first().click();
      await dana.page.getByRole('option', { name: 'First answer' }).click();
      await step('ok').locator('[data-sign="pin-stale"]').waitFor();
      await pin.getByText('The step was changed since its test data was pinned').waitFor();
      await checkAccessible(dana.page, 'rehearse-pin');
      await pin.getByRole('button', { name: 'It still fits' }).click();
      await step('ok').locator('[data-sign="pin-fresh"]').waitFor();
    },
  ],
  [
    'test data is not published, and results of a real run are played again',
    async () => {
      const { page } = dana;
      await page.keyboard.press('Control+s');
      await page.locator('[data-save="saved"]').waitFor({ state: 'attached' });
      const { draft, draftRev, findings } = await apiOf(page, '/definitions/bid');
      assert.deepEqual(Object.keys(draft.pins), ['ok']);
      await call(
        'POST',
        '/definitions/bid/versions',
        { confirm: findings.map(({ code }) => code) },
        `"${draftRev}"`,
      );
      const { process } = await apiOf(page, '/definitions/bid/versions/1');
      assert.equal(process.pins, undefined);
      const deal = (await apiOf(page, '/records/deal?limit=1')).items[0];
      await call('POST', '/definitions/bid/runs', {
        recordType: 'deal',
        recordId: deal.id,
      });
      const task = await eventually('the first task', async () => (await apiOf(page, '/tasks')).items[0]);
      await call('POST', `/tasks/${task.id}/completion`, {});
      await eventually('the run is over', async () => {
        const { items } = await apiOf(page, '/runs?definition=bid&status=completed');
        return items.length === 1;
      });
      await tab('Now');
      await button('Start anew').click();
      await panel().getByRole('combobox', { name: 'Record' }).fill(deal.title.slice(0, 8));
      await page.getByRole('option', { name: deal.title }).click();
      await panel().getByRole('combobox', { name: 'Robots answer with' }).fill(deal.title.slice(0, 8));
      await page.getByRole('option', { name: new RegExp(deal.title) }).click();
      await panel()
        .getByText(/^Results of: .*Send the bid/)
        .waitFor();
      await checkAccessible(page, 'rehearse-recorded');
      await button('Start').click();
      await wait('prepare').getByRole('button', { name: 'Complete' }).click();
      await end('Completed');
      await tab('Steps');
      await panel()
        .getByText(/Send the bid .*\(recorded\)/)
        .waitFor();
      await tab('Data');
      await panel().getByText(deal.title).first().waitFor();
    },
  ],
]);

story('With the keyboard only', [
  [
    'a draft is run up to a step',
    async () => {
      const press = (key) => dana.page.keyboard.press(key);
      await button('End the rehearsal').focus();
      await press('Enter');
      await panel().waitFor({ state: 'detached' });
      await dana.page.getByRole('application').focus();
      await step('ok').click({ position: { x: 20, y: 14 } });
      await dana.page.getByRole('application').focus();
      await press('Control+k');
      await eventually('the palette has the focus', () =>
        dana.page.evaluate(() => document.activeElement?.closest('[role="dialog"]') !== null),
      );
      await dana.page.keyboard.type('Rehearse up to here');
      await dana.page
        .getByRole('option', { name: /Rehearse up to here/ })
        .first()
        .waitFor();
      await press('Enter');
      await panel().getByLabel('Price').focus();
      await dana.page.keyboard.type('2000');
      await button('Start').focus();
      await press('Enter');
      await wait('ok').getByRole('button', { name: 'Agree' }).focus();
      await press('Enter');
      await end('Completed');
      await dana.page.setViewportSize({ width: 390, height: 844 });
      await checkAccessible(dana.page, 'rehearse-phone');
    },
  ],
]);

await play();
