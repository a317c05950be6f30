// What is written and said in the designer: expressions that complete, explain and correct themselves; outcomes, forms, versions
// and their notes, by the keyboard where hands would do and by the pointer where there was only a key.
// covers U-33
import assert from 'node:assert/strict';
import { checkAccessible, designer, eventually, keyboard, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace(['Dana']);
const [dana] = people;
const { page } = dana;
const { press, type, use, write, choose } = keyboard(page);
const { canvas, step, inspector, undo, draft, goTo, open } = designer(page, server, 'words');

const process = {
  appliesTo: 'deal',
  nodes: [
    { id: 's', kind: 'startEvent' },
    { id: 'way', kind: 'exclusiveGateway', name: 'Large?', default: 'no' },
    {
      id: 'ok',
      kind: 'approval',
      name: 'Agree on it',
      config: {
        approvers: [{ expr: 'run.startedBy' }],
        text: 'About it.',
        outcomes: [
          { name: 'yes', label: 'Yes', positive: true },
          { name: 'no', label: 'No' },
        ],
      },
    },
    {
      id: 'ask',
      kind: 'requestInformation',
      name: 'Ask them',
      config: { assignee: { expr: 'run.startedBy' }, form: [] },
    },
    { id: 'e', kind: 'endEvent', name: 'Over' },
    { id: 'x', kind: 'endEvent', name: 'Small' },
  ],
  flows: [
    { id: 'f1', from: 's', to: 'way' },
    { id: 'large', from: 'way', to: 'ok', when: 'amount(record.amount) > 1000' },
    { id: 'no', from: 'way', to: 'x' },
    { id: 'f2', from: 'ok', to: 'ask', port: 'yes' },
    { id: 'f3', from: 'ok', to: 'x', port: 'no' },
    { id: 'f4', from: 'ask', to: 'e' },
  ],
  layout: {
    s: { at: [0, 0] },
    way: { at: [300, 0] },
    ok: { at: [560, 0] },
    ask: { at: [900, 0] },
    e: { at: [1240, 0] },
    x: { at: [900, 400] },
  },
};
const nodeOf = async (id) => (await draft()).nodes.find((node) => node.id === id);
const when = async () => (await draft()).flows.find(({ id }) => id === 'large').when;
const button = (name, of = page) => of.getByRole('button', { name, exact: true });
const to = async (name) => {
  await canvas().focus();
  await press('Escape');
  await goTo(name);
};
const focused = (locator) =>
  eventually('it has the focus', () =>
    locator.evaluate((element) => element === document.activeElement).catch(() => false),
  );

story('Expressions', [
  [
    'complete what is begun, and say at once what is wrong',
    async () => {
      await open(process, 'Words');
      await to('Large?');
      const ways = inspector().getByRole('radiogroup', { name: 'How the condition is written' });
      await ways.getByRole('radio', { name: 'Groups' }).focus();
      await press('ArrowRight');
      const text = inspector().getByRole('textbox', { name: 'Condition' });
      await text.focus();
      await press('Control+a');
      await press('Delete');
      await press('Control+Space');
      const first = page.getByRole('option').first();
      await first.waitFor();
      assert.match(
        await first.innerText(),
        /^(actor|const|now|params|record|run|steps|vars)/,
        'values come before functions',
      );
      await press('Escape');
      await type('record.am');
      const offered = page.getByRole('option', { name: /^amount/ });
      await offered.waitFor();
      await checkAccessible(page, 'words-completion');
      await press('ArrowDown', 0);
      await eventually('it is marked', async () => (await offered.getAttribute('aria-selected')) === 'true');
      await press('Enter');
      await eventually('it is written', async () => (await text.innerText()) === 'record.amount');
      await type('x > 5');
      const wrong = inspector().getByRole('status').filter({ hasText: 'amountx' });
      await wrong.waitFor();
      assert.match(await wrong.innerText(), /amount\?/, 'it says what was meant');
      await eventually(
        'the place is marked',
        async () => (await inspector().locator('.cm-lintRange-error').count()) > 0,
      );
      await press('Control+a');
      await type('amount(record.amount) > 5');
      await wrong.waitFor({ state: 'detached' });
      await eventually('it is kept', async () => (await when()) === 'amount(record.amount) > 5');
      await inspector().getByText('For example', { exact: false }).first().waitFor();
    },
  ],
  [
    'tell of a name what it is, and offer names to the pointer',
    async () => {
      const text = inspector().getByRole('textbox', { name: 'Condition' });
      // Where the name stands in the line is asked of the page: letters have no elements of their own.
      const at = await text.evaluate((element) => {
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
          const from = node.data.indexOf('record.amount');
          if (from < 0) continue;
          const range = document.createRange();
          range.setStart(node, from + 8);
          range.setEnd(node, from + 10);
          const { x, y, width, height } = range.getBoundingClientRect();
          return { x: x + width / 2, y: y + height / 2 };
        }
        return undefined;
      });
      assert.ok(at, 'the name is on the screen');
      await page.mouse.move(at.x, at.y);
      await page.mouse.move(at.x + 1, at.y);
      const told = page.locator('.cm-told');
      await told.waitFor();
      assert.match(await told.innerText(), /Deal: Amount/);
      await page.mouse.move(5, 5);
      await told.waitFor({ state: 'detached' });
      await text.click();
      await press('Control+a');
      await type('record.cl');
      await page
        .getByRole('option', { name: /^close|^client/ })
        .first()
        .click();
      await eventually('it is written', async () => /^record\.(cl\w+)/.test(await text.innerText()));
      await press('Control+a');
      await type('amount(record.amount) > 1000');
      await eventually('it is kept', async () => (await when()) === 'amount(record.amount) > 1000');
    },
  ],
]);

