// A new installation: the printed setup code makes the first administrator, who makes pipelines and starts a process by hand.
// covers BP-01
import assert from 'node:assert/strict';
import {
  apiOf,
  assertAccessible,
  assertClean,
  checkAccessible,
  eventually,
  runStories,
  startBrowser,
  startServer,
  story,
  watch,
} from './lib.mjs';

const server = await startServer({ empty: true });
const browser = await startBrowser();
const context = await browser.newContext({
  viewport: { width: 1440, height: 900 },
  locale: 'en-US',
  colorScheme: 'light',
});
const page = await context.newPage();
page.setDefaultTimeout(20_000);
const ann = { name: 'Ann', page, faults: watch(page) };

const dialog = (name) => page.getByRole('dialog', { name });
const button = (name) => page.getByRole('button', { name, exact: true });
const pipelineNames = async () =>
  (await apiOf(page, '/pipelines?type=deal')).items.map(({ name }) => name).sort();

/** A visit that asks who starts it for a place. */
const visit = {
  format: 'fluxo/process@1',
  key: 'visit',
  name: 'Visit',
  parameters: [
    { name: 'place', type: 'string', label: 'Place', required: true },
    { name: 'days', type: 'integer', label: 'Days', default: 2 },
  ],
  nodes: [
    { id: 's', kind: 'startEvent' },
    { id: 'go', kind: 'userTask', name: 'Visit the client', config: { assignee: { expr: 'run.startedBy' } } },
    { id: 'e', kind: 'endEvent' },
  ],
  flows: [
    { id: 'f1', from: 's', to: 'go' },
    { id: 'f2', from: 'go', to: 'e' },
  ],
};

/** Publishes a process with the session of the page. */
const publish = (process) =>
  page.evaluate(async (document) => {
    const send = async (method, path, body, rev) => {
      const headers = { 'Content-Type': 'application/json' };
      if (rev) headers['If-Match'] = rev;
      if (method === 'POST') headers['Idempotency-Key'] = crypto.randomUUID();
      const reply = await fetch(`/api/v1/definitions${path}`, {
        method,
        headers,
        body: JSON.stringify(body),
      });
      if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
      return reply.headers.get('ETag');
    };
    const { key, name } = document;
    const created = await send('POST', '', { key, name });
    const saved = await send('PUT', `/${key}/draft`, document, created);
    await send('POST', `/${key}/versions`, { confirm: [] }, saved);
  }, process);

/** Fills the open dialog in and starts; gives the run that the page then shows. */
async function startVisit(place) {
  const asked = dialog('Start a process');
  await asked.getByLabel('Process').click();
  await page.getByRole('option', { name: 'Visit' }).click();
  await asked.getByLabel('Place').waitFor();
  assert.equal(await asked.getByLabel('Days').inputValue(), '2');
  await asked.getByRole('button', { name: 'Start', exact: true }).click();
  await asked.getByText('This field is required').waitFor();
  await asked.getByLabel('Place').fill(place);
  const sent = page.waitForRequest((request) => request.url().endsWith('/definitions/visit/runs'));
  await asked.getByRole('button', { name: 'Start', exact: true }).click();
  assert.deepEqual((await sent).postDataJSON().parameters, { place, days: 2 });
  await page.waitForURL(/\/runs\/[\w-]+$/);
  await page.getByRole('heading', { name: 'Visit' }).waitFor();
  return apiOf(page, `/runs/${page.url().split('/').pop()}`);
}

