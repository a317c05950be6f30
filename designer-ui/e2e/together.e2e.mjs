// Two people in one draft: they see each other, both their edits survive, a clash is decided side by side. And nothing of an
// edit is lost: not by a closed tab, a crash of the server, a lost network, or signing out in another tab.
// covers U-05, U-06, U-09
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
  send,
  startBrowser,
  startServer,
  story,
} from './lib.mjs';

let server = await startServer();
const browser = await startBrowser();
const address = '/definitions/together';
let dana;
let ada;

const step = (page, id) => page.locator(`.react-flow__node[data-id="${id}"]`);
const here = (page) => page.getByRole('list', { name: 'Also here' });
const mark = (page, id) => page.locator(`[data-presence="${id}"]`);
const nameField = (page) => page.locator('[data-inspector]').getByLabel('Name', { exact: true });
const state = (page, kind) => page.locator(`[data-save="${kind}"]`).waitFor();
const stored = async (page, id) =>
  (await apiOf(page, address)).draft.nodes.find((node) => node.id === id)?.name;

async function open(page) {
  await page.goto(`${server.url}${address}`);
  await step(page, 'write').waitFor();
}

/** Writes a name as a person does, and leaves it to the designer to save it. */
async function rename(page, id, name) {
  await step(page, id).click();
  await nameField(page).fill(name);
}

story('Two people in one draft', [
  [
    'see each other, and where the other is',
    async () => {
      dana = await person(browser, server, 'Dana');
      ada = await person(browser, server, 'Ada');
      const made = await send(dana.page, 'POST', '/definitions', { name: 'Together' });
      await send(
        dana.page,
        'PUT',
        `${address}/draft`,
        {
          ...made.draft,
          nodes: [
            { id: 'begin', kind: 'startEvent' },
            { id: 'call', kind: 'userTask', name: 'Call', config: { assignee: 'dana' } },
            { id: 'write', kind: 'userTask', name: 'Write', config: { assignee: 'dana' } },
            { id: 'finish', kind: 'endEvent' },
          ],
          flows: [
            { id: 'f1', from: 'begin', to: 'call' },
            { id: 'f2', from: 'call', to: 'write' },
            { id: 'f3', from: 'write', to: 'finish' },
          ],
          layout: {
            begin: { at: [0, 0] },
            call: { at: [320, 0] },
            write: { at: [640, 0] },
            finish: { at: [960, 0] },
          },
        },
        made.draftRev,
      );
      await open(dana.page);
      assert.equal(await here(dana.page).count(), 0);
      await open(ada.page);
      await here(dana.page).getByRole('button', { name: 'Ada Sokolova is here' }).waitFor();
      await here(ada.page).getByRole('button', { name: 'Dana Wójcik is here' }).waitFor();
      await step(ada.page, 'write').click();
      await mark(dana.page, 'write').getByText('Ada Sokolova').waitFor();
      await checkAccessible(dana.page, 'together');
      await here(dana.page).getByRole('button', { name: 'Ada Sokolova is at “Write”' }).click();
      await mark(ada.page, 'write').getByText('Dana Wójcik').waitFor();
      await dana.page.keyboard.press('Control+Shift+O');
      await dana.page.locator('[data-line="write"]').getByText('Ada Sokolova is here').waitFor();
      await dana.page.keyboard.press('Control+Shift+O');
    },
  ],
  [
    'edit different steps at once: both survive, and undo is one’s own',
    async () => {
      await rename(ada.page, 'write', 'Write a letter');
      await rename(dana.page, 'call', 'Call them');
      await step(dana.page, 'write').getByText('Write a letter').waitFor();
      await step(ada.page, 'call').getByText('Call them').waitFor();
      await state(dana.page, 'saved');
      await dana.page.getByRole('button', { name: /^Undo: / }).click();
      await step(ada.page, 'call').getByText('Call', { exact: true }).waitFor();
      assert.equal(await stored(dana.page, 'write'), 'Write a letter');
      await dana.page.getByRole('button', { name: /^Redo: / }).click();
      await step(ada.page, 'call').getByText('Call them').waitFor();
    },
  ],
  [
    'decide a clash side by side, by writing the value that stays',
    async () => {
      await state(dana.page, 'saved');
      await dana.context.setOffline(true);
      dana.faults.allow(/./);
      await rename(dana.page, 'write', 'Write an email');
      await state(dana.page, 'offline');
      await rename(ada.page, 'write', 'Write a postcard');
      await eventually(
        'Ada’s name is saved',
        async () => (await stored(ada.page, 'write')) === 'Write a postcard',
      );
      await dana.context.setOffline(false);
      await dana.page.getByRole('button', { name: 'Resolve' }).click();
      const dialog = dana.page.getByRole('dialog', { name: 'Changed by somebody else' });
      await dialog.locator('pre', { hasText: 'Write a postcard' }).waitFor();
      await dialog.locator('pre', { hasText: 'Write an email' }).waitFor();
      await checkAccessible(dana.page, 'clash');
      await dialog.getByText('Write another').click();
      await dialog.getByLabel('The value that stays').fill('Write to them');
      await dialog.getByRole('button', { name: 'Apply' }).click();
      await step(ada.page, 'write').getByText('Write to them').waitFor();
      await step(dana.page, 'write').getByText('Write to them').waitFor();
      await state(dana.page, 'saved');
    },
  ],
  [
    'publish, and take what runs along: a step that is gone becomes another',
    async () => {
      const { page } = ada;
      const first = await apiOf(page, address);
      const confirm = first.findings.map(({ code }) => code);
      await send(page, 'POST', `${address}/versions`, { note: 'First', confirm }, first.draftRev);
      await send(page, 'POST', `${address}/runs`, {});
      const text = JSON.stringify(first.draft)
        .replaceAll('"call"', '"phone"')
        .replaceAll('Call them', 'Phone them');
      await send(page, 'PUT', `${address}/draft`, JSON.parse(text), first.draftRev);
      await step(page, 'phone').waitFor();
      await page.getByRole('button', { name: 'Publish' }).click();
      const dialog = page.getByRole('dialog', { name: 'Publish version 2' });
      await dialog.getByText('Version 1: 1 running').waitFor();
      await dialog.getByText('They go over to version 2').click();
      await dialog.getByText('1 needs a choice').waitFor();
      await dialog.getByRole('combobox', { name: 'Becomes: Call them' }).click();
      await page.getByRole('option', { name: 'Phone them' }).click();
      await dialog.getByText('1 goes over').waitFor();
      await checkAccessible(page, 'publish');
      const warnings = dialog.getByLabel('I have read the warnings and publish anyway');
      if (await warnings.isVisible()) await warnings.check();
      await dialog.getByRole('button', { name: 'Publish' }).click();
      const done = page.getByRole('dialog', { name: 'Published' });
      await done.getByText('1 of 1: 1 changed, 0 not').waitFor();
      await picture(page, 'moved');
      const runs = await apiOf(page, '/runs?definition=together');
      assert.equal(runs.items[0].version, 2);
      await done.getByRole('button', { name: 'Close' }).last().click();
    },
  ],
  [
    'no longer see who has left',
    async () => {
      assertClean(ada);
      await ada.context.close();
      await here(dana.page).waitFor({ state: 'detached' });
    },
  ],
]);