story('Answers and forms without a pointer', [
  [
    'outcomes are added, named, moved and removed',
    async () => {
      await to('Agree on it');
      const outcomes = inspector().getByRole('region', { name: 'Outcomes' });
      await use(button('Add an outcome', outcomes));
      const third = outcomes.getByRole('textbox', { name: 'Name of outcome 3' });
      await focused(third);
      await type('Later');
      await choose(outcomes.getByRole('combobox', { name: 'Meaning of Later' }), 'Agreed');
      const labels = async () => (await nodeOf('ok')).config.outcomes.map(({ label }) => label);
      await eventually('it is there', async () => (await labels()).join() === 'Yes,No,Later');
      assert.equal((await nodeOf('ok')).config.outcomes[2].positive, true);
      const up = outcomes.getByRole('button', { name: 'Move up' });
      await use(up.nth(2));
      await eventually('it was moved', async () => (await labels()).join() === 'Yes,Later,No');
      await focused(up.nth(1));
      await press('Enter');
      await eventually('it is the first', async () => (await labels()).join() === 'Later,Yes,No');
      await focused(outcomes.getByRole('button', { name: 'Move down' }).first());
      await checkAccessible(page, 'words-outcomes');
      // What happens when time runs out is one of them.
      const limit = inspector().getByRole('combobox', { name: 'Outcome', exact: true });
      await choose(limit, 'Later');
      await eventually('it is chosen', async () => (await nodeOf('ok')).config.timeout?.outcome === 'later');
      await write(inspector().getByRole('textbox', { name: 'After', exact: true }), '2');
      await choose(limit, 'No');
      await use(outcomes.getByRole('button', { name: 'Remove outcome' }).first());
      await eventually('it is gone', async () => (await labels()).join() === 'Yes,No');
      await focused(outcomes.getByRole('textbox', { name: 'Name of outcome 1' }));
    },
  ],
  [
    'fields of a form are added, described, moved and removed',
    async () => {
      await to('Ask them');
      const form = inspector().getByRole('region', { name: 'Form' });
      const add = button('Add a field', form);
      await use(add);
      await focused(form.getByLabel('Label', { exact: true }));
      await type('Weight');
      await choose(form.getByRole('combobox', { name: 'Type' }), 'Number');
      await use(form.getByRole('switch', { name: 'Required' }), 'Space');
      await write(form.getByLabel('Smallest value'), '1');
      await use(add);
      await focused(form.getByLabel('Label', { exact: true }));
      await type('Size');
      await choose(form.getByRole('combobox', { name: 'Type' }), 'Choice');
      await write(form.getByLabel('Options'), 'Small');
      await press('Enter');
      await type('Large');
      const fields = async () => (await nodeOf('ask')).config.form;
      await eventually('both are there', async () => (await fields()).length === 2);
      const [weight, size] = await fields();
      assert.deepEqual(
        [weight.name, weight.type, weight.required, weight.min],
        ['weight', 'number', true, 1],
      );
      assert.deepEqual([size.type, size.options], ['choice', ['Small', 'Large']]);
      await button('Move Size', form).focus();
      await press('ArrowUp');
      await eventually('it was moved', async () => (await fields())[0].name === 'size');
      await focused(button('Move Size', form));
      await checkAccessible(page, 'words-form');
      await use(button('Remove Size', form));
      await eventually('it is gone', async () => (await fields()).length === 1);
      await focused(form.getByRole('button', { name: /^Weight/ }));
      await canvas().focus();
      await press('Control+z');
      await eventually('it is back', async () => (await fields()).length === 2);
    },
  ],
]);

