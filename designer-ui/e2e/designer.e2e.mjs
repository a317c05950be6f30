// The drawing: by pointer, by keyboard alone, and as an outline that saves the same bytes.
// covers U-20, U-28
import assert from 'node:assert/strict';
import { apiOf, checkAccessible, eventually, picture, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace([
  ['Dana', { permissions: ['clipboard-read', 'clipboard-write'] }],
]);
const [dana] = people;
const { page } = dana;

const step = (id) => page.locator(`.react-flow__node[data-id="${id}"]`);
const line = (id) => page.locator(`[data-line="${id}"]`);
const canvas = () => page.getByRole('application');
const inspector = () => page.locator('[data-inspector]');
const undo = () => page.getByRole('button', { name: /^Undo: / });

/** Where it is once the view has come to rest. */
async function boxOf(locator) {
  let last = '';
  return eventually('it stands still', async () => {
    const box = await locator.boundingBox();
    const now = JSON.stringify(box);
    const still = now === last && box;
    last = now;
    return still;
  });
}

async function middle(locator) {
  const box = await boxOf(locator);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

async function drag(from, to, { keep = false } = {}) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 4 });
  await page.mouse.move(to.x, to.y, { steps: 4 });
  if (!keep) await page.mouse.up();
}

/** A new process with a start and an end, made on the empty canvas. */
async function create(name) {
  await page.goto(`${server.url}/definitions`);
  await page.getByRole('button', { name: 'New process' }).click();
  await page.getByLabel(/^Name/).fill(name);
  await page.getByRole('button', { name: 'Create' }).click();
  await page.waitForURL(/\/definitions\/[a-z-]+$/);
  await page.getByRole('button', { name: 'Started by hand' }).click();
  await page.locator('.react-flow__node').first().waitFor();
  await canvas().focus();
  await page.keyboard.press('n');
  await choose('End');
  await step('end').waitFor();
  await page.keyboard.press('Escape');
}

async function draftOf(key) {
  await page.keyboard.press('Control+s');
  await page.locator('[data-save="saved"]').waitFor({ state: 'attached' });
  return (await apiOf(page, `/definitions/${key}`)).draft;
}

/** Picks a step by words, with the keyboard. */
async function choose(words) {
  const box = page.getByRole('combobox', { name: 'Which step?' });
  await box.waitFor();
  await page.keyboard.type(words);
  await page.keyboard.press('Enter');
  await box.waitFor({ state: 'detached' });
}

