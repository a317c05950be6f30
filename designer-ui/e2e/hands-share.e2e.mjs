// A clash is decided and a process is carried to a file and back without a pointer; steps are copied, cut and distributed
// and a version is restored with it.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { apiOf, checkAccessible, designer, eventually, keyboard, send, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace([
  ['Dana', { permissions: ['clipboard-read', 'clipboard-write'] }],
  'Ada',
]);
const [dana, ada] = people;
const { page } = dana;
const { press, use, write, tabTo } = keyboard(page);
const { canvas, step, inspector, undo, draft, goTo, open } = designer(page, server, 'shared');

const mine = { assignee: { expr: 'run.startedBy' } };
const process = {
  nodes: [
    { id: 's', kind: 'startEvent' },
    { id: 'call', kind: 'userTask', name: 'Call', config: mine },
    { id: 'letter', kind: 'userTask', name: 'Write', config: mine },
    { id: 'e', kind: 'endEvent', name: 'Over' },
  ],
  flows: [
    { id: 'f1', from: 's', to: 'call' },
    { id: 'f2', from: 'call', to: 'letter' },
    { id: 'f3', from: 'letter', to: 'e' },
  ],
  notes: [{ id: 'remark', text: 'Be polite', at: [320, 200], size: [200, 100] }],
  layout: { s: { at: [0, 0] }, call: { at: [320, 0] }, letter: { at: [640, 0] }, e: { at: [1100, 0] } },
};

story('With the keyboard alone', [
  [
    'a clash is decided side by side',
    async () => {
      await open(process, 'Shared');
      await canvas().focus();
      await goTo('Write');
      await draft();
      await dana.context.setOffline(true);
      await write(inspector().getByLabel('Name', { exact: true }), 'Write an email');
      await page.locator('[data-save="offline"]').waitFor();
      const there = await apiOf(ada.page, '/definitions/shared');
      const patch = { element: 'nodes/letter', path: ['name'], before: 'Write', after: 'Write a postcard' };
      await send(ada.page, 'PATCH', '/definitions/shared/draft', { patches: [patch] }, there.draftRev);
      await dana.context.setOffline(false);
      await use(page.getByRole('button', { name: 'Resolve' }));
      const dialog = page.getByRole('dialog', { name: 'Changed by somebody else' });
      await dialog.locator('pre', { hasText: 'Write a postcard' }).waitFor();
      // The dialog has the focus; the Tab key leads to the choice and to the button.
      await tabTo(dialog.getByRole('radio', { checked: true }));
      await press('ArrowRight');
      await tabTo(dialog.getByRole('button', { name: 'Apply' }));
      await press('Enter');
      await dialog.waitFor({ state: 'detached' });
      await step('letter').getByText('Write a postcard').waitFor();
      await page.locator('[data-save="saved"]').waitFor({ state: 'attached' });
      assert.equal(
        (await apiOf(ada.page, '/definitions/shared')).draft.nodes[2].name,
        'Write a postcard',
        'theirs stays',
      );
      // Nothing but the network failed.
      const faults = dana.faults.found.splice(0);
      assert.deepEqual(
        faults.filter((fault) => !/ERR_INTERNET_DISCONNECTED|^answer: 409 /.test(fault)),
        [],
      );
    },
  ],
  [
    'a process becomes a file, and the file a process',
    async () => {
      const first = await apiOf(page, '/definitions/shared');
      const confirm = first.findings.map(({ code }) => code);
      await send(page, 'POST', '/definitions/shared/versions', { note: 'First', confirm }, first.draftRev);
      await page.goto(`${server.url}/definitions/shared/handbook?version=1`);
      await use(page.getByRole('button', { name: 'Save as', exact: true }));
      const item = page.getByRole('menuitem', { name: 'Process as a file' });
      await item.waitFor();
      const has = (locator) => locator.evaluate((element) => element === document.activeElement);
      for (let n = 0; n < 8 && !(await has(item)); n++) await press('ArrowDown');
      const [saved] = await Promise.all([page.waitForEvent('download'), press('Enter')]);
      const path = join(server.data, 'shared.json');
      await writeFile(path, await readFile(await saved.path(), 'utf8'));
      await page.goto(`${server.url}/definitions`);
      await use(page.getByRole('button', { name: 'Import', exact: true }));
      const choice = page.getByRole('menuitem', { name: 'Import from a file' });
      await choice.waitFor();
      for (let n = 0; n < 8 && !(await has(choice)); n++) await press('ArrowDown');
      await press('Enter');
      const dialog = page.getByRole('dialog', { name: 'Import a process from a file' });
      const file = dialog.getByRole('button', { name: 'Choose a file' });
      await eventually('the button for the file has the focus', () => has(file));
      const [chooser] = await Promise.all([page.waitForEvent('filechooser'), press('Enter')]);
      await chooser.setFiles(path);
      const name = dialog.getByLabel('Name of the process');
      await name.waitFor();
      await tabTo(name);
      await write(name, 'Shared again');
      await tabTo(dialog.getByRole('button', { name: 'Import', exact: true }));
      await press('Enter');
      await page.waitForURL(/\/definitions\/shared-2$/);
      const key = new URL(page.url()).pathname.split('/').at(-1);
      const made = (await apiOf(page, `/definitions/${key}`)).draft;
      assert.deepEqual(
        made.nodes.map(({ name: called }) => called ?? null),
        [null, 'Call', 'Write a postcard', 'Over'],
      );
    },
  ],
]);

