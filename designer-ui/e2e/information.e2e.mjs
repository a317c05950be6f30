// A request for information and an acknowledgement: drawn with the form builder, rehearsed, published, answered, refused
// and read by several people.
import assert from 'node:assert/strict';
import { apiOf, checkAccessible, eventually, picture, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace(['Dana', 'Marta', 'Henrik', 'Anna']);
const [dana, marta, henrik, anna] = people;

const inspector = () => dana.page.locator('[data-inspector]');
const form = () => inspector().getByRole('region', { name: 'Form' });
const nodes = () => dana.page.locator('.react-flow__node');

/** Adds a step behind the one that is selected, by its name in the picker. */
async function addStep(words) {
  await dana.page.getByRole('application').focus();
  await dana.page.keyboard.press('n');
  const box = dana.page.getByRole('combobox', { name: 'Which step?' });
  await box.fill(words);
  await dana.page.keyboard.press('Enter');
  await box.waitFor({ state: 'detached' });
}

/** Picks entries of a drop-down by their labels. */
async function choose(page, scope, label, ...options) {
  const field = scope.getByRole('combobox', { name: label }).first();
  for (const option of options) {
    await field.click();
    await page.getByRole('option', { name: option }).first().click();
  }
  await page.keyboard.press('Escape');
}

async function addField(label, type) {
  await form().getByRole('button', { name: 'Add a field' }).click();
  await form().getByLabel('Label', { exact: true }).fill(label);
  if (type) await choose(dana.page, form(), 'Type', type);
}

async function start(key) {
  const answer = await marta.page.evaluate(async (process) => {
    const response = await fetch(`/api/v1/definitions/${process}/runs`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() },
      body: '{}',
    });
    return { status: response.status, text: await response.text() };
  }, key);
  assert.equal(answer.status, 202, answer.text);
  return JSON.parse(answer.text).id;
}

async function openTask(who, name) {
  await who.page.goto(`${server.url}/tasks`);
  await who.page.getByRole('link', { name }).first().click();
  await who.page.getByRole('heading', { name, level: 1 }).waitFor();
}

const answer = (who) => who.page.getByRole('region', { name: 'Your answer' });

story('What is asked', [
  [
    'is drawn with a form of several fields, and read by several people',
    async () => {
      const { page } = dana;
      await page.goto(`${server.url}/definitions`);
      await page.getByRole('button', { name: 'New process' }).click();
      await page.getByLabel(/^Name/).fill('Parcel');
      await page.getByRole('button', { name: 'Create' }).click();
      await page.waitForURL(/\/definitions\/parcel$/);
      await page.getByRole('button', { name: 'Started by hand' }).click();
      await nodes().first().click();
      await addStep('Request for information');
      await addStep('Acknowledgement');
      await inspector().getByLabel('Name', { exact: true }).fill('Read what came');
      const people = inspector().getByRole('group', { name: 'People' });
      for (const [row, name] of [/Henrik/, /Anna/].entries()) {
        await people.getByRole('button', { name: 'Add' }).click();
        await people.getByRole('combobox').nth(row).click();
        await page.getByRole('option', { name }).first().click();
      }
      await inspector().getByRole('textbox', { name: /^Text/ }).click();
      await page.keyboard.insertText('It weighs {{ vars.weightInKg }} kg.');
      await inspector().getByRole('textbox', { name: 'Button' }).fill('Seen');
      await addStep('End');
      await nodes()
        .filter({ hasText: 'Request for information' })
        .click({ position: { x: 20, y: 14 } });
      await inspector().getByRole('heading', { name: 'Request for information' }).waitFor();
      await inspector().getByLabel('Name', { exact: true }).fill('Ask for the parcel');
      await choose(page, inspector(), 'Assignee', /Henrik/);
      // The first field is there already.
      await form()
        .getByRole('button', { name: /^field1/ })
        .click();
      await form().getByLabel('Label', { exact: true }).fill('Weight in kg');
      await choose(page, form(), 'Type', 'Number');
      await form().getByLabel('Required', { exact: true }).check();
      await form().getByLabel('Help', { exact: true }).fill('With its box.');
      await form().getByLabel('Smallest value').fill('1');
      await addField('Size', 'Choice');
      await form().getByLabel('Options').fill('Small\nLarge');
      await form().getByLabel('Required', { exact: true }).check();
      await addField('Fragile', 'Yes or no');
      await choose(page, inspector(), 'Refusal', 'By anyone');
      await inspector().getByRole('switch', { name: 'Refusal needs a reason' }).check();
      await form().getByText('As people will see it').scrollIntoViewIfNeeded();
      await checkAccessible(page, 'information-builder');
    },
  ],
  [
    'has an exit for those who refuse',
    async () => {
      const { page } = dana;
      await page.getByRole('button', { name: 'Show everything' }).click();
      // The one exit that leads nowhere yet.
      await addStep('End');
      await page.getByText('No problems').first().waitFor();
      await picture(page, 'information-drawn');
    },
  ],
  [
    'is rehearsed: a wrong answer is told at its field, and the readers confirm',
    async () => {
      const { page } = dana;
      await page.getByRole('button', { name: 'Rehearse' }).click();
      const panel = page.getByRole('complementary', { name: 'Rehearsal' });
      await panel.getByRole('button', { name: 'Start', exact: true }).click();
      const ask = panel.locator('[data-wait]').filter({ hasText: 'Ask for the parcel' });
      await ask.getByRole('button', { name: 'Refuse' }).click();
      await ask.getByText('This answer needs a reason.').waitFor();
      await ask.getByRole('button', { name: 'Send' }).click();
      await ask.getByText('This field is required').first().waitFor();
      await picture(page, 'information-rehearsed-wrong');
      await ask.getByRole('textbox', { name: /^Weight/ }).fill('12');
      await choose(page, ask, 'Size', 'Large');
      await checkAccessible(page, 'information-rehearsed');
      await ask.getByRole('button', { name: 'Send' }).click();
      const read = panel.locator('[data-wait]').filter({ hasText: 'Read what came' });
      await read.getByRole('checkbox', { name: /Anna/ }).waitFor();
      await picture(page, 'information-rehearsed-read');
      await read.getByRole('button', { name: 'Seen' }).click();
      await panel.getByTestId('rehearsal-end').filter({ hasText: 'Completed' }).waitFor();
      await panel.getByRole('button', { name: 'End the rehearsal' }).click();
    },
  ],
  [
    'is published',
    async () => {
      const { page } = dana;
      await page.getByRole('button', { name: 'Publish', exact: true }).click();
      const dialog = page.getByRole('dialog', { name: /^Publish/ });
      await dialog.getByRole('button', { name: 'Publish', exact: true }).click();
      await page.getByText('Version 1 is published').first().waitFor();
      await page.keyboard.press('Escape');
    },
  ],
]);

