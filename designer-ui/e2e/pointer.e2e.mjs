// What the pointer does on the canvas beside dragging: steps are searched for in the palette and put in by the small buttons,
// the map is folded, a search is walked, a part is laid out; each beside its key.
// covers U-33
import assert from 'node:assert/strict';
import { checkAccessible, designer, eventually, keyboard, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace(['Dana']);
const [dana] = people;
const { page } = dana;
const { press, use, tabTo } = keyboard(page);
const { canvas, step, undo, draft, goTo, open } = designer(page, server, 'pointer');

const mine = { assignee: { expr: 'run.startedBy' } };
const process = {
  nodes: [
    { id: 's', kind: 'startEvent' },
    { id: 'call', kind: 'userTask', name: 'Call them', config: mine },
    { id: 'letter', kind: 'userTask', name: 'Write to them', config: mine },
    { id: 'e', kind: 'endEvent', name: 'Over' },
  ],
  flows: [
    { id: 'f1', from: 's', to: 'call' },
    { id: 'f2', from: 'call', to: 'letter' },
    { id: 'f3', from: 'letter', to: 'e' },
  ],
  layout: { s: { at: [0, 0] }, call: { at: [280, 0] }, letter: { at: [560, 0] }, e: { at: [2600, 0] } },
};
const button = (name, of = page) => of.getByRole('button', { name, exact: true });
const palette = () => page.getByRole('complementary', { name: 'Steps' });

/** The kind of what follows a step. */
async function after(id) {
  const { nodes, flows } = await draft();
  const to = flows.filter(({ from }) => from === id).map((flow) => flow.to);
  return nodes.filter((node) => to.includes(node.id)).map(({ kind }) => kind);
}

/** Takes a kind of step from the picker that is open. */
async function pick(words, name) {
  const asked = page.getByRole('combobox', { name: 'Which step?' });
  await asked.fill(words);
  await page.getByRole('option', { name }).first().click();
  await asked.waitFor({ state: 'detached' });
}

story('Putting steps in', [
  [
    'the palette is searched, and what is found is put behind the selected step',
    async () => {
      await open(process, 'Pointer');
      await button('Show everything').click();
      await step('call').click({ position: { x: 12, y: 12 } });
      const search = palette().getByRole('textbox', { name: 'Search steps' });
      await search.fill('zebra');
      await palette().getByText('No step fits', { exact: false }).waitFor();
      await search.fill('acknow');
      const found = palette().locator('[data-kind]');
      await eventually('one kind is left', async () => (await found.count()) === 1);
      await checkAccessible(page, 'pointer-palette');
      await found.click();
      await eventually('it follows the call', async () => (await after('call'))[0] === 'acknowledge');
      await undo().click();
      await eventually('it is gone', async () => (await after('call'))[0] === 'userTask');
      // The same without the pointer.
      await canvas().focus();
      await press('Escape');
      await goTo('Call them');
      await use(search, 'Control+a');
      await page.keyboard.type('acknow');
      await tabTo(found);
      await press('Enter');
      await eventually('it follows the call again', async () => (await after('call'))[0] === 'acknowledge');
      await undo().click();
      await search.fill('');
    },
  ],
  [
    'the small button of a connection and that of a step put one in',
    async () => {
      await page.locator('.react-flow__edge[data-id="f1"]').hover({ force: true });
      await button('Insert a step here', page.locator('.react-flow__edge[data-id="f1"]')).click({
        force: true,
      });
      await pick('approval', /^Approval/);
      await eventually('it stands between them', async () => (await after('s'))[0] === 'approval');
      await undo().click();
      await eventually('it is gone', async () => (await after('s'))[0] === 'userTask');
      // A step that leads nowhere says where the next one goes.
      await step('e').click({ position: { x: 12, y: 12 } });
      await page.keyboard.press('Delete');
      await step('e').waitFor({ state: 'detached' });
      await step('letter').click({ position: { x: 12, y: 12 } });
      await button('Add a step here', step('letter')).click();
      await pick('end', /^End/);
      await eventually('it ends behind it', async () => (await after('letter'))[0] === 'endEvent');
      await undo().click();
      await undo().click();
      await step('e').waitFor();
    },
  ],
]);

story('Finding the way', [
  [
    'a search is walked by its buttons, and closed',
    async () => {
      await button('Search in the drawing').click();
      await page.getByRole('textbox', { name: 'Search in the drawing' }).fill('them');
      await page.getByText('2 matches', { exact: true }).first().waitFor();
      const selected = (id) =>
        eventually(`${id} is selected`, () =>
          step(id).evaluate((element) => element.classList.contains('selected')),
        );
      await button('Next match').click();
      await selected('call');
      await button('Next match').click();
      await selected('letter');
      await button('Previous match').click();
      await selected('call');
      await button('Close the search').click();
    },
  ],
  [
    'what the editor can do is looked up in the menu of the person, and done by a click',
    async () => {
      await step('call').click({ position: { x: 12, y: 12 } });
      await page.getByRole('button', { name: /^Menu of Dana/ }).click();
      await page.getByRole('menuitem', { name: /^Command palette/ }).click();
      const asked = page.getByRole('combobox', { name: 'What do you want to do?' });
      await asked.fill('enable or');
      await page
        .getByRole('listbox', { name: 'Command palette' })
        .getByRole('option', { name: /Enable or disable/ })
        .click();
      await asked.waitFor({ state: 'detached' });
      await eventually('the step is switched off', async () => (await draft()).nodes[1].disabled === true);
      await undo().click();
      await eventually('it is on again', async () => (await draft()).nodes[1].disabled === undefined);
    },
  ],
  [
    'the map is folded and shown by a click, and everything is shown by a key',
    async () => {
      // A drawing of a few steps needs no map.
      const more = Array.from({ length: 6 }, (_, i) => ({
        id: `x${i}`,
        kind: 'userTask',
        name: `More ${i}`,
        config: mine,
      }));
      await open({ ...process, nodes: [...process.nodes, ...more] }, 'Pointer');
      const map = button('Map of the drawing');
      await map.waitFor();
      await map.click();
      await eventually('it is folded', async () => (await map.getAttribute('aria-expanded')) === 'false');
      await map.click();
      await eventually('it is there', async () => (await map.getAttribute('aria-expanded')) === 'true');
      await canvas().focus();
      await press('1');
      const view = await canvas().boundingBox();
      await eventually('all are in the view', async () => {
        const boxes = await Promise.all(process.nodes.map(({ id }) => step(id).boundingBox()));
        return boxes.every((box) => box && box.x >= view.x && box.x + box.width <= view.x + view.width);
      });
    },
  ],
  [
    'a part is laid out, by its bar and by a key, and the rest stays',
    async () => {
      const layout = {
        s: { at: [0, 0] },
        call: { at: [280, 300] },
        letter: { at: [300, 160] },
        e: { at: [1200, 400] },
      };
      await open({ ...process, layout }, 'Pointer');
      await button('Show everything').click();
      const choose = async () => {
        await step('call').click({ position: { x: 12, y: 12 } });
        await step('letter').click({ modifiers: ['Shift'], position: { x: 12, y: 12 } });
        await page.getByRole('toolbar', { name: 'Selection' }).getByText('2 elements selected').waitFor();
      };
      const tidied = async () => {
        const now = (await draft()).layout;
        const [call, letter] = [now.call.at, now.letter.at];
        assert.deepEqual([now.s.at, now.e.at], [layout.s.at, layout.e.at]);
        return call[1] === letter[1] && letter[0] > call[0] + 200;
      };
      await choose();
      await button('Tidy up', page.getByRole('toolbar', { name: 'Selection' })).click();
      await eventually('both stand in a row', tidied);
      await undo().click();
      await eventually('they do not', async () => !(await tidied()));
      await choose();
      await press('Alt+Shift+T');
      await eventually('both stand in a row again', tidied);
    },
  ],
]);

await play();
