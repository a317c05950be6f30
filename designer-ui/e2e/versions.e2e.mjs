// A process begins as a template, is compared, copied, carried to another place and read as a handbook.
// covers U-08, U-39
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { apiOf, checkAccessible, eventually, send, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace(['Dana']);
const [dana] = people;
const { page } = dana;

const menu = async (button, item) => {
  await page.getByRole('button', { name: button, exact: true }).click();
  return page.getByRole('menuitem', { name: item });
};
const saved = async (button, item) => {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    menu(button, item).then((choice) => choice.click()),
  ]);
  return file.path();
};

story('Templates', [
  [
    'are found by words and by category, by keyboard alone',
    async () => {
      await page.goto(`${server.url}/definitions`);
      await page.getByRole('link', { name: 'Templates' }).click();
      await page.getByRole('heading', { name: 'Leave request' }).waitFor();
      assert.equal(await page.getByRole('list', { name: 'Templates' }).getByRole('listitem').count(), 12);
      await checkAccessible(page, 'gallery');
      await page.getByLabel('Search templates').focus();
      await page.keyboard.type('fault many');
      await page.getByRole('heading', { name: 'Leave request' }).waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Look at Incident' }).focus();
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog', { name: 'Incident' });
      await dialog.getByText('Everything that the process names was found here.').waitFor();
      await checkAccessible(page, 'template');
      await dialog.getByLabel('Name of the process').focus();
      await page.keyboard.press('Enter');
      await page.getByText('No problems').waitFor();
      assert.equal(new URL(page.url()).pathname, '/definitions/incident');
    },
  ],
  [
    'begin with one click',
    async () => {
      await page.goto(`${server.url}/gallery?category=people`);
      await page.getByRole('heading', { name: 'Onboarding' }).waitFor();
      assert.equal(await page.getByRole('list', { name: 'Templates' }).getByRole('listitem').count(), 3);
      await page.getByRole('button', { name: 'Use this: Leave request' }).click();
      await page.getByText('No problems').waitFor();
    },
  ],
]);

story('Versions', [
  [
    'are compared with the draft, change by change, on the diagram and in text',
    async () => {
      const first = await apiOf(page, '/definitions/incident');
      await send(
        page,
        'POST',
        '/definitions/incident/versions',
        { note: 'From the template' },
        first.draftRev,
      );
      await send(page, 'POST', '/definitions/incident/runs', {});
      await send(
        page,
        'PATCH',
        '/definitions/incident/draft',
        {
          patches: [
            { element: 'nodes/mend', path: ['name'], before: 'Mend the fault', after: 'Repair it' },
            { element: 'layout/told', path: ['at'], before: [1740, 352], after: [1800, 400] },
            { element: 'nodes/review', path: ['description'], before: null, after: 'Without blame' },
          ],
        },
        first.draftRev,
      );
      await page.goto(`${server.url}/definitions/incident/versions?version=1&with=draft`);
      const changes = page.getByRole('complementary', { name: 'Changes from Version 1 to Draft' });
      await changes.getByText('0 of 2').waitFor();
      await page.keyboard.press('F8');
      await changes.getByText('1 of 2').waitFor();
      await page.keyboard.press('F8');
      await changes.getByText('2 of 2').waitFor();
      await page.keyboard.press('Shift+F8');
      await changes.getByText('1 of 2').waitFor();
      await changes.getByLabel('Also what only moved').check();
      await changes.getByText('of 3').waitFor();
      await changes.getByLabel('Also what only moved').uncheck();
      await checkAccessible(page, 'comparison');
      await changes.getByText('Side by side', { exact: true }).click();
      const sides = page.getByRole('application', { name: 'for comparison' });
      await sides.nth(1).waitFor();
      await changes.getByRole('button', { name: /Repair it/ }).click();
      await sides.nth(1).locator('.react-flow__node[data-id="mend"]').getByText('Repair it').waitFor();
      await sides.nth(0).locator('.react-flow__node[data-id="mend"]').getByText('Mend the fault').waitFor();
      await sides.nth(0).hover();
      await page.mouse.wheel(80, 40);
      await eventually('one takes the other along', async () => {
        const [left, right] = await page
          .locator('.react-flow__viewport')
          .evaluateAll((all) => all.map((viewport) => viewport.style.transform));
        return left === right && left !== '';
      });
      await checkAccessible(page, 'side-by-side');
      await changes.getByText('Text', { exact: true }).click();
      const text = page.getByRole('region', { name: 'Text' });
      await text.getByText('"name": "Repair it"').waitFor();
      await text.getByText('"name": "Mend the fault"').waitFor();
      assert.equal(await text.getByText('1800').count(), 0, 'where things are drawn is left out');
      await checkAccessible(page, 'comparison-text');
    },
  ],
  [
    'become new processes',
    async () => {
      await (await menu('More', 'Copy as a new process')).click();
      const dialog = page.getByRole('dialog', { name: 'Copy version 1' });
      await dialog.getByLabel('Name').fill('Outage');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Outage' }).waitFor();
      assert.equal(new URL(page.url()).pathname, '/definitions/outage');
    },
  ],
  [
    'say what runs when a new one is published',
    async () => {
      await page.goto(`${server.url}/definitions/incident`);
      await page.getByRole('button', { name: 'Publish' }).click();
      const dialog = page.getByRole('dialog', { name: 'Publish version 2' });
      await dialog.getByText('Version 1: 1 running').waitFor();
      await dialog.getByText('They go on with the version they began with.', { exact: false }).waitFor();
      await checkAccessible(page, 'publish');
      await dialog.getByRole('button', { name: 'Publish' }).click();
      await page.getByText('Version 2 is published', { exact: false }).first().waitFor();
    },
  ],
]);

