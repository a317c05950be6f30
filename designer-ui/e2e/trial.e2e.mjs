// The trial of a pipeline: rules that are not in force yet are played with a made-up record, weeks in seconds, without a
// pointer; what would have been sent lies in the outbox, and nothing of it is there afterwards.
// covers H-04, B-73
import assert from 'node:assert/strict';
import { apiOf, checkAccessible, picture, send, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace(['dana']);
const [dana] = people;
const { page } = dana;

const timing = (amount, unit) => ({ mode: 'delay', amount, unit });
const robots = [
  {
    id: 'hello',
    robot: 'comment.add',
    name: 'Welcome',
    config: { text: 'Welcome' },
    timing: { mode: 'immediate' },
  },
  {
    id: 'tell',
    robot: 'notification.send',
    name: 'Remind',
    config: { to: { expr: 'record.responsible' }, text: 'Still there: {{ record.title }}' },
    timing: timing(3, 'day'),
  },
  {
    id: 'large',
    robot: 'comment.add',
    name: 'Look twice',
    config: { text: 'It is large' },
    timing: timing(10, 'day'),
    when: 'record.amount > money(10000000, "EUR")',
  },
];

/** Focuses something and presses Enter: no pointer is needed. */
async function press(locator) {
  await locator.focus();
  await page.keyboard.press('Enter');
}

story('The trial of a pipeline', [
  [
    'rules are played with a made-up record',
    async () => {
      const board = await apiOf(page, '/stage-boards/sales');
      const stages = board.stages.map((stage) =>
        stage.stage === 'qualified' ? { ...stage, robots } : stage,
      );
      await send(page, 'PUT', '/stage-boards/sales', { stages }, board.rev);
      await page.goto(`${server.url}/crm/automation/sales`);
      await press(page.getByRole('button', { name: 'Try the rules' }));
      const trial = page.getByRole('dialog', { name: 'Trial: Sales' });
      await trial.getByText('Made-up record').click();
      await trial.getByLabel('Title').fill('A harbour crane');
      await trial.getByLabel('Enters the stage').selectOption({ label: 'Qualified' });
      await checkAccessible(page, 'trial-start');
      await trial.getByRole('button', { name: 'Begin', exact: true }).focus();
      await page.keyboard.press('Enter');
      await trial.getByText('Outbox (1)').waitFor();
    },
  ],
  [
    'three days pass, and what would have been sent is shown',
    async () => {
      const trial = page.getByRole('dialog', { name: 'Trial: Sales' });
      await press(trial.getByRole('button', { name: /^To what is next/ }));
      await trial.getByText('Outbox (2)').waitFor();
      await trial.getByText('Outbox (2)').click();
      await trial.getByText('Still there: A harbour crane').waitFor();
      await checkAccessible(page, 'trial-outbox');
      await picture(page, 'trial');
    },
  ],
  [
    'a robot that stays silent says so, and nothing is left',
    async () => {
      const trial = page.getByRole('dialog', { name: 'Trial: Sales' });
      await press(trial.getByRole('button', { name: '+1 month' }));
      const columns = trial.getByRole('region', { name: 'Stages of the trial' });
      await columns.getByText('Did not run').first().waitFor();
      await page.keyboard.press('Escape');
      await trial.waitFor({ state: 'detached' });
      const found = await apiOf(page, '/records/deal?q=crane');
      assert.equal(found.items.length, 0);
    },
  ],
]);

await play();