story('Versions', [
  [
    'say who published them and why, and are compared in three ways',
    async () => {
      await canvas().focus();
      await use(button('Publish'));
      const dialog = page.getByRole('dialog', { name: 'Publish version 1' });
      await dialog.getByText('The first version').waitFor();
      await write(dialog.getByRole('textbox', { name: 'What changed?' }), 'Asks for the weight');
      const confirm = dialog.getByRole('checkbox', { name: /I have read the warnings/ });
      if ((await confirm.count()) > 0) await use(confirm, 'Space');
      await use(button('Publish', dialog));
      await page.getByRole('dialog').getByText('Version 1 is published', { exact: false }).waitFor();
      await press('Escape');
      await to('Over');
      await write(inspector().getByLabel('Name', { exact: true }), 'Done');
      await draft();
      await page.goto(`${server.url}/definitions/words/versions`);
      const entry = page
        .getByRole('complementary', { name: 'List of versions' })
        .getByRole('button', { name: /Version 1/ });
      await entry.getByText('Asks for the weight').waitFor();
      await entry.getByText('Dana', { exact: false }).waitFor();
      await choose(page.getByRole('combobox', { name: 'Compare with' }), 'Draft');
      const changes = page.getByRole('complementary', { name: 'Changes from Version 1 to Draft' });
      const row = changes.getByRole('listitem').filter({ hasText: 'Done' });
      await row.getByText('Name', { exact: true }).waitFor();
      assert.equal(await row.locator('del').innerText(), 'Over');
      assert.equal(await row.locator('ins').innerText(), 'Done');
      const view = changes.getByRole('radiogroup', { name: 'View of the changes' });
      await view.getByRole('radio', { name: 'Diagram' }).focus();
      await press('ArrowRight');
      await page.getByRole('region', { name: 'Version 1', exact: true }).waitFor();
      await page.getByRole('region', { name: 'Draft', exact: true }).waitFor();
      await press('ArrowRight');
      await page.getByText('"name": "Done"', { exact: false }).first().waitFor();
      await checkAccessible(page, 'words-versions');
      // The same by the pointer.
      await view.getByText('Side by side').click();
      await page.getByRole('region', { name: 'Draft', exact: true }).waitFor();
      await view.getByText('Diagram').click();
      await page.getByRole('region', { name: 'Draft', exact: true }).waitFor({ state: 'detached' });
    },
  ],
]);

story('By the pointer', [
  [
    'what was placed by hand stays when the rest is tidied up',
    async () => {
      await page.goto(`${server.url}/definitions/words`);
      await canvas().waitFor();
      await button('Show everything').click();
      // By hand: a step is dragged to where it is to stay.
      let box;
      await eventually('the view stands still', async () => {
        const was = box && JSON.stringify(box);
        box = await step('x').boundingBox();
        return was === JSON.stringify(box);
      });
      await page.mouse.move(box.x + 12, box.y + 12);
      await page.mouse.down();
      await page.mouse.move(box.x + 40, box.y + 50, { steps: 5 });
      await page.mouse.up();
      await eventually('it counts as placed', async () => (await draft()).layout.x?.placed === true);
      const before = await draft();
      const from = (id) => before.layout[id].at;
      await page.getByRole('button', { name: 'Menu of Dana Wójcik' }).click();
      await page
        .getByRole('menuitem', { name: /Commands|Search|palette/i })
        .first()
        .click();
      await page.getByRole('dialog').getByRole('combobox').fill('tidy up');
      await page.getByRole('option', { name: 'Tidy up, keep what I placed' }).click();
      await eventually('the rest moved', async () => {
        const { layout } = await draft();
        return layout.way.at.join() !== from('way').join();
      });
      assert.equal((await draft()).layout.x.placed, true);
      await undo().click();
      await eventually(
        'it is as before',
        async () => (await draft()).layout.way.at.join() === from('way').join(),
      );
    },
  ],
  [
    'test data is pinned by the menu of a step',
    async () => {
      await step('ask').click({ button: 'right', position: { x: 12, y: 12 } });
      await page.getByRole('menuitem', { name: /^Pin test data/ }).click();
      await eventually('it is pinned', async () => (await draft()).pins?.ask !== undefined);
      await step('ask').click({ button: 'right', position: { x: 12, y: 12 } });
      await page.getByRole('menuitem', { name: /^Unpin test data/ }).click();
      await eventually('it is not', async () => (await draft()).pins?.ask === undefined);
    },
  ],
]);

await play();