story('Drawing with the pointer', [
  [
    'a step from the palette goes into the connection that it is dropped on',
    async () => {
      await create('Drawing');
      await page.getByRole('button', { name: 'Show everything' }).click();
      const ends = await page
        .locator('.react-flow__node')
        .evaluateAll((nodes) => nodes.map((node) => node.dataset.id));
      assert.equal(ends.length, 2);
      const [a, b] = await Promise.all(ends.map((id) => boxOf(step(id))));
      const target = { x: (a.x + a.width + b.x) / 2, y: a.y + a.height / 2 };
      const stage = await boxOf(canvas());
      await page.locator('[data-kind="userTask"]').dragTo(canvas(), {
        targetPosition: { x: target.x - stage.x, y: target.y - stage.y },
      });
      await step('userTask').waitFor();
      const { flows } = await draftOf('drawing');
      assert.deepEqual(
        flows.map(({ from, to }) => `${from} ${to}`).sort(),
        [`${ends[0]} userTask`, `userTask ${ends[1]}`].sort(),
      );
    },
  ],
  [
    'whoever holds a role is asked, and panels fold by click and by keys',
    async () => {
      await step('userTask').click();
      const assignee = inspector().getByRole('combobox', { name: /^Assignee/ });
      await assignee.click();
      await page.getByRole('option', { name: 'Role: Operator' }).click();
      assert.equal(await assignee.inputValue(), 'Role: Operator');
      const { nodes } = await draftOf('drawing');
      assert.equal(nodes.find(({ id }) => id === 'userTask').config.assignee, 'role:operator');

      const palette = page.getByRole('complementary', { name: 'Steps' });
      const tool = (name) => page.getByRole('button', { name, exact: true });
      const narrow = (await boxOf(canvas())).width;
      await tool('Show or hide the steps').click();
      await palette.waitFor({ state: 'detached' });
      await page.keyboard.press('Control+Shift+b');
      await inspector().waitFor({ state: 'detached' });
      assert.ok((await boxOf(canvas())).width > narrow + 300, 'the drawing has their room');
      await page.reload();
      await step('userTask').waitFor();
      assert.equal(await palette.count(), 0, 'they stay as they were left');
      await page.keyboard.press('Control+b');
      await palette.waitFor();
      await tool('Show or hide the settings').click();
      await step('userTask').click();
      await assignee.waitFor();
    },
  ],
  [
    'a step that deletes data is marked before it is taken and after, and comes out again',
    async () => {
      await page.locator('[data-kind="robot:record.delete"]').getByText('Deletes data').waitFor();
      await canvas().focus();
      await page.keyboard.press('n');
      await choose('Delete the record');
      await inspector().getByText('This step deletes data.').waitFor();
      await page.getByRole('button', { name: 'Take it out' }).click();
      await inspector().getByText('This step deletes data.').waitFor({ state: 'detached' });
      assert.ok(!(await draftOf('drawing')).nodes.some(({ robot }) => robot === 'record.delete'));
    },
  ],
  [
    'a connection dropped on the empty canvas asks which step follows',
    async () => {
      const port = await middle(step('userTask').locator('.react-flow__handle.source'));
      await drag(port, { x: port.x - 100, y: port.y + 220 });
      await choose('Decision');
      await step('exclusiveGateway').waitFor();
    },
  ],
  [
    'steps in a box are aligned, grouped and named',
    async () => {
      await page.getByRole('button', { name: 'Show everything' }).click();
      const top = await boxOf(step('userTask'));
      const bottom = await boxOf(step('exclusiveGateway'));
      const left = Math.min(top.x, bottom.x) - 14;
      const right = Math.max(top.x + top.width, bottom.x + bottom.width) - 4;
      await drag({ x: left, y: top.y - 14 }, { x: right, y: bottom.y + bottom.height - 4 });
      const bar = page.getByRole('toolbar', { name: 'Selection' });
      await bar.getByText('2 elements selected').waitFor();
      await bar.getByRole('button', { name: 'Align centres' }).click();
      await eventually('their middles are in line', async () => {
        const [a, b] = await Promise.all(['userTask', 'exclusiveGateway'].map((id) => middle(step(id))));
        return Math.abs(a.x - b.x) < 1;
      });
      await bar.getByRole('button', { name: 'Group', exact: true }).click();
      await page.getByRole('textbox', { name: 'Name of the group' }).first().waitFor();
      await page.keyboard.type('Checking');
      await page.keyboard.press('Enter');
      await page.locator('[data-group]').getByText('Checking').waitFor();
    },
  ],
  [
    'a note is written, dragged, resized and coloured',
    async () => {
      await page.getByRole('toolbar', { name: 'Tools' }).getByRole('button', { name: 'Add a note' }).click();
      await page.locator('[data-note] textarea').waitFor();
      await page.keyboard.type('# Plan\n- ask **legal**');
      await page.keyboard.press('Control+Enter');
      const note = page.locator('[data-note]');
      await note.getByRole('heading', { name: 'Plan' }).waitFor();
      const before = await boxOf(note);
      await drag(await middle(note), {
        x: before.x + before.width / 2,
        y: before.y + before.height / 2 + 80,
      });
      const corner = { x: before.x + before.width - 6, y: before.y + 80 + before.height - 6 };
      await drag(corner, { x: corner.x + 60, y: corner.y + 30 });
      await eventually('it has moved and grown', async () => {
        const now = await note.boundingBox();
        return now.y > before.y + 40 && now.width > before.width + 20;
      });
      await note.click({ button: 'right', position: { x: 30, y: 20 } });
      await page.getByRole('menuitemradio', { name: 'Violet' }).click();
      await page.getByRole('menu').waitFor({ state: 'detached' });
      const { notes, layout } = await draftOf('drawing');
      assert.equal(layout[notes[0].id].color, 'violet');
      await picture(page, 'designer-note');
      await checkAccessible(page, 'designer-canvas');
    },
  ],
  [
    'room is made by dragging, and a group takes its steps along',
    async () => {
      const before = (await draftOf('drawing')).layout;
      await page.getByRole('button', { name: 'Make room' }).click();
      const at = await boxOf(step('userTask'));
      await drag({ x: at.x - 8, y: at.y + 10 }, { x: at.x + 120, y: at.y + 12 });
      const pushed = (await draftOf('drawing')).layout;
      assert.ok(pushed.userTask.at[0] > before.userTask.at[0]);
      const title = await middle(page.locator('[data-group]').getByText('Checking'));
      await drag(title, { x: title.x, y: title.y - 60 });
      const moved = (await draftOf('drawing')).layout;
      assert.ok(moved.userTask.at[1] < pushed.userTask.at[1]);
      assert.ok(moved.exclusiveGateway.at[1] < pushed.exclusiveGateway.at[1]);
      await undo().click();
      await undo().click();
      assert.deepEqual((await draftOf('drawing')).layout, before);
    },
  ],
  [
    'a group folds away, and opens by the keyboard',
    async () => {
      await page.getByRole('button', { name: 'Show everything' }).click();
      await page.locator('[data-note]').click({ position: { x: 30, y: 20 } });
      await page.keyboard.press('Delete');
      await page.locator('[data-note]').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Fold Checking away' }).click();
      await step('userTask').waitFor({ state: 'detached' });
      const folded = page.locator('.react-flow__node').filter({ hasText: 'Checking' });
      await folded.getByText('Group of 2 steps').waitFor();
      await checkAccessible(page, 'designer-group-folded');
      await folded.click();
      await canvas().focus();
      await page.keyboard.press('Control+.');
      await step('userTask').waitFor();
      await page.locator('[data-group]').getByText('Checking').waitFor();
    },
  ],
  [
    'its steps become a sub-process, which dissolves again',
    async () => {
      const shape = ({ nodes, flows }) => ({
        nodes: nodes.map(({ id, kind }) => `${id} ${kind}`).sort(),
        flows: flows.map(({ from, to }) => `${from} ${to}`).sort(),
      });
      const before = shape(await draftOf('drawing'));
      await page.locator('[data-group]').getByText('Checking').click({ button: 'right' });
      await page.getByRole('menuitem', { name: 'Make a sub-process of it' }).click();
      const sub = page.locator('.react-flow__node[data-id="subProcess"]');
      await page.getByRole('textbox', { name: 'Name', exact: true }).first().waitFor();
      await page.keyboard.type('Look closely');
      await page.keyboard.press('Enter');
      await sub.getByText('Look closely').waitFor();
      const drawn = await draftOf('drawing');
      const inside = drawn.nodes.find(({ id }) => id === 'subProcess').nodes.map(({ id }) => id);
      for (const id of ['userTask', 'exclusiveGateway']) assert.ok(inside.includes(id), id);
      assert.ok(!drawn.nodes.some(({ id }) => id === 'userTask'));
      await picture(page, 'designer-extracted');
      await canvas().focus();
      await page.keyboard.press('Alt+Shift+U');
      await sub.waitFor({ state: 'detached' });
      assert.deepEqual(shape(await draftOf('drawing')), before);
    },
  ],
]);

