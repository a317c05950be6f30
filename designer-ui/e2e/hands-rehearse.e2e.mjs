// A rehearsal without a pointer: tasks are decided, robots answered, the clock moved, steps gone and taken back; what
// happened becomes a scenario. covers U-40
import assert from 'node:assert/strict';
import { bid } from './bid.mjs';
import { checkAccessible, designer, eventually, keyboard, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace(['Dana']);
const [dana] = people;
// Expressions are tried while they are written.
dana.faults.allow(/422 POST \/api\/v1\/expressions\/preview/);
const { page } = dana;
const { press, type, use, write, tabTo, command } = keyboard(page);
const { canvas, draft, goTo, open } = designer(page, server, 'bid');

const panel = () => page.getByRole('complementary', { name: 'Rehearsal' });
const wait = (node) => panel().locator(`[data-wait="${node}"]`);
const end = (text) => panel().getByTestId('rehearsal-end').filter({ hasText: text }).waitFor();
const button = (name) => panel().getByRole('button', { name, exact: true });

/** Goes to a tab with the arrows. */
async function tab(name) {
  await panel().getByRole('tab', { selected: true }).focus();
  const wanted = panel().getByRole('tab', { name });
  for (let n = 0; n < 8 && (await wanted.getAttribute('aria-selected')) !== 'true'; n++)
    await press('ArrowRight');
  assert.equal(await wanted.getAttribute('aria-selected'), 'true');
}

story('A rehearsal without a pointer', [
  [
    'is begun from the palette, with a variable and robots that wait for an answer',
    async () => {
      await open(bid, 'Bid');
      await canvas().focus();
      await command('Rehearse');
      const price = panel().getByLabel('Price');
      await price.waitFor();
      // The panel has the focus: the Tab key leads into it.
      await tabTo(price);
      await write(price, '5000');
      await write(panel().getByLabel('The clock begins at'), '');
      await panel().getByLabel('The clock begins at').focus();
      await type('03022026');
      await press('ArrowRight');
      await type('0900AM');
      await tabTo(panel().getByRole('switch', { name: 'Robots answer by themselves' }));
      await press('Space');
      await tabTo(button('Start'));
      await press('Enter');
      await wait('prepare').waitFor();
      await end('Waiting');
    },
  ],
  [
    'the clock goes on by a day and to the next timer, and the robot is answered',
    async () => {
      const clock = panel().getByRole('region', { name: 'Clock' }).locator('time').first();
      const before = await clock.getAttribute('datetime');
      const later = async () => Date.parse(await clock.getAttribute('datetime')) - Date.parse(before);
      await use(button('+ 1 day'));
      await eventually('a day has gone by', async () => (await later()) === 86_400_000);
      await use(panel().getByRole('button', { name: /^To the next timer/ }));
      await eventually('three have', async () => (await later()) === 3 * 86_400_000);
      await use(wait('remind').getByRole('button', { name: 'Answer', exact: true }));
      await wait('remind').waitFor({ state: 'detached' });
      await tab(/^Outbox/);
      await panel().getByText('The bid for Sample is late').waitFor();
      await tab('Now');
    },
  ],
  [
    'it is run up to a step, the task is decided, and going back takes another way',
    async () => {
      await canvas().focus();
      await press('Escape');
      await goTo('Approve the bid');
      await command('Rehearse up to here');
      await wait('ok').getByRole('button', { name: 'Refuse' }).waitFor();
      await use(wait('ok').getByRole('button', { name: 'Refuse' }));
      await end('Completed');
      await tab('Steps');
      const steps = panel().locator('ol > li');
      const last = (await steps.count()) - 1;
      await use(panel().getByRole('button', { name: `Go back to step ${last}`, exact: true }));
      await end('Waiting');
      await tab('Now');
      await use(wait('ok').getByRole('button', { name: 'Agree' }));
      await wait('send').waitFor();
    },
  ],
  [
    'a robot breaks down or brings a result, as it is told',
    async () => {
      const kinds = wait('send').getByRole('radiogroup', { name: 'Answer of the robot' });
      await kinds.getByRole('radio', { name: 'Breaks down' }).waitFor({ state: 'attached' });
      await kinds.getByRole('radio', { checked: true }).focus();
      await press('ArrowRight', 2);
      await write(wait('send').getByRole('textbox', { name: 'Code' }), 'gone');
      await checkAccessible(page, 'hands-robot');
      await use(wait('send').getByRole('button', { name: 'Answer', exact: true }));
      await end('Incident');
      await tab('Steps');
      const steps = panel().locator('ol > li');
      await use(
        panel().getByRole('button', { name: `Go back to step ${(await steps.count()) - 1}`, exact: true }),
      );
      await end('Waiting');
      await tab('Now');
      await use(wait('send').getByRole('button', { name: 'Answer', exact: true }));
      await end('Completed');
    },
  ],
  [
    'it becomes a scenario, which passes and is opened again, step by step to a stop',
    async () => {
      await use(button('Save as scenario …'));
      const dialog = page.getByRole('dialog', { name: 'Save as scenario' });
      await dialog.getByLabel('Name').waitFor();
      await eventually('its name has the focus', () =>
        dialog.getByLabel('Name').evaluate((input) => input === document.activeElement),
      );
      await type('large and agreed');
      await press('Enter');
      await dialog.waitFor({ state: 'detached' });
      await tab('Scenarios');
      await use(button('Play all'));
      await panel().getByText('The scenario passes').waitFor();
      const { scenarios } = await draft();
      assert.deepEqual(
        scenarios.map(({ name }) => name),
        ['large and agreed'],
      );
      await canvas().focus();
      await press('Escape');
      await goTo('Large?');
      await press('F9');
      await tab('Now');
      await use(button('Start anew'));
      await write(panel().getByLabel('Price'), '7000');
      await use(button('Start'));
      await use(wait('prepare').getByRole('button', { name: 'Complete' }));
      await panel().getByText('Stopped at “Large?”').waitFor();
      await press('F10');
      await panel().getByText('Stopped at “Approve the bid”').waitFor();
      await press('F5');
      await end('Waiting');
      await use(button('End the rehearsal'));
      await panel().waitFor({ state: 'detached' });
      assert.ok(await canvas().evaluate((drawing) => drawing.contains(document.activeElement)));
    },
  ],
]);

await play();
