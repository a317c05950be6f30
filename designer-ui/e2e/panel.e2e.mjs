// The property panel: values by name, conditions as groups, people, schedules. By keyboard where hands would do.
// covers U-33
import assert from 'node:assert/strict';
import { apiOf, checkAccessible, eventually, picture, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace([
  ['Dana', { permissions: ['clipboard-read', 'clipboard-write'] }],
]);
const [dana] = people;
const { page } = dana;

const inspector = () => page.locator('[data-inspector]');
const step = (id) => page.locator(`.react-flow__node[data-id="${id}"]`);

const PROCESS = {
  format: 'fluxo/process@1',
  key: 'panel',
  name: 'Panel',
  appliesTo: 'deal',
  parameters: [{ name: 'reason', label: 'Reason', type: 'string' }],
  nodes: [
    { id: 'begin', kind: 'startEvent' },
    {
      id: 'ask',
      kind: 'userTask',
      name: 'Ask',
      config: { assignee: { expr: 'head(record.responsible)' }, text: 'About {{ record.title }}.' },
    },
    { id: 'way', kind: 'exclusiveGateway', name: 'Large?', default: 'no' },
    { id: 'big', kind: 'endEvent', name: 'Large' },
    { id: 'small', kind: 'endEvent', name: 'Small' },
  ],
  flows: [
    { id: 'f1', from: 'begin', to: 'ask' },
    { id: 'f2', from: 'ask', to: 'way' },
    { id: 'yes', from: 'way', to: 'big', when: 'amount(record.amount) > 1000' },
    { id: 'no', from: 'way', to: 'small' },
  ],
};

async function draft() {
  await page.keyboard.press('Control+s');
  await page.locator('[data-save="saved"]').waitFor({ state: 'attached' });
  return (await apiOf(page, '/definitions/panel')).draft;
}

const nodeOf = async (id) => (await draft()).nodes.find((node) => node.id === id);
const whenOf = async (id) => (await draft()).flows.find((flow) => flow.id === id).when;

async function openPicker() {
  await page.keyboard.press('Control+i');
  await page.getByRole('combobox', { name: 'Search for a value or function' }).waitFor();
}

story('The property panel', [
  [
    'a value is inserted into a text by keyboard, and stands there by its name',
    async () => {
      await page.goto(`${server.url}/definitions`);
      await page.getByRole('button', { name: 'New process' }).click();
      await page.getByLabel(/^Name/).fill('Panel');
      await page.getByRole('button', { name: 'Create' }).click();
      await page.waitForURL(/\/definitions\/panel$/);
      await page.getByRole('application').waitFor();
      await draft();
      await page.evaluate(async (process) => {
        const current = await (await fetch('/api/v1/definitions/panel')).json();
        const reply = await fetch('/api/v1/definitions/panel/draft', {
          method: 'PUT',
          headers: { 'Content-Type': 'application/json', 'If-Match': `"${current.draftRev}"` },
          body: JSON.stringify(process),
        });
        if (!reply.ok) throw new Error(await reply.text());
      }, PROCESS);
      await page.reload();
      await step('ask').click();
      const text = inspector().getByRole('textbox', { name: 'Text', exact: true });
      await inspector().getByRole('img', { name: 'Inserted value: Deal: Title' }).waitFor();
      await text.focus();
      await page.keyboard.press('Control+End');
      await page.keyboard.type(' Because ');
      await openPicker();
      await page.keyboard.type('reason');
      await page.getByRole('option', { name: /Reason/ }).waitFor();
      await page.keyboard.press('Enter');
      await inspector().getByRole('img', { name: 'Inserted value: Reason' }).waitFor();
      await page.keyboard.type('!');
      assert.equal(
        (await nodeOf('ask')).config.text,
        'About {{ record.title }}. Because {{ params.reason }}!',
      );
    },
  ],
  [
    'it is copied as text, deleted as one, and opened to be edited',
    async () => {
      const text = inspector().getByRole('textbox', { name: 'Text', exact: true });
      await text.focus();
      await page.keyboard.press('Control+a');
      await page.keyboard.press('Control+c');
      assert.equal(
        await page.evaluate(() => navigator.clipboard.readText()),
        'About {{ record.title }}. Because {{ params.reason }}!',
      );
      await page.keyboard.press('Control+End');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('F2');
      await inspector().getByRole('img', { name: 'Inserted value: Reason' }).waitFor({ state: 'detached' });
      await page.keyboard.press('Control+End');
      await inspector().getByRole('img', { name: 'Inserted value: Reason' }).waitFor();
      await page.keyboard.press('Backspace');
      await page.keyboard.press('Backspace');
      assert.equal((await nodeOf('ask')).config.text, 'About {{ record.title }}. Because ');
      await text.focus();
      await openPicker();
      await picture(page, 'panel-picker');
      await checkAccessible(page, 'panel-picker');
      await page.keyboard.press('Escape');
      await page.getByRole('dialog', { name: 'Insert a value' }).waitFor({ state: 'detached' });
      assert.ok(await text.evaluate((element) => element.contains(document.activeElement)));
    },
  ],
  [
    'the record that expressions are tried on is chosen',
    async () => {
      const deals = (await apiOf(page, '/records/deal?limit=5')).items;
      const other = deals[1];
      await openPicker();
      const choice = page.getByRole('combobox', { name: 'Record to try it on' });
      await choice.fill(other.title);
      await page.getByRole('option', { name: other.title, exact: true }).click();
      await page.getByRole('combobox', { name: 'Search for a value or function' }).fill('record.title');
      await page.locator('[data-value="record.title"]').getByText(other.title).waitFor();
      await page.keyboard.press('Escape');
      await inspector().getByRole('textbox', { name: 'Text', exact: true }).focus();
      await inspector().locator('output').getByText(other.title).waitFor();
    },
  ],
  [
    'a person is named by the record, by the run, by name, or as the head of somebody',
    async () => {
      const who = inspector().getByRole('combobox', { name: 'Assignee' });
      await eventually(
        'it shows the person',
        async () => (await who.inputValue()) === 'Head of the responsible person',
      );
      await who.fill('started');
      await page.getByRole('option', { name: 'Who started the process', exact: true }).waitFor();
      await who.press('ArrowDown');
      await who.press('Enter');
      assert.deepEqual((await nodeOf('ask')).config.assignee, { expr: 'run.startedBy' });
      const { users } = await apiOf(page, '/directory');
      const marta = users.find(({ id }) => id === 'marta');
      await who.fill(marta.name);
      await page.getByRole('option', { name: new RegExp(marta.name) }).click();
      assert.equal((await nodeOf('ask')).config.assignee, 'marta');
      await inspector().getByRole('switch', { name: 'Their head instead' }).press('Space');
      assert.deepEqual((await nodeOf('ask')).config.assignee, { expr: 'head("marta")' });
    },
  ],
  [
    'a condition is put together from groups, and is the same expression as text',
    async () => {
      await step('way').click();
      const builder = inspector().locator('[data-group]').first();
      await builder.locator('[data-rule="amount(record.amount)"]').waitFor();
      await builder.getByRole('button', { name: 'Add a group' }).press('Enter');
      const inner = builder.locator('[data-group]');
      await inner.getByRole('button', { name: 'Add a line' }).press('Enter');
      await page.keyboard.type('record.title');
      await page.locator('[data-value="record.title"]').waitFor();
      await page.keyboard.press('Enter');
      await inner.getByRole('textbox', { name: 'Value' }).fill('Big "one"');
      await inner.getByRole('button', { name: 'Add a line' }).press('Enter');
      await page.keyboard.type('responsible');
      await page.locator('[data-value="record.responsible"]').waitFor();
      await page.keyboard.press('Enter');
      const line = inner.locator('[data-rule="record.responsible"]');
      await line.getByRole('combobox', { name: 'Comparison' }).click();
      await page.getByRole('option', { name: 'is not empty' }).click();
      const written =
        'amount(record.amount) > 1000 and (record.title == "Big \\"one\\"" or not isEmpty(record.responsible))';
      assert.equal(await whenOf('yes'), written);
      await picture(page, 'panel-builder');
      await checkAccessible(page, 'panel-builder');
      await inspector().getByText('Text', { exact: true }).first().click();
      const text = inspector().getByRole('textbox', { name: 'Condition' });
      assert.equal(await text.innerText(), written);
    },
  ],
  [
    'what groups cannot show stays text and says why',
    async () => {
      const text = inspector().getByRole('textbox', { name: 'Condition' });
      await text.fill('len(record.products) * 2 > 5');
      await inspector()
        .getByText(/Groups cannot show this/)
        .waitFor();
      await inspector()
        .getByText(/calculates/)
        .waitFor();
      assert.ok(await inspector().getByRole('radio', { name: 'Groups' }).isDisabled());
      await text.fill('not isEmpty(record.products)');
      await inspector()
        .getByText(/Groups cannot show this/)
        .waitFor({ state: 'detached' });
      await inspector().getByText('Groups', { exact: true }).click();
      await inspector().locator('[data-rule="record.products"]').waitFor();
      assert.equal(await whenOf('yes'), 'not isEmpty(record.products)');
    },
  ],
  [
    'a schedule is chosen in plain words and shows its next ten times',
    async () => {
      await step('begin').click();
      await inspector().getByRole('combobox', { name: 'What starts the process' }).click();
      await page.getByRole('option', { name: 'Schedule' }).click();
      const times = inspector().locator('[data-firings] li');
      await eventually('ten times are listed', async () => (await times.count()) === 10);
      await inspector().getByRole('combobox', { name: 'How often' }).click();
      await page.getByRole('option', { name: 'Every day' }).click();
      await inspector().getByLabel('At', { exact: true }).fill('02:30');
      await inspector().getByRole('combobox', { name: 'Time zone' }).fill('Sao_Paulo');
      await page.getByRole('option', { name: 'America/Sao_Paulo' }).click();
      await inspector().getByText('The next times, in America/Sao_Paulo').waitFor();
      await eventually('they are at half past two there', async () =>
        (await times.first().locator('time').innerText()).includes('02:30'),
      );
      assert.deepEqual((await nodeOf('begin')).trigger, {
        on: 'schedule',
        cron: '30 2 * * *',
        zone: 'America/Sao_Paulo',
      });
      await picture(page, 'panel-schedule');
      await checkAccessible(page, 'panel-schedule');
      await inspector().getByRole('combobox', { name: 'How often' }).click();
      await page.getByRole('option', { name: 'A rule of its own' }).click();
      dana.faults.allow(/422 POST \/api\/v1\/schedules\/preview/);
      await inspector().getByRole('textbox', { name: 'Rule' }).fill('61 * * * *');
      await inspector()
        .getByText(/This rule does not work/)
        .waitFor();
      await inspector().getByRole('textbox', { name: 'Rule' }).fill('0 9 1 * *');
      await eventually('ten times again', async () => (await times.count()) === 10);
    },
  ],
  [
    'all of it fits a phone',
    async () => {
      await page.setViewportSize({ width: 390, height: 844 });
      await page.reload();
      await page.locator('[data-line="way"]').click();
      await inspector().locator('[data-rule="record.products"]').waitFor();
      await inspector().getByRole('button', { name: 'Add a line' }).click();
      await page.getByRole('dialog', { name: 'Insert a value' }).waitFor();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      assert.ok(!wide, 'nothing is wider than the screen');
      await checkAccessible(page, 'panel-phone');
      await page.keyboard.press('Escape');
      await page
        .getByRole('toolbar', { name: 'Tools' })
        .getByRole('button', { name: 'Process', exact: true })
        .click();
      await inspector().getByRole('heading', { name: 'Parameters' }).waitFor();
    },
  ],
]);

await play();