story('A new installation', [
  [
    'the printed code, and no other, makes the first administrator',
    async () => {
      const printed = await eventually(
        'the address with the setup code',
        () => /\S+\/sign-in#setup=([\w-]+)/.exec(server.log())?.[0],
      );
      await page.goto(server.url);
      await button('Create and sign in').click();
      await page.getByText('This field is required').first().waitFor();
      assert.equal(await page.getByText('This field is required').count(), 5);
      await page.getByLabel('Full name').fill('Ann Lee');
      await page.getByLabel('E-mail').fill('ann@example.test');
      await page.getByLabel('User name').fill('ann');
      await page.getByRole('textbox', { name: 'Password' }).fill('correct horse battery');
      await page.getByLabel('Setup code').fill('AAAA-BBBB-CCCC');
      ann.faults.allow(/403 POST .*\/setup/);
      await button('Create and sign in').click();
      await page.getByText('This is not the setup code of this installation').waitFor();
      await checkAccessible(page, 'setup');
      // The page is open already: the address changes behind the hash only.
      await page.goto(printed);
      await eventually(
        'the code of the address is filled in',
        async () => (await page.getByLabel('Setup code').inputValue()) === printed.split('=')[1],
      );
      await button('Create and sign in').click();
      await page.getByRole('heading', { name: 'Hello, Ann' }).waitFor();
    },
  ],
  [
    'pipelines are deleted, made and renamed',
    async () => {
      await page.goto(`${server.url}/crm/deals`);
      await button('Edit pipeline').click();
      await dialog('Edit pipeline').getByRole('button', { name: 'Delete pipeline' }).click();
      await dialog('Delete pipeline').getByText('gone for good').waitFor();
      await dialog('Delete pipeline').getByRole('button', { name: 'Delete pipeline' }).click();
      await page.getByText('There is no pipeline yet').waitFor();
      await button('Create pipeline').click();
      await dialog('New pipeline').getByLabel('Name of the pipeline').fill('Clients');
      await dialog('New pipeline').getByRole('button', { name: 'Create pipeline' }).click();
      await page.getByRole('heading', { name: 'Clients' }).waitFor();

      await button('Edit pipeline').click();
      await dialog('Edit pipeline').getByRole('button', { name: 'New pipeline' }).click();
      await dialog('New pipeline').getByLabel('Name of the pipeline').fill('Service');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Service' }).waitFor();
      assert.deepEqual(await pipelineNames(), ['Clients', 'Service']);

      await button('Edit pipeline').click();
      const edit = dialog('Edit pipeline');
      await edit.getByLabel('Name of the pipeline').fill('');
      await edit.getByText('This field is required').waitFor();
      assert.equal(await edit.getByRole('button', { name: 'Save' }).isDisabled(), true);
      await edit.getByLabel('Name of the pipeline').fill('Partners');
      await checkAccessible(page, 'pipeline');
      await edit.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('heading', { name: 'Partners' }).waitFor();
      assert.deepEqual(await pipelineNames(), ['Clients', 'Partners']);
    },
  ],
  [
    'a process is started by hand, from the list of instances and from a deal',
    async () => {
      await publish(visit);
      await page.goto(`${server.url}/runs`);
      await button('Start a process').click();
      const free = await startVisit('Gdynia');
      assert.equal(free.recordId ?? '', '');

      await page.goto(`${server.url}/crm/deals`);
      await button('New deal').click();
      await dialog('New deal').getByLabel('Title').fill('Scanners');
      await dialog('New deal').getByRole('button', { name: 'Create' }).click();
      await page.waitForURL(/\/crm\/deals\/[\w-]+/);
      await page.getByRole('tab', { name: 'Processes' }).click();
      await button('Start a process').click();
      const about = await startVisit('Sopot');
      assert.equal(about.recordTitle, 'Scanners');
      await page.goBack();
      await page.getByRole('tabpanel').getByRole('link', { name: 'Visit' }).waitFor();
    },
  ],
  [
    "fields of one's own: with values from a list, required on a stage, asked for by the move",
    async () => {
      await page.goto(`${server.url}/settings/fields`);
      await button('Add list').click();
      const list = dialog('Add list');
      await list.getByLabel('Name of the list').fill('Sources');
      await list.getByRole('textbox', { name: 'Value 1' }).fill('Fair');
      await list.getByRole('button', { name: 'Add value' }).click();
      await list.getByRole('textbox', { name: 'Value 2' }).fill('Web site');
      await list.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('cell', { name: 'Fair, Web site' }).waitFor();

      await button('Add field').click();
      const field = dialog('Add field');
      await field.getByRole('button', { name: 'Save' }).click();
      await field.getByText('This field is required').waitFor();
      await field.getByLabel('Label').fill('Source');
      await field.getByRole('combobox', { name: 'Type' }).click();
      await page.getByRole('option', { name: 'Value from a list' }).click();
      await field.getByRole('combobox', { name: 'List of values' }).click();
      await page.getByRole('option', { name: 'Sources' }).click();
      await field.getByRole('combobox', { name: 'Required on stages' }).click();
      await page.getByRole('option', { name: 'In work' }).first().click();
      await page.keyboard.press('Escape');
      await checkAccessible(page, 'field');
      await field.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('row', { name: /Source.*Value from a list.*In work.*record.source/ }).waitFor();
      await checkAccessible(page, 'fields');

      await page.goto(`${server.url}/crm/deals`);
      await page.getByRole('link', { name: 'Scanners' }).click();
      ann.faults.allow(/422 POST .*\/stage/);
      await page.getByRole('button', { name: 'In work' }).click();
      const missing = dialog('In work needs more');
      await missing.getByRole('button', { name: 'Save and move' }).click();
      await missing.getByText('must be given').or(missing.getByText('must not be empty')).first().waitFor();
      await missing.getByRole('combobox', { name: 'Source' }).click();
      await page.getByRole('option', { name: 'Fair' }).click();
      await checkAccessible(page, 'missing fields');
      await missing.getByRole('button', { name: 'Save and move' }).click();
      await page.getByText('Scanners is now on In work').first().waitFor();
      await page.getByRole('definition').filter({ hasText: 'Fair' }).waitFor();
      await page.getByRole('tab', { name: 'Timeline' }).click();
      await page
        .getByText(/Source.*Fair/)
        .first()
        .waitFor();
    },
  ],
  [
    'end',
    async () => {
      assertClean(ann);
      assertAccessible();
      await browser.close();
      await server.stop();
    },
  ],
]);

await runStories();