story('Drawing with the keyboard alone', [
  [
    'steps are added, renamed, connected, moved, changed, switched off and deleted',
    async () => {
      await create('Keys');
      await canvas().focus();
      await page.keyboard.press('ArrowRight');
      // The letter of a Russian layout counts as the key that it is on.
      await page.evaluate(() =>
        document.activeElement.dispatchEvent(
          new KeyboardEvent('keydown', { key: 'т', code: 'KeyN', bubbles: true, cancelable: true }),
        ),
      );
      await choose('Task');
      await step('userTask').waitFor();
      await page.keyboard.press('F2');
      await page.keyboard.type('Write the offer');
      await page.keyboard.press('Enter');
      await step('userTask').getByText('Write the offer').waitFor();
      await page.keyboard.press('n');
      await choose('Decision');
      await page.keyboard.press('n');
      await choose('Task');
      await step('userTask2').waitFor();
      await page.keyboard.press('c');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('Enter');
      await page.keyboard.press('r');
      await choose('Approval');
      const place = (await draftOf('keys')).layout.userTask2.at;
      await page.keyboard.press('Alt+ArrowDown');
      await page.keyboard.press('Alt+Shift+ArrowRight');
      await page.keyboard.press('d');
      const drawn = await draftOf('keys');
      const changed = drawn.nodes.find(({ id }) => id === 'userTask2');
      assert.equal(changed.kind, 'approval');
      assert.equal(changed.disabled, true);
      assert.deepEqual(drawn.layout.userTask2.at, [place[0] + 100, place[1] + 20]);
      assert.ok(drawn.flows.some(({ from, to }) => from === 'userTask2' && to !== 'exclusiveGateway'));
      // A step with one way in and one out leaves its neighbours connected.
      await page.keyboard.press('Delete');
      const { flows, nodes } = await draftOf('keys');
      assert.ok(!nodes.some(({ id }) => id === 'userTask2'));
      assert.ok(flows.some(({ from, to }) => from === 'exclusiveGateway' && to === 'userTask'));
      await page.keyboard.press('Control+z');
      await step('userTask2').waitFor();
    },
  ],
  [
    'steps are copied into another process',
    async () => {
      await canvas().focus();
      await page.keyboard.press('Control+a');
      await page.keyboard.press('Control+c');
      const text = await page.evaluate(() => navigator.clipboard.readText());
      assert.equal(JSON.parse(text).kind, 'designer/steps@1');
      await create('Copies');
      await canvas().focus();
      const before = (await draftOf('copies')).nodes.length;
      await page.keyboard.press('Control+v');
      const { nodes } = await eventually('they are there', async () => {
        const draft = await draftOf('copies');
        return draft.nodes.length > before && draft;
      });
      assert.equal(nodes.length, before + JSON.parse(text).nodes.length);
      assert.ok(nodes.some(({ name }) => name === 'Write the offer'));
      await undo().click();
    },
  ],
  [
    'a search dims what does not match and goes from one to the next',
    async () => {
      await page.goto(`${server.url}/definitions/keys`);
      await step('userTask').waitFor();
      await canvas().focus();
      await page.keyboard.press('Control+f');
      await page.getByRole('textbox', { name: 'Search in the drawing' }).fill('kind:approval');
      await page.getByText('1 match', { exact: true }).first().waitFor();
      await page.locator('[data-dim]').first().waitFor();
      await page.keyboard.press('Enter');
      await page.getByText('1 of 1').first().waitFor();
      await inspector().getByRole('heading', { name: 'Approval' }).first().waitFor();
      await checkAccessible(page, 'designer-search');
      await page.getByRole('textbox', { name: 'Search in the drawing' }).focus();
      await page.keyboard.press('Escape');
      await page.locator('[data-dim]').first().waitFor({ state: 'detached' });
    },
  ],
  [
    'every shortcut is on the sheet, which is made from the commands',
    async () => {
      await page.keyboard.press('?');
      const sheet = page.getByRole('dialog');
      for (const name of ['Add a step', 'Make room', 'Copy', 'Group', 'Show as an outline'])
        await sheet.getByText(name, { exact: true }).waitFor();
      await page.keyboard.press('Escape');
      await sheet.waitFor({ state: 'detached' });
    },
  ],
]);

