// The designer without a pointer: steps go into connections, get colours and the map; every picker of the panel is worked.
// covers U-33
import assert from 'node:assert/strict';
import { apiOf, checkAccessible, designer, eventually, keyboard, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace(['Dana']);
const [dana] = people;
const { page } = dana;
const { press, type, use, write, choose, command } = keyboard(page);
const { canvas, step, inspector, undo, draft, goTo, open } = designer(page, server, 'hands');

const names = {
  s: ['startEvent'],
  ask: ['userTask', 'Ask', { config: { assignee: { expr: 'run.startedBy' } } }],
  doc: ['robot', 'Write it', { robot: 'document.generate' }],
  move: ['robot', 'Move it', { robot: 'record.setStage' }],
  set: ['robot', 'Fill it', { robot: 'record.setFields' }],
  pause: ['catchEvent', 'Pause', { trigger: { timer: { after: 'P1D' } } }],
  way: ['exclusiveGateway', 'Large?', { default: 'no' }],
  big: ['endEvent', 'Large'],
  small: ['endEvent', 'Small'],
};
const row = ['s', 'ask', 'doc', 'move', 'set', 'pause', 'way'];
const process = {
  appliesTo: 'deal',
  nodes: Object.entries(names).map(([id, [kind, name, more]]) => ({ id, kind, name, ...more })),
  flows: [
    ...row.slice(1).map((to, i) => ({ id: `f${i + 1}`, from: row[i], to })),
    { id: 'yes', from: 'way', to: 'big', when: 'amount(record.amount) > 1000' },
    { id: 'no', from: 'way', to: 'small' },
  ],
  layout: Object.fromEntries(
    Object.keys(names).map((id, i) => [id, { at: [i * 280, id === 'small' ? 200 : 0] }]),
  ),
};
const nodeOf = async (id) => (await draft()).nodes.find((node) => node.id === id);
const configOf = async (id) => (await nodeOf(id)).config ?? {};
const field = (name) => inspector().getByRole('combobox', { name, exact: true });

/** What leads from a step, and where to. */
async function after(id) {
  const { nodes, flows } = await draft();
  return flows.filter(({ from }) => from === id).map(({ to }) => nodes.find((node) => node.id === to)?.kind);
}

/** Takes a kind of step from the picker that is open. */
async function pick(words, name) {
  await page.getByRole('combobox', { name: 'Which step?' }).waitFor();
  await type(words);
  await page.getByRole('option', { name }).first().waitFor();
  await press('Enter');
  await page.getByRole('combobox', { name: 'Which step?' }).waitFor({ state: 'detached' });
}

story('Drawing', [
  [
    'a step goes into a connection, from the panel and on the canvas',
    async () => {
      await open(process, 'Hands');
      await canvas().focus();
      await goTo('Ask');
      await use(inspector().getByRole('button', { name: 'Insert a step before or after Write it' }));
      await pick('acknow', /^Acknowledgement/);
      await eventually('it stands between them', async () => (await after('ask'))[0] === 'acknowledge');
      assert.deepEqual(await after('acknowledge'), ['robot']);
      await canvas().focus();
      await press('Escape');
      // A connection is found by its condition.
      await goTo('record.amount');
      await press('n');
      await pick('approval', /^Approval/);
      await eventually('it stands behind the decision', async () => (await after('way'))[0] === 'approval');
      await canvas().focus();
      await press('Control+z');
      await eventually('it is gone', async () => (await after('way'))[0] === 'endEvent');
      await press('Control+Shift+Z');
      await eventually('it is back', async () => (await after('way'))[0] === 'approval');
      await press('Control+z', 2);
      await eventually('both are gone', async () => (await after('ask'))[0] === 'robot');
    },
  ],
  [
    'steps get colours, by the panel and by name',
    async () => {
      await canvas().focus();
      await press('Escape');
      await goTo('Ask');
      await press('Alt+Shift+C');
      const none = inspector().getByRole('button', { name: 'No colour' });
      await eventually('the colours have the focus', () =>
        none.evaluate((button) => button === document.activeElement),
      );
      await press('Tab', 2);
      await press('Enter');
      await eventually('it is teal', async () => (await draft()).layout.ask.color === 'teal');
      await canvas().focus();
      await command('Colour: Red');
      await eventually('it is red', async () => (await draft()).layout.ask.color === 'red');
      await command('Colour: No colour');
      await eventually('it has none', async () => (await draft()).layout.ask.color === undefined);
      await undo().waitFor();
    },
  ],
  [
    'the map of the drawing is folded and shown again',
    async () => {
      await canvas().focus();
      await press('0');
      const map = page.getByRole('button', { name: 'Map of the drawing' });
      await map.waitFor();
      const shown = () => map.getAttribute('aria-expanded');
      assert.equal(await shown(), 'true');
      await press('m');
      await eventually('it is folded', async () => (await shown()) === 'false');
      await command('Show the map of the drawing');
      await eventually('it is there again', async () => (await shown()) === 'true');
      assert.equal((await step('s').count()) + (await step('ask').count()) > 0, true);
    },
  ],
]);

story('The pickers of the panel', [
  [
    'a person, a role and a group',
    async () => {
      await canvas().focus();
      await goTo('Ask');
      const { users, groups } = await apiOf(page, '/directory');
      const [ada] = users.filter(({ id }) => id === 'ada');
      await choose(field('Assignee'), new RegExp(ada.name), ada.name);
      await eventually('a person is asked', async () => (await configOf('ask')).assignee === 'ada');
      await choose(field('Assignee'), 'Role: Operator', 'Operator');
      await eventually('a role is asked', async () => (await configOf('ask')).assignee === 'role:operator');
      const several = inspector().getByRole('group', { name: 'Groups' });
      await use(several.getByRole('button', { name: 'Add' }));
      const [group] = groups;
      await choose(several.getByRole('combobox').last(), new RegExp(group.name), group.name);
      await eventually('a group may take it', async () => {
        const { groups: asked } = await configOf('ask');
        return asked?.[0] === group.id;
      });
      await checkAccessible(page, 'hands-people');
    },
  ],
  [
    'a document template, a stage and a field',
    async () => {
      await canvas().focus();
      await press('Escape');
      await goTo('Write it');
      await choose(field('Template'), /./);
      await eventually('a template is chosen', async () => Boolean((await configOf('doc')).template));
      await canvas().focus();
      await press('Escape');
      await goTo('Move it');
      const { items } = await apiOf(page, '/pipelines');
      const sales = items.find(({ key }) => key === 'sales');
      await choose(field('Pipeline'), sales.name);
      await eventually('the pipeline is chosen', async () => (await configOf('move')).pipeline === 'sales');
      const stage = sales.stages[1];
      await choose(field('Stage'), stage.name);
      await eventually('the stage is chosen', async () => {
        const { pipeline, stage: chosen } = await configOf('move');
        return pipeline === 'sales' && chosen === stage.id;
      });
      await canvas().focus();
      await press('Escape');
      await goTo('Fill it');
      const fields = inspector().getByRole('group', { name: 'Fields' }).first();
      await use(fields.getByRole('button', { name: 'Add', exact: true }));
      await choose(fields.getByRole('combobox').first(), 'Title', 'Title');
      await eventually('the field is chosen', async () =>
        JSON.stringify((await configOf('set')).fields ?? []).includes('title'),
      );
      await checkAccessible(page, 'hands-field');
    },
  ],
  [
    'a duration in working time, and a schedule with its next times',
    async () => {
      await canvas().focus();
      await press('Escape');
      await goTo('Pause');
      await write(inspector().getByRole('textbox', { name: 'Time', exact: true }), '3');
      await choose(field('Unit of time'), 'working days');
      await eventually('it waits three working days', async () => {
        const { after: wait } = (await nodeOf('pause')).trigger.timer;
        return wait?.amount === 3 && wait.unit === 'workingDay';
      });
      await canvas().focus();
      await press('Escape');
      await goTo('Started by hand');
      await choose(field('What starts the process'), 'Schedule');
      const times = inspector().locator('[data-firings] li');
      await eventually('ten times are listed', async () => (await times.count()) === 10);
      await choose(field('How often'), 'Every day');
      await choose(field('Time zone'), 'America/Sao_Paulo', 'Sao_Paulo');
      await inspector().getByText('The next times, in America/Sao_Paulo').waitFor();
      await eventually('it is kept', async () => {
        const { on, cron, zone } = (await nodeOf('s')).trigger;
        return on === 'schedule' && cron === '0 9 * * *' && zone === 'America/Sao_Paulo';
      });
    },
  ],
  [
    'conditions in groups, which are the same as text',
    async () => {
      await canvas().focus();
      await press('Escape');
      await goTo('Large?');
      const builder = inspector().locator('[data-group]').first();
      await use(builder.getByRole('button', { name: 'Add a group' }));
      const inner = builder.locator('[data-group]');
      await use(inner.getByRole('button', { name: 'Add a line' }));
      await page.getByRole('combobox', { name: 'Search for a value or function' }).waitFor();
      await type('record.title');
      await page.locator('[data-value="record.title"]').waitFor();
      await press('Enter');
      await write(inner.getByRole('textbox', { name: 'Value' }), 'Pumps');
      await use(inner.getByRole('button', { name: 'Add a line' }));
      await page.getByRole('combobox', { name: 'Search for a value or function' }).waitFor();
      await type('responsible');
      await page.locator('[data-value="record.responsible"]').waitFor();
      await press('Enter');
      await choose(
        inner.locator('[data-rule="record.responsible"]').getByRole('combobox', { name: 'Comparison' }),
        'is not empty',
      );
      const written =
        'amount(record.amount) > 1000 and (record.title == "Pumps" or not isEmpty(record.responsible))';
      await eventually(
        'it is written',
        async () => (await draft()).flows.find(({ id }) => id === 'yes').when === written,
      );
      const ways = inspector().getByRole('radiogroup', { name: 'How the condition is written' });
      await ways.getByRole('radio', { name: 'Groups' }).focus();
      await press('ArrowRight');
      const text = inspector().getByRole('textbox', { name: 'Condition' });
      assert.equal(await text.innerText(), written);
    },
  ],
]);

await play();
