// The head of sales puts robots on two stages; a deal goes through them, and its page tells what each of them did.
// covers S-07
// Found as a person finds things: by roles, labels and words.
import assert from 'node:assert/strict';
import { apiOf, checkAccessible, eventually, picture, send, story, workplace } from './lib.mjs';

const { server, signIn, play } = await workplace([]);
let henrik;
let marta;
let page;
let deal;

const stage = (name) => page.getByRole('region', { name, exact: true });
const panel = () => page.getByRole('complementary', { name: /^Settings of/ });
const card = (name) => page.getByRole('button', { name, exact: true });
const saveBar = () => page.getByRole('region', { name: 'Unsaved changes' });

/** Opens the gallery of a stage, finds a robot by typing and takes it. */
async function add(to, words, kind) {
  await page.getByRole('button', { name: `Add a robot to ${to}` }).click();
  await page.getByRole('combobox', { name: 'What is to be done?' }).fill(words);
  await page.getByRole('option', { name: new RegExp(`^${kind}`) }).click();
  await panel().getByRole('heading', { name: kind, exact: true }).waitFor();
}

async function choose(label, option) {
  await panel().getByRole('combobox', { name: label }).first().click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

/** Writes into a text that can hold values. */
async function write(label, text) {
  await panel().getByRole('textbox', { name: label, exact: true }).click();
  await page.keyboard.insertText(text);
}

async function notifyResponsible(text) {
  const to = panel().getByRole('group', { name: 'To' });
  await to.getByRole('button', { name: 'Add' }).click();
  await to.getByRole('combobox').last().click();
  await page.getByRole('option', { name: 'Responsible person of the record', exact: true }).click();
  await write('Text', text);
}

story('The automation of a pipeline', [
  [
    'the board says what robots are while there are none',
    async () => {
      const ada = await signIn('Ada');
      const { items } = await apiOf(ada.page, '/users?limit=50');
      const { id, rev } = items.find(({ login }) => login === 'henrik');
      await send(ada.page, 'PATCH', `/users/${id}`, { roles: ['member', 'designer'] }, rev);
      await ada.context.close();
      henrik = await signIn('Henrik');
      page = henrik.page;
      await page.goto(`${server.url}/crm/deals`);
      await page.getByRole('link', { name: 'Automation' }).click();
      await page.getByRole('heading', { name: 'Automation: Sales' }).waitFor();
      await page.getByText('does something by itself when a record enters the stage').waitFor();
      await checkAccessible(page, 'automation-empty');
    },
  ],
  [
    'a notification at once, a task behind it, a mail after two days under a condition',
    async () => {
      await add('Qualified', 'notif', 'Send a notification');
      await notifyResponsible('A deal for you');
      await add('Qualified', 'task', 'Task');
      await choose('When it runs', 'After the one above');
      await panel().getByText('Runs after the one before.').waitFor();
      await choose('Assignee', 'Responsible person of the record');
      await panel().getByRole('textbox', { name: 'Name', exact: true }).fill('Call the client');
      await add('Qualified', 'mail', 'Send an e-mail');
      await choose('When it runs', 'Some time after entry');
      await panel().getByRole('textbox', { name: 'How long' }).fill('2');
      await panel().getByText('Runs 2 days after entry.').waitFor();
      await write('To', 'client@example.test');
      await write('Subject', 'Two days without news');
      await write('Text', 'How is it going?');
      await panel().getByRole('button', { name: 'Add a line' }).click();
      await page.getByRole('combobox', { name: 'Search for a value or function' }).fill('record.title');
      await page.locator('[data-value="record.title"]').click();
      await panel().getByRole('combobox', { name: 'Comparison' }).click();
      await page.getByRole('option', { name: 'contains', exact: true }).click();
      await panel().getByRole('textbox', { name: 'Value' }).fill('Automated');
      await stage('Qualified')
        .getByText(/Title contains/)
        .waitFor();
      await checkAccessible(page, 'automation-panel');
      await page.keyboard.press('Escape');
    },
  ],
  [
    'by keyboard: copied, moved to the next stage, deleted and brought back',
    async () => {
      await card('Send a notification').focus();
      await page.keyboard.press('Control+d');
      await page.keyboard.press('Alt+ArrowRight');
      const there = stage('Contract preparation').getByRole('button', {
        name: 'Send a notification',
        exact: true,
      });
      await there.waitFor();
      await eventually('the moved card has the focus', () =>
        there.evaluate((element) => element === document.activeElement),
      );
      await page.keyboard.press('Delete');
      await there.waitFor({ state: 'detached' });
      await page.keyboard.press('Control+z');
      await there.waitFor();
      await saveBar().getByRole('button', { name: '4 unsaved changes' }).click();
      await page
        .getByRole('list')
        .getByRole('button', { name: /New Call the client/ })
        .waitFor();
      await picture(page, 'automation-changes');
      await page.keyboard.press('Escape');
    },
  ],
  [
    'a closed tab loses nothing, and what somebody else has saved goes together with it',
    async () => {
      await page.reload();
      await saveBar().getByText('Your unsaved changes from last time are back.').waitFor();
      const board = await apiOf(page, '/stage-boards/sales');
      const comment = {
        id: 'won1',
        robot: 'comment.add',
        config: { text: 'Well done' },
        timing: { mode: 'immediate' },
      };
      const stages = board.stages.map(({ stage: id, robots, triggers }) => ({
        stage: id,
        triggers,
        robots: id === 'won' ? [comment] : robots,
      }));
      await send(page, 'PUT', '/stage-boards/sales', { stages }, board.rev);
      henrik.faults.allow(/^409 PUT .*stage-boards/);
      await page.keyboard.press('Control+s');
      const dialog = page.getByRole('dialog', { name: 'Somebody else has saved meanwhile' });
      await dialog.getByText('Add a comment').waitFor();
      await dialog.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved. It applies from the next entry on.').first().waitFor();
      await saveBar().waitFor({ state: 'detached' });
      const saved = await apiOf(page, '/stage-boards/sales');
      assert.deepEqual(
        saved.stages.map(({ robots }) => robots.length),
        [0, 3, 1, 0, 1, 0],
      );
      await checkAccessible(page, 'automation-board');
    },
  ],
  [
    'a stage is kept as a process with a name of its own',
    async () => {
      await page.getByRole('button', { name: 'Menu of the stage Qualified' }).click();
      await page.getByRole('menuitem', { name: 'Keep as a process' }).click();
      const name = page.getByRole('textbox', { name: /^Name of the process/ });
      assert.equal(await name.inputValue(), 'Sales: Qualified');
      await name.fill('What follows a qualification');
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/definitions\/what-follows-a-qualification$/);
      await page.locator('.react-flow__node').first().waitFor();
      const { draft } = await apiOf(page, '/definitions/what-follows-a-qualification');
      assert.ok(draft.nodes.some(({ name }) => name === 'Call the client'));
      await page.getByRole('heading', { name: 'What follows a qualification' }).waitFor();
      await page.goBack();
      await card('Call the client').waitFor();
    },
  ],
  [
    'a deal enters the stage, and its page says what each robot does',
    async () => {
      marta = await signIn('Marta');
      page = marta.page;
      deal = await send(page, 'POST', '/records/deal', {
        pipelineId: 'sales',
        title: 'Automated deal',
        responsibleId: 'marta',
        amount: 500_000,
        currency: 'PLN',
      });
      await page.goto(`${server.url}/crm/deals/${deal.id}?tab=automation`);
      await page.getByText('No robots on this stage').waitFor();
      await page.getByRole('button', { name: /^Qualified/ }).click();
      const row = (name) => page.getByRole('listitem').filter({ hasText: name });
      await row('Send a notification').getByText('Done').waitFor();
      await row('Call the client').getByText('Running').waitFor();
      await row('Send an e-mail').getByText('Waits').waitFor();
      await row('Send an e-mail')
        .getByText(/in 2 days/)
        .waitFor();
      await checkAccessible(page, 'automation-record');
      await page.getByRole('button', { name: /^Notifications/ }).click();
      await page.getByText('A deal for you').first().waitFor();
      await page.keyboard.press('Escape');
      await page.goto(`${server.url}/tasks`);
      await page.getByText('Call the client').first().waitFor();
    },
  ],
  [
    'it moves on: what waited is canceled, what had begun goes on',
    async () => {
      await page.goto(`${server.url}/crm/deals/${deal.id}?tab=automation`);
      await page.getByRole('button', { name: /^Contract preparation/ }).click();
      const row = (name) => page.getByRole('listitem').filter({ hasText: name });
      await row('Send a notification').getByText('Done').waitFor();
      const entry = page.getByRole('combobox', { name: 'Which entry of a stage' });
      const earlier = await entry.locator('option', { hasText: 'Qualified' }).getAttribute('value');
      await entry.selectOption(earlier);
      await row('Send an e-mail').getByText('Canceled').waitFor();
      await row('Call the client').getByText('Running').waitFor();
      await picture(page, 'automation-left');
    },
  ],
  [
    'on a telephone the columns are swiped, and the settings fill the screen',
    async () => {
      page = henrik.page;
      await page.setViewportSize({ width: 390, height: 844 });
      await page.reload();
      await card('Call the client').waitFor();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      assert.ok(!wide, 'nothing is wider than the screen');
      await card('Call the client').click();
      await panel().getByRole('textbox', { name: 'Name', exact: true }).waitFor();
      await checkAccessible(page, 'automation-phone');
    },
  ],
]);

await play();