/** The same edits in the drawing and in the outline: all by keys that both know. */
async function edits() {
  await page.keyboard.press('n');
  await choose('Task');
  await page.keyboard.press('F2');
  await page.keyboard.type('Weigh');
  await page.keyboard.press('Enter');
  await page.keyboard.press('n');
  await choose('Parallel');
  await page.keyboard.press('n');
  await choose('Task');
  await page.keyboard.press('F2');
  await page.keyboard.type('Pack');
  await page.keyboard.press('Enter');
  await page.keyboard.press('d');
  await page.keyboard.press('Control+d');
  await page.keyboard.press('Control+g');
  await page.keyboard.type('Packing');
  await page.keyboard.press('Enter');
}

story('The outline', [
  [
    'saves the same bytes as the drawing',
    async () => {
      await create('One');
      await canvas().focus();
      await page.keyboard.press('ArrowRight');
      await edits();
      const drawn = await draftOf('one');

      await create('Two');
      await page.keyboard.press('Control+Shift+O');
      await page.getByRole('tree', { name: 'Outline of Two' }).waitFor();
      await page.getByRole('treeitem').first().focus();
      await page.keyboard.press('Home');
      await edits();
      const told = await draftOf('two');
      assert.equal(
        JSON.stringify({ ...told, key: 'one', name: 'One' }),
        JSON.stringify({ ...drawn, key: 'one', name: 'One' }),
      );
      assert.equal(drawn.nodes.filter(({ name }) => name === 'Pack').length, 2);
    },
  ],
  [
    'is walked, connected and cleared with the keyboard',
    async () => {
      await line('userTask').click();
      await page.keyboard.press('ArrowDown');
      const focused = page.locator('[role="treeitem"]:focus');
      await focused.waitFor();
      assert.notEqual(await focused.getAttribute('data-line'), 'userTask');
      await line('userTask3').click();
      await page.keyboard.press('c');
      await page
        .getByText(/Connect “Pack”/)
        .first()
        .waitFor();
      await line('userTask2').click();
      const { flows } = await draftOf('two');
      assert.ok(flows.some(({ from, to }) => from === 'userTask3' && to === 'userTask2'));
      await checkAccessible(page, 'designer-outline');
      await line('userTask3').click();
      await page.keyboard.press('Delete');
      await line('userTask3').waitFor({ state: 'detached' });
    },
  ],
  [
    'comes first on a phone, with its menu and the panel',
    async () => {
      await page.setViewportSize({ width: 390, height: 844 });
      await page.reload();
      await page.getByRole('tree', { name: 'Outline of Two' }).waitFor();
      await page.getByRole('button', { name: 'Actions for Weigh' }).click();
      await page.getByRole('menuitem', { name: 'Add a note' }).click();
      await inspector().getByRole('textbox', { name: 'Text of the note' }).fill('By hand');
      await page.getByRole('treeitem', { name: /By hand/ }).waitFor();
      await checkAccessible(page, 'designer-phone');
    },
  ],
]);

await play();