story('Handbook and files', [
  [
    'a handbook tells who does what, until when and under which condition',
    async () => {
      await page.goto(`${server.url}/definitions/incident/handbook?version=2`);
      const step = page
        .getByRole('listitem')
        .filter({ has: page.getByRole('heading', { name: 'Repair it' }) });
      await step.getByText('IT', { exact: true }).waitFor();
      await page
        .getByText('if It stops many people (“Report the fault”) is yes', { exact: false })
        .first()
        .waitFor();
      await page.getByText('the person who started it').first().waitFor();
      await checkAccessible(page, 'handbook');
    },
  ],
  [
    'the diagram is saved as SVG and PNG that open again',
    async () => {
      const svg = await readFile(await saved('Save as', 'Diagram as SVG'), 'utf8');
      const size = await page.evaluate(async (source) => {
        const read = new DOMParser().parseFromString(source, 'image/svg+xml');
        if (read.querySelector('parsererror')) throw new Error(read.documentElement.textContent);
        const image = new Image();
        image.src = URL.createObjectURL(new Blob([source], { type: 'image/svg+xml' }));
        await image.decode();
        return { width: image.naturalWidth, says: read.documentElement.textContent.includes('Repair it') };
      }, svg);
      assert.ok(size.width > 1500, `${size.width} px wide`);
      assert.ok(size.says);
      assert.ok(!svg.includes('var(--'), 'colors are fixed');
      const png = await readFile(await saved('Save as', 'Diagram as PNG'));
      assert.equal(png.subarray(1, 4).toString(), 'PNG');
      assert.ok(png.length > 10_000, `${png.length} bytes`);
    },
  ],
  [
    'a file of another installation asks for what is not here',
    async () => {
      const file = JSON.parse(await readFile(await saved('Save as', 'Process as a file'), 'utf8'));
      const text = JSON.stringify(file).replaceAll('"group:it"', '"group:lab"').replaceAll('"it"', '"lab"');
      const path = join(server.data, 'elsewhere.json');
      await writeFile(path, text.replace('{"name":"IT"}', '{"name":"Laboratory"}'));
      await page.goto(`${server.url}/definitions`);
      await (await menu('Import', 'Import from a file')).click();
      const dialog = page.getByRole('dialog', { name: 'Import a process from a file' });
      await dialog.locator('input[type=file]').setInputFiles(path);
      await dialog.getByText('1 name was not found here', { exact: false }).waitFor();
      const act = dialog.getByRole('button', { name: 'Import', exact: true });
      assert.equal(await act.isDisabled(), true);
      // The dialog is there before the menu that it was chosen from has faded.
      await page.locator('[role=menu]').waitFor({ state: 'detached' });
      await checkAccessible(page, 'import');
      await dialog.getByRole('combobox', { name: 'Laboratory means here' }).click();
      await page.getByRole('option', { name: 'Support' }).click();
      await dialog.getByLabel('Name of the process').fill('Fault in the laboratory');
      await act.click();
      await page.getByText('No problems').waitFor();
      const made = await apiOf(page, `/definitions/${new URL(page.url()).pathname.split('/').at(-1)}`);
      const mend = made.draft.nodes.find(({ id }) => id === 'mend');
      assert.deepEqual(mend.config.groups, ['support']);
    },
  ],
  [
    'a file becomes the draft of a process that exists, after a look at what it changes',
    async () => {
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.evaluate(() => {
          window.location.href = '/api/v1/definitions/incident/file';
        }),
      ]);
      const path = join(server.data, 'incident.json');
      await writeFile(
        path,
        (await readFile(await file.path(), 'utf8')).replaceAll('Repair it', 'Make it good'),
      );
      await page.goto(`${server.url}/definitions/incident`);
      await page.getByText('No problems').waitFor();
      await page.keyboard.press('Control+K');
      await page
        .getByPlaceholder(/search/i)
        .last()
        .fill('Replace the draft');
      await page.getByText('Replace the draft by a file…').click();
      const dialog = page.getByRole('dialog', { name: 'Replace the draft by a file' });
      await dialog.locator('input[type=file]').setInputFiles(path);
      await dialog.getByRole('region', { name: 'What it changes' }).getByText('Make it good').waitFor();
      await checkAccessible(page, 'replace');
      await dialog.getByRole('button', { name: 'Replace the draft' }).click();
      await page.locator('.react-flow__node[data-id="mend"]').getByText('Make it good').waitFor();
      await page.getByRole('button', { name: /^Undo: / }).click();
      await page.locator('.react-flow__node[data-id="mend"]').getByText('Repair it').waitFor();
    },
  ],
]);

await play();