story('Nothing is lost', [
  [
    'by closing the tab before it was saved',
    async () => {
      await rename(dana.page, 'phone', 'Call at once');
      await dana.page.close();
      dana.page = await dana.context.newPage();
      await open(dana.page);
      await step(dana.page, 'phone').getByText('Call at once').waitFor();
      await eventually('it is saved', async () => (await stored(dana.page, 'phone')) === 'Call at once');
    },
  ],
  [
    'by a crash of the server, with what was saved and what was not',
    async () => {
      await rename(dana.page, 'phone', 'Call before');
      await eventually('it is saved', async () => (await stored(dana.page, 'phone')) === 'Call before');
      await server.kill();
      await rename(dana.page, 'write', 'Write meanwhile');
      await state(dana.page, 'offline');
      await picture(dana.page, 'offline');
      const { host } = new URL(server.url);
      server = await startServer({ data: server.data, listen: host });
      await state(dana.page, 'saved');
      assert.equal(await stored(dana.page, 'phone'), 'Call before');
      assert.equal(await stored(dana.page, 'write'), 'Write meanwhile');
    },
  ],
  [
    'by losing the network, and the tab with it',
    async () => {
      await dana.context.setOffline(true);
      await rename(dana.page, 'phone', 'Call from the train');
      await state(dana.page, 'offline');
      await dana.page.close();
      await dana.context.setOffline(false);
      dana.page = await dana.context.newPage();
      await open(dana.page);
      await step(dana.page, 'phone').getByText('Call from the train').waitFor();
      await state(dana.page, 'saved');
      assert.equal(await stored(dana.page, 'phone'), 'Call from the train');
    },
  ],
  [
    'by signing out in another tab, and nobody else sends it',
    async () => {
      const other = await dana.context.newPage();
      await other.goto(server.url);
      await other.getByRole('navigation', { name: 'Main navigation' }).waitFor();
      await dana.page.route('**/draft', (route) => route.abort());
      await rename(dana.page, 'write', 'Write before leaving');
      await state(dana.page, 'offline');
      await other.getByRole('button', { name: 'Menu of Dana Wójcik' }).click();
      await other.getByRole('menuitem', { name: 'Sign out' }).click();
      await other.getByRole('button', { name: /Ada/ }).waitFor();
      await dana.page.unroute('**/draft');
      await dana.page.reload();
      await dana.page.getByRole('button', { name: /Ada/ }).click();
      await dana.page.getByRole('navigation', { name: 'Main navigation' }).waitFor();
      await open(dana.page);
      await step(dana.page, 'write').waitFor();
      assert.equal(await step(dana.page, 'write').getByText('Write before leaving').count(), 0);
      await dana.page.getByRole('button', { name: 'Menu of Ada Sokolova' }).click();
      await dana.page.getByRole('menuitem', { name: 'Sign out' }).click();
      await dana.page.getByRole('button', { name: /Dana/ }).click();
      await dana.page.getByRole('navigation', { name: 'Main navigation' }).waitFor();
      await open(dana.page);
      await step(dana.page, 'write').getByText('Write before leaving').waitFor();
      await eventually(
        'it is saved',
        async () => (await stored(dana.page, 'write')) === 'Write before leaving',
      );
    },
  ],
  [
    'end: without a fault in the page',
    async () => {
      assertAccessible();
      await browser.close();
      await server.stop();
    },
  ],
]);

await runStories();
