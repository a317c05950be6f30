// What other stories do with the pointer, done with the keyboard alone, and what a finding offers, by both.
import assert from 'node:assert/strict';
import { apiOf, checkAccessible, designer, eventually, keyboard, send, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace(['Dana']);
const [dana] = people;
const { page } = dana;
const { press, use, command } = keyboard(page);
const { canvas, step, undo, problems, draft, goTo, open } = designer(page, server, 'keys');

const mine = { assignee: { expr: 'run.startedBy' } };

/** Only one of the two ways that the join waits for is taken, and one branch has no end. */
const process = {
  nodes: [
    { id: 's', kind: 'startEvent' },
    { id: 'way', kind: 'exclusiveGateway', name: 'Which?', default: 'f3' },
    { id: 'a', kind: 'userTask', name: 'Quote', config: mine },
    { id: 'b', kind: 'userTask', name: 'Buy', config: mine },
    { id: 'join', kind: 'parallelGateway', name: 'Both' },
    { id: 'c', kind: 'userTask', name: 'Count', config: mine },
  ],
  flows: [
    { id: 'f1', from: 's', to: 'way' },
    { id: 'f2', from: 'way', to: 'a', when: 'true' },
    { id: 'f3', from: 'way', to: 'b' },
    { id: 'f4', from: 'a', to: 'join' },
    { id: 'f5', from: 'b', to: 'join' },
    { id: 'f6', from: 'join', to: 'c' },
  ],
  layout: {
    s: { at: [0, 100] },
    way: { at: [160, 100] },
    a: { at: [320, 0] },
    b: { at: [350, 220] },
    join: { at: [640, 100] },
    c: { at: [800, 130] },
  },
};

story('Findings', [
  [
    'show the way to a fault, and one is mended by a click',
    async () => {
      await open(process, 'Keys');
      await problems()
        .getByRole('button', { name: /^Problems/ })
        .click();
      await problems().getByRole('button', { name: 'Show the way' }).first().click();
      await eventually('the connections to the fault are selected', async () => {
        const shown = await page
          .locator('.react-flow__edge.selected')
          .evaluateAll((all) => all.map((edge) => edge.dataset.id));
        return shown.includes('f1') && shown.length > 1;
      });
      await checkAccessible(page, 'keys-way');
      await problems().getByRole('button', { name: 'Connect to an end' }).click();
      const { nodes, flows } = await draft();
      const end = nodes.find(({ kind }) => kind === 'endEvent');
      assert.ok(flows.some(({ from, to }) => from === 'c' && to === end.id));
      await undo().click();
      assert.ok(!(await draft()).nodes.some(({ kind }) => kind === 'endEvent'));
    },
  ],
  [
    'are gone through and mended by keys',
    async () => {
      await canvas().focus();
      await press('F8');
      await page.locator('[data-inspector]').getByLabel('Name', { exact: true }).waitFor();
      await use(problems().getByRole('button', { name: 'Show the way' }).first());
      await page.locator('.react-flow__edge.selected').nth(1).waitFor({ state: 'attached' });
      await use(problems().getByRole('button', { name: 'Connect to an end' }));
      await eventually('it ends', async () => (await draft()).nodes.some(({ kind }) => kind === 'endEvent'));
      await use(problems().getByRole('button', { name: /^Problems/ }));
    },
  ],
]);

story('A flow fault', [
  [
    'is shown and played step by step, without a pointer',
    async () => {
      await canvas().focus();
      await press('Escape');
      await press('Alt+F8');
      await page.locator('.react-flow__edge.selected').nth(1).waitFor({ state: 'attached' });
      await command('Play the problem in the rehearsal');
      const panel = page.getByRole('complementary', { name: 'Rehearsal' });
      const fault = panel.getByRole('region', { name: 'This run shows a fault' });
      await fault.getByText('F10 goes on step by step', { exact: false }).waitFor();
      await panel.getByText('Stopped at “Started by hand”').waitFor();
      await checkAccessible(page, 'keys-fault');
      // From step to step until nothing more happens.
      const end = panel.getByTestId('rehearsal-end');
      for (let n = 0; n < 12 && (await end.textContent()) !== 'Stuck at a join'; n++) {
        const before = await panel.getByRole('region', { name: 'Stopped', exact: true }).textContent();
        await press('F10');
        await eventually('it has gone on', async () => {
          if ((await end.textContent()) === 'Stuck at a join') return true;
          return (await panel.getByRole('region', { name: 'Stopped', exact: true }).textContent()) !== before;
        });
      }
      assert.equal(await end.textContent(), 'Stuck at a join');
      await fault.getByText('Here it ends.', { exact: false }).waitFor();
      await use(panel.getByRole('button', { name: 'End the rehearsal' }));
      await panel.waitFor({ state: 'detached' });
    },
  ],
]);

story('Drawing', [
  [
    'steps are aligned, distributed and laid out',
    async () => {
      await canvas().focus();
      await press('Escape');
      await press('Control+a');
      await command('Align middles');
      const middles = ({ layout }, ids) => ids.map((id) => layout[id].at[1]);
      const tasks = ['a', 'b', 'c'];
      await eventually(
        'the tasks are in line',
        async () => new Set(middles(await draft(), tasks)).size === 1,
      );
      await command('Distribute horizontally');
      await page.getByRole('button', { name: /^Undo: distribute/ }).waitFor();
      await canvas().focus();
      await press('Control+z');
      await press('Control+z');
      await eventually(
        'they are where they were',
        async () => JSON.stringify(middles(await draft(), tasks)) === '[0,220,130]',
      );
      await canvas().focus();
      await press('Alt+Shift+T');
      await eventually('they are laid out', async () => {
        const { layout } = await draft();
        return layout.join.at[0] > layout.a.at[0] && layout.c.at[1] !== 130;
      });
    },
  ],
  [
    'what was placed by hand stays, and the rest is laid out round it',
    async () => {
      await canvas().focus();
      await press('Escape');
      await goTo('Buy');
      await press('Alt+Shift+ArrowDown', 3);
      const placed = await eventually('it is known that a person put it there', async () => {
        const { b } = (await draft()).layout;
        return b.placed && b.at;
      });
      await canvas().focus();
      await press('Escape');
      await press('Alt+Shift+K');
      await page.getByRole('button', { name: 'Undo: tidy up around what was placed' }).waitFor();
      const { layout } = await draft();
      assert.deepEqual(layout.b.at, placed);
      assert.ok(layout.a.at[1] > placed[1] - 400, 'the others are laid out where it is');
      assert.ok(Object.entries(layout).every(([id, { placed }]) => (id === 'b') === (placed === true)));
      await goTo('Buy');
      await command('Let tidying up move it');
      await eventually('nothing says so any more', async () => !(await draft()).layout.b.placed);
      await canvas().focus();
      await press('Control+z', 2);
      await eventually('it is as it was', async () => (await draft()).layout.b.placed);
    },
  ],
  [
    'a time limit is attached and goes along with its step, by keys and by the pointer',
    async () => {
      await canvas().focus();
      await press('Escape');
      await goTo('Quote');
      await command('Add a time limit');
      const limit = step('boundary');
      await limit.waitFor();
      const apart = async () => {
        const [host, hung] = await Promise.all([step('a').boundingBox(), limit.boundingBox()]);
        return [Math.round(hung.x - host.x), Math.round(hung.y - host.y)];
      };
      assert.equal((await draft()).nodes.find(({ id }) => id === 'boundary').attachedTo, 'a');
      await step('a').click({ position: { x: 20, y: 14 } });
      const place = async () => (await draft()).layout.a.at;
      const before = await place();
      const held = await apart();
      await canvas().focus();
      await press('Alt+Shift+ArrowLeft');
      await eventually('it has moved', async () => (await place())[0] === before[0] - 100);
      assert.deepEqual(await apart(), held, 'after the keys');
      const box = await step('a').boundingBox();
      await page.mouse.move(box.x + 30, box.y + 12);
      await page.mouse.down();
      await page.mouse.move(box.x + 80, box.y + 12, { steps: 6 });
      await page.mouse.up();
      await eventually('it has moved on', async () => (await place())[0] > before[0] - 100);
      assert.deepEqual(await apart(), held, 'after the pointer');
    },
  ],
  [
    'a step becomes a sub-process, which dissolves again',
    async () => {
      await goTo('Count');
      await press('Alt+Shift+S');
      await page.getByRole('textbox', { name: 'Name', exact: true }).first().waitFor();
      await page.keyboard.type('The rest');
      await press('Enter');
      await step('subProcess').getByText('The rest').waitFor();
      await canvas().focus();
      await press('Alt+Shift+U');
      await step('subProcess').waitFor({ state: 'detached' });
    },
  ],
]);

story('Versions', [
  [
    'are published and restored',
    async () => {
      const now = await apiOf(page, '/definitions/keys');
      // A process that can be published.
      await send(
        page,
        'PUT',
        '/definitions/keys/draft',
        {
          ...now.draft,
          nodes: [
            { id: 's', kind: 'startEvent' },
            { id: 'c', kind: 'userTask', name: 'Count', config: mine },
            { id: 'e', kind: 'endEvent' },
          ],
          flows: [
            { id: 'f1', from: 's', to: 'c' },
            { id: 'f2', from: 'c', to: 'e' },
          ],
          layout: { s: { at: [0, 0] }, c: { at: [320, 0], placed: true }, e: { at: [640, 0] } },
        },
        now.draftRev,
      );
      await page.reload();
      await step('e').waitFor();
      await use(page.getByRole('button', { name: 'Publish', exact: true }));
      const dialog = page.getByRole('dialog', { name: /^Publish/ });
      await use(dialog.getByRole('button', { name: 'Publish', exact: true }));
      await page
        .getByText(/Version 1 is published/)
        .first()
        .waitFor();
      await press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await step('c').click();
      await canvas().focus();
      await press('F2');
      await page.keyboard.type('Count twice');
      await press('Enter');
      assert.equal((await draft()).nodes.find(({ id }) => id === 'c').name, 'Count twice');
      await page.goto(`${server.url}/definitions/keys/versions?version=1&with=draft`);
      await use(page.getByRole('button', { name: 'Restore as draft' }));
      const sure = page.getByRole('dialog', { name: 'Restore as draft' });
      await sure.getByText('The draft becomes what version 1 was.', { exact: false }).waitFor();
      await checkAccessible(page, 'keys-restore');
      await use(sure.getByRole('button', { name: 'Restore as draft' }));
      await eventually('the draft is what it was', async () => {
        const { draft: restored } = await apiOf(page, '/definitions/keys');
        return restored.nodes.find(({ id }) => id === 'c').name === 'Count';
      });
    },
  ],
]);

story('An operator', [
  [
    'looks from all processes to the step where time goes',
    async () => {
      await send(page, 'POST', '/definitions/keys/runs', {});
      const task = await eventually('the task', async () => (await apiOf(page, '/tasks')).items[0]);
      await send(page, 'POST', `/tasks/${task.id}/completion`, {});
      await eventually(
        'the run is over',
        async () => (await apiOf(page, '/runs?definition=keys&status=completed')).items.length === 1,
      );
      await page.goto(`${server.url}/runs/processes?q=Keys`);
      await use(page.getByRole('link', { name: 'Keys', exact: true }).first());
      await page.getByRole('radio', { name: 'Waiting now' }).focus();
      await press('ArrowRight');
      await page.getByText('From 1 instance of the period').waitFor();
      await page.locator('[data-heat]').first().waitFor();
      await page.getByRole('tab', { selected: true }).focus();
      for (let n = 0; n < 4 && !(await page.getByRole('tab', { name: 'Steps', selected: true }).count()); n++)
        await press('ArrowRight');
      await use(page.getByRole('button', { name: 'Count', exact: true }));
      await eventually('the step is chosen', () => /node=c(&|$)/.test(page.url()));
    },
  ],
  [
    'reads the timeline of an instance',
    async () => {
      const run = (await apiOf(page, '/runs?definition=keys')).items[0];
      await page.goto(`${server.url}/runs/${run.id}`);
      await page.getByRole('tab', { selected: true }).focus();
      for (
        let n = 0;
        n < 8 && !(await page.getByRole('tab', { name: 'Timeline', selected: true }).count());
        n++
      )
        await press('ArrowRight');
      await use(page.getByRole('button', { name: /^Count.*waits for a person/ }));
      await page.getByRole('complementary', { name: 'Count' }).waitFor();
      await use(page.getByRole('button', { name: 'Zoom in on the time', exact: true }));
      await use(page.getByRole('button', { name: 'Fit', exact: true }));
    },
  ],
]);

await play();