story('What is answered', [
  [
    'is checked at its fields and survives a reload',
    async () => {
      await start('parcel');
      await start('parcel');
      const { page } = henrik;
      await openTask(henrik, 'Ask for the parcel');
      await picture(page, 'information-task');
      await answer(henrik).getByRole('button', { name: 'Send' }).click();
      await answer(henrik).getByText('This field is required').first().waitFor();
      await checkAccessible(page, 'information-wrong');
      await answer(henrik)
        .getByRole('textbox', { name: /^Weight/ })
        .fill('0');
      await choose(page, answer(henrik), 'Size', 'Small');
      await answer(henrik).getByRole('button', { name: 'Send' }).click();
      await answer(henrik).getByText('Not less than 1').first().waitFor();
      await answer(henrik)
        .getByRole('textbox', { name: /^Weight/ })
        .fill('25');
      await answer(henrik).getByLabel('Fragile').check();
      // What is typed is kept a moment after the last key.
      await eventually('the draft is kept', () =>
        page.evaluate(() =>
          Object.entries(localStorage).some(
            ([name, value]) => name.includes('draft.') && value.includes('25') && value.includes('fragile'),
          ),
        ),
      );
      await page.reload();
      await answer(henrik).waitFor();
      assert.equal(
        await answer(henrik)
          .getByRole('textbox', { name: /^Weight/ })
          .inputValue(),
        '25',
      );
      assert.equal(await answer(henrik).getByRole('combobox', { name: 'Size' }).inputValue(), 'Small');
      assert.ok(await answer(henrik).getByLabel('Fragile').isChecked());
      await answer(henrik).getByRole('button', { name: 'Send' }).click();
    },
  ],
  [
    'can be refused, with a reason',
    async () => {
      const { page } = henrik;
      await openTask(henrik, 'Ask for the parcel');
      await answer(henrik).getByRole('button', { name: 'Refuse' }).click();
      await answer(henrik).getByText('"Refuse" needs a reason').waitFor();
      await page.setViewportSize({ width: 390, height: 844 });
      await checkAccessible(page, 'information-refusing-phone');
      await page.setViewportSize({ width: 1440, height: 900 });
      await answer(henrik).getByLabel('Comment on your answer').fill('There are no scales here.');
      await answer(henrik).getByRole('button', { name: 'Refuse' }).click();
      await eventually(
        'one run ended by the refusal',
        async () => (await apiOf(dana.page, '/runs?definition=parcel&status=completed')).items.length === 1,
      );
    },
  ],
  [
    'is read by several people',
    async () => {
      await openTask(henrik, 'Read what came');
      await henrik.page.getByText('It weighs 25 kg.').waitFor();
      await checkAccessible(henrik.page, 'acknowledge');
      await answer(henrik).getByRole('button', { name: 'Seen' }).click();
      await openTask(anna, 'Read what came');
      await anna.page.getByText('1 of 2 has confirmed.').waitFor();
      await anna.page.setViewportSize({ width: 390, height: 844 });
      await picture(anna.page, 'acknowledge-phone');
      await answer(anna).getByRole('button', { name: 'Seen' }).click();
      await eventually(
        'the other run is over',
        async () => (await apiOf(dana.page, '/runs?definition=parcel&status=completed')).items.length === 2,
      );
    },
  ],
]);

await play();