story('With the pointer', [
  [
    'steps are distributed by the bar of the selection',
    async () => {
      await page.goto(`${server.url}/definitions/shared`);
      await step('call').waitFor();
      await page.getByRole('button', { name: 'Show everything' }).click();
      for (const id of ['call', 'letter', 'e'])
        await step(id).click({ modifiers: ['Shift'], position: { x: 12, y: 12 } });
      const bar = page.getByRole('toolbar', { name: 'Selection' });
      await bar.getByText('3 elements selected').waitFor();
      await checkAccessible(page, 'share-selection');
      await bar.getByRole('button', { name: 'Distribute horizontally' }).click();
      await eventually('the gaps are equal', async () => {
        const { layout } = await draft();
        const [a, b, c] = ['call', 'letter', 'e'].map((id) => layout[id].at[0]);
        return a === 320 && c === 1100 && Math.abs(b - a - 220 - (c - b - 220)) <= 1 && layout.call.placed;
      });
    },
  ],
  [
    'a step, and a note alone, are copied and cut by their menus',
    async () => {
      const menu = async (on, name) => {
        await on.click({ button: 'right', position: { x: 12, y: 12 } });
        await page.getByRole('menuitem', { name }).first().click();
      };
      const copied = () =>
        page.evaluate(async () => {
          const text = await navigator.clipboard.readText();
          return text.startsWith('{') ? JSON.parse(text) : {};
        });
      // A click means one step, also where several are selected.
      await step('letter').click({ position: { x: 12, y: 12 } });
      await page.getByRole('toolbar', { name: 'Selection' }).waitFor({ state: 'detached' });
      await menu(step('letter'), /^Copy/);
      await eventually(
        'the step is on the clipboard',
        async () => (await copied()).nodes?.[0].id === 'letter',
      );
      await page.getByRole('status').getByText('1 element copied').waitFor({ state: 'attached' });
      await menu(page.locator('[data-note="remark"]'), /^Copy/);
      await eventually('the note is there', async () => (await copied()).notes?.[0].text === 'Be polite');
      await menu(step('letter'), /^Cut/);
      await step('letter').waitFor({ state: 'detached' });
      assert.equal((await copied()).nodes[0].id, 'letter');
      // Whoever goes on by keys is in the drawing.
      assert.ok(await canvas().evaluate((drawing) => drawing.contains(document.activeElement)));
      await page.keyboard.press('Control+v');
      await step('letter').waitFor();
      await undo().click();
      await undo().click();
      await eventually('the drawing is as before', async () => {
        const { nodes, flows } = await draft();
        return nodes.length === 4 && flows.length === 3;
      });
    },
  ],
  [
    'a version is restored',
    async () => {
      await step('call').dblclick({ position: { x: 20, y: 14 } });
      await inspector().getByLabel('Name', { exact: true }).fill('Call twice');
      assert.equal((await draft()).nodes[1].name, 'Call twice');
      await page.goto(`${server.url}/definitions/shared/versions?version=1&with=draft`);
      await page.getByRole('button', { name: 'Restore as draft' }).click();
      const sure = page.getByRole('dialog', { name: 'Restore as draft' });
      await sure.getByRole('button', { name: 'Restore as draft' }).click();
      await eventually('the draft is what it was', async () => {
        const { draft: restored } = await apiOf(page, '/definitions/shared');
        return restored.nodes[1].name === 'Call';
      });
    },
  ],
]);

await play();
