// What is kept to be used again: a secret whose value nobody reads twice, rules copied to another pipeline, and trials that
// are saved, renamed, played again and deleted.
// covers B-73
import assert from 'node:assert/strict';
import { apiOf, checkAccessible, eventually, picture, send, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace(['Ada', 'Dana']);
const [ada, dana] = people;
const { page } = dana;

const robots = [
  {
    id: 'hello',
    robot: 'comment.add',
    name: 'Welcome',
    config: { text: 'Welcome' },
    timing: { mode: 'immediate' },
  },
  {
    id: 'on',
    robot: 'record.setStage',
    name: 'Move on',
    config: { stage: 'contract' },
    timing: { mode: 'delay', amount: 3, unit: 'day' },
  },
];

const dialog = (name) => page.getByRole('dialog', { name, exact: true });
const robotsOf = async (pipeline, stage) =>
  (await apiOf(page, `/stage-boards/${pipeline}`)).stages.find((one) => one.stage === stage)?.robots ?? [];

story('A secret', [
  [
    'is kept under a name, and its value is never shown again',
    async () => {
      await ada.page.goto(`${server.url}/settings/secrets`);
      await ada.page.getByRole('button', { name: 'New secret' }).click();
      const form = ada.page.getByRole('dialog', { name: 'New secret' });
      await form.getByLabel(/^Name/).fill('Warehouse key');
      await form.getByLabel(/^Value/).fill('Bearer first-value');
      await form.getByLabel(/^May be sent to/).fill('api.example.com');
      await checkAccessible(ada.page, 'kept-secret-new');
      await form.getByRole('button', { name: 'Save', exact: true }).click();
      await form.waitFor({ state: 'detached' });
      const row = ada.page.getByRole('row', { name: /Warehouse key/ });
      await row.getByText('api.example.com').waitFor();
      await row.getByText('nowhere').waitFor();
      await checkAccessible(ada.page, 'kept-secrets');
      assert.ok(!(await ada.page.content()).includes('first-value'));
      assert.ok(!JSON.stringify(await apiOf(ada.page, '/secrets')).includes('first-value'));
    },
  ],
  [
    'gets another name and host without its value',
    async () => {
      await ada.page.getByRole('button', { name: 'Edit Warehouse key' }).click();
      const form = ada.page.getByRole('dialog');
      assert.equal(await form.getByLabel(/^New value/).inputValue(), '');
      await form.getByLabel(/^Name/).fill('Stock key');
      await form.getByLabel(/^May be sent to/).fill('stock.example.com');
      await form.getByRole('button', { name: 'Save', exact: true }).click();
      await ada.page
        .getByRole('row', { name: /Stock key/ })
        .getByText('api.example.com, stock.example.com')
        .waitFor();
    },
  ],
  [
    'is deleted after a question',
    async () => {
      await ada.page.getByRole('button', { name: 'Delete Stock key' }).click();
      await ada.page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
      await ada.page.getByText('No secrets').waitFor();
    },
  ],
]);

story('Rules of a stage', [
  [
    'are copied to another pipeline once it is said what is meant there',
    async () => {
      const board = await apiOf(page, '/stage-boards/sales');
      const stages = board.stages.map((one) => (one.stage === 'qualified' ? { ...one, robots } : one));
      await send(page, 'PUT', '/stage-boards/sales', { stages }, board.rev);
      await page.goto(`${server.url}/crm/automation/sales`);
      await page.getByRole('button', { name: 'Menu of the stage Qualified' }).click();
      await page.getByRole('menuitem', { name: 'Copy the rules to another pipeline …' }).click();
      const copy = dialog('Copy rules of Qualified');
      await copy.getByRole('combobox', { name: 'To the pipeline' }).click();
      await page.getByRole('option', { name: /^Quotes/ }).click();
      await copy.getByRole('combobox', { name: 'To the stage' }).click();
      await page.getByRole('option', { name: 'Sent', exact: true }).click();
      await copy.getByText('1 name is not there. Choose what stands for it.').waitFor();
      assert.ok(await copy.getByRole('button', { name: 'Copy', exact: true }).isDisabled());
      await checkAccessible(page, 'kept-copy');
      await copy.getByRole('combobox', { name: /^Stage: / }).click();
      await page.getByRole('option', { name: 'Accepted', exact: true }).click();
      await copy.getByText('Everything is there.').waitFor();
      await copy.getByRole('button', { name: 'Copy', exact: true }).click();
      await page.getByText('2 rules copied to Quotes.').first().waitFor();
      const copied = await robotsOf('quotes', 'sent');
      assert.deepEqual(
        copied.map(({ name, config }) => `${name} ${config.stage ?? ''}`),
        ['Welcome ', 'Move on accepted'],
      );
      assert.equal((await robotsOf('sales', 'qualified')).length, 2);
    },
  ],
]);

story('A trial', [
  [
    'is saved under a name',
    async () => {
      await page.goto(`${server.url}/crm/automation/sales`);
      await page.getByRole('button', { name: 'Try the rules' }).click();
      const trial = dialog('Trial: Sales');
      await trial.getByText('Made-up record').click();
      await trial.getByLabel('Title').fill('A harbour crane');
      await trial.getByLabel('Enters the stage').selectOption({ label: 'Qualified' });
      await trial.getByRole('button', { name: 'Begin', exact: true }).click();
      await trial.getByRole('button', { name: /^To what is next/ }).click();
      await trial.getByRole('region', { name: 'Stages of the trial' }).waitFor();
      await eventually('its step is played', () =>
        trial.getByRole('button', { name: 'One step back' }).isEnabled(),
      );
      await trial.getByRole('button', { name: 'Save the trial' }).click();
      const name = page.getByRole('textbox', { name: 'Name' });
      await eventually('the name can be typed', () =>
        name.evaluate((field) => field === document.activeElement),
      );
      await page.keyboard.type('Crane');
      await checkAccessible(page, 'kept-trial-name');
      await page.keyboard.press('Enter');
      await page.getByText('Saved: Crane').first().waitFor();
    },
  ],
  [
    'gets another name by keys, and ends as it did',
    async () => {
      const trial = dialog('Trial: Sales');
      await trial.getByRole('button', { name: 'Begin anew' }).click();
      const saved = trial.getByRole('region', { name: 'Saved trials' });
      await saved.getByRole('button', { name: 'Rename the trial “Crane”' }).focus();
      await page.keyboard.press('Enter');
      await eventually('the name can be typed', () =>
        page.evaluate(() => document.activeElement instanceof HTMLInputElement),
      );
      await page.keyboard.press('Control+a');
      await page.keyboard.type('Large crane');
      await checkAccessible(page, 'kept-trial-rename');
      await page.keyboard.press('Enter');
      await saved.getByRole('button', { name: 'Large crane', exact: true }).click();
      await trial.getByText('It ends as it did when it was saved.').waitFor();
    },
  ],
  [
    'says what ends otherwise with other rules, and is deleted',
    async () => {
      const board = await apiOf(page, '/stage-boards/sales');
      const stages = board.stages.map((one) =>
        one.stage === 'qualified'
          ? { ...one, robots: robots.map((own) => (own.id === 'on' ? { ...own, disabled: true } : own)) }
          : one,
      );
      await send(page, 'PUT', '/stage-boards/sales', { stages }, board.rev);
      await page.goto(`${server.url}/crm/automation/sales`);
      await page.getByRole('button', { name: 'Try the rules' }).click();
      const trial = dialog('Trial: Sales');
      const saved = trial.getByRole('region', { name: 'Saved trials' });
      await saved.getByRole('button', { name: 'Large crane', exact: true }).click();
      await trial.getByText('Stage: Qualified instead of Contract preparation').waitFor();
      await checkAccessible(page, 'kept-trial-differs');
      await trial.getByRole('button', { name: 'Begin anew' }).click();
      await saved.getByRole('button', { name: 'Delete the trial Large crane' }).click();
      const asked = dialog('Delete the trial Large crane');
      await asked.getByRole('button', { name: 'Cancel' }).click();
      await asked.waitFor({ state: 'detached' });
      await saved.getByRole('button', { name: 'Delete the trial Large crane' }).click();
      await asked.getByRole('button', { name: 'Delete', exact: true }).click();
      await saved.waitFor({ state: 'detached' });
      await picture(page, 'kept-trial-none');
    },
  ],
]);

await play();
