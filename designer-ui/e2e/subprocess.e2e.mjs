// A sub-process is drawn with a step inside that has a time limit, folded, opened, and published.
import assert from 'node:assert/strict';
import { apiOf, checkAccessible, eventually, picture, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace(['Dana']);
const [dana] = people;

const step = (id) => dana.page.locator(`.react-flow__node[data-id="${id}"]`);
const inspector = () => dana.page.locator('[data-inspector]');

/** Selects a step on the canvas and adds another behind it by the keyboard. */
async function addAfter(id, words) {
  // The heading of a sub-process, not the steps in it.
  await step(id).click({ position: { x: 20, y: 14 } });
  await dana.page.getByRole('application').focus();
  await dana.page.keyboard.press('n');
  await dana.page.getByRole('combobox', { name: 'Which step?' }).fill(words);
  await dana.page.keyboard.press('Enter');
}

story('A sub-process', [
  [
    'is drawn behind the start, with a start and an end of its own',
    async () => {
      await dana.page.goto(`${server.url}/definitions`);
      await dana.page.getByRole('button', { name: 'New process' }).click();
      await dana.page.getByLabel(/^Name/).fill('Site visit');
      await dana.page.getByRole('button', { name: 'Create' }).click();
      await dana.page.waitForURL(/\/definitions\/site-visit/);
      const begin = dana.page.locator('.react-flow__node').first();
      const empty = dana.page.getByRole('button', { name: 'Started by hand' });
      await empty.click();
      const palette = dana.page.getByRole('complementary', { name: 'Steps' });
      await palette.getByRole('button', { name: 'End', exact: true }).click();
      await step('end').waitFor();
      await begin.waitFor();
      await addAfter(await begin.getAttribute('data-id'), 'Sub-process');
      await step('subProcess').waitFor();
      await dana.page.getByRole('button', { name: 'Show everything' }).click();
      await eventually('its steps are drawn', async () => {
        const box = await step('subProcess').boundingBox();
        const inner = await dana.page.locator('.react-flow__node').evaluateAll(
          (nodes, frame) =>
            nodes.filter((node) => {
              const { x, y, right, bottom } = node.getBoundingClientRect();
              return (
                x > frame.x && y > frame.y && right < frame.x + frame.width && bottom < frame.y + frame.height
              );
            }).length,
          box,
        );
        return inner === 2;
      });
    },
  ],
  [
    'takes a step inside, and that a time limit',
    async () => {
      const draft = (await apiOf(dana.page, '/definitions/site-visit')).draft;
      assert.ok(draft);
      const start = await eventually('the draft is saved', async () => {
        const { draft: saved } = await apiOf(dana.page, '/definitions/site-visit');
        return saved.nodes.find((node) => node.id === 'subProcess')?.nodes?.[0]?.id;
      });
      await addAfter(start, 'Step outside');
      await step('task').waitFor();
      await inspector().getByLabel('Name', { exact: true }).fill('Visit the site');
      await inspector().getByRole('button', { name: 'Add a time limit' }).click();
      await step('boundary').waitFor();
      await addAfter('boundary', 'End');
      await dana.page.getByRole('button', { name: 'Show everything' }).click();
      await picture(dana.page, 'subprocess-inside');
    },
  ],
  [
    'has nothing wrong',
    async () => {
      await dana.page.getByText('No problems').first().waitFor();
      await dana.page.getByRole('button', { name: 'Show everything' }).click();
      await checkAccessible(dana.page, 'subprocess');
    },
  ],
  [
    'folds away and opens in its place, and undo takes that back',
    async () => {
      await step('subProcess').getByRole('button', { name: 'Fold' }).click();
      await step('task').waitFor({ state: 'detached' });
      await checkAccessible(dana.page, 'subprocess-folded');
      await dana.page.getByRole('button', { name: /^Undo: / }).click();
      await step('task').waitFor();
    },
  ],
  [
    'repeats a step while a condition holds',
    async () => {
      await step('task').click();
      await inspector().locator('section[aria-label="How often"] input').first().click();
      await dana.page.getByRole('option', { name: 'While a condition holds' }).click();
      await inspector().getByText('At most so many times').waitFor();
      await step('task').locator('[data-marker="loop"]').waitFor();
      await checkAccessible(dana.page, 'subprocess-repeated');
      await dana.page.getByRole('button', { name: /^Undo: / }).click();
      await step('task').locator('[data-marker="loop"]').waitFor({ state: 'detached' });
    },
  ],
  [
    'is published as it was drawn',
    async () => {
      await dana.page.getByRole('button', { name: 'Publish', exact: true }).click();
      const dialog = dana.page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Publish', exact: true }).click();
      await dana.page
        .getByText(/Version 1 is published/)
        .first()
        .waitFor();
      const { process } = await apiOf(dana.page, '/definitions/site-visit/versions/1');
      const sub = process.nodes.find((node) => node.kind === 'subProcess');
      assert.deepEqual(sub.nodes.map((node) => node.kind).sort(), [
        'boundaryEvent',
        'endEvent',
        'endEvent',
        'startEvent',
        'task',
      ]);
      assert.equal(sub.flows.length, 3);
    },
  ],
]);

await play();
