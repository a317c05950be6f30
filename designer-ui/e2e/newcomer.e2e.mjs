// A newcomer draws the contract process on an empty canvas, rehearses, publishes and starts it.
// Everything is found as a person finds it: by roles, labels and the words on the screen; no test ids, no classes.
import assert from 'node:assert/strict';
import { checkAccessible, picture, story, workplace } from './lib.mjs';

const { people, play } = await workplace(['Dana', 'Marta']);
const [dana, marta] = people;
const { page } = dana;

const canvas = () => page.getByRole('application');
const settings = () => page.getByRole('complementary', { name: 'Settings' });
const steps = () => page.getByRole('complementary', { name: 'Steps' });
const rehearsal = () => page.getByRole('complementary', { name: 'Rehearsal' });

/** Clicks a step of the palette: it goes behind the one that is selected. The panel then asks for its settings. */
async function add(kind, name) {
  await steps().getByRole('button', { name: kind, exact: true }).click();
  await settings().getByRole('heading', { name: kind, exact: true }).waitFor();
  if (name) await settings().getByLabel('Name', { exact: true }).fill(name);
}

/** Points at a step of the drawing by its words. */
async function select(name) {
  await canvas().getByText(name, { exact: true }).click();
  await settings().getByLabel('Name', { exact: true }).and(page.getByPlaceholder(/./)).waitFor();
  assert.equal(await settings().getByLabel('Name', { exact: true }).inputValue(), name);
}

async function choose(label, option) {
  await settings().getByRole('combobox', { name: label }).first().click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

async function write(label, text) {
  await settings().getByRole('textbox', { name: label, exact: true }).first().click();
  await page.keyboard.insertText(text);
}

/** Adds a row to a list of people or groups and says who. */
async function addTo(list, option) {
  await settings().getByRole('group', { name: list }).getByRole('button', { name: 'Add' }).click();
  const wanted = page.getByRole('option', { name: option, exact: true });
  // What it is chosen from opens by itself; a page that is drawn anew in that moment may close it.
  const again = () => settings().getByRole('group', { name: list }).getByRole('combobox').last().click();
  await wanted.waitFor({ timeout: 5_000 }).catch(again);
  await wanted.click();
}

story('A newcomer', [
  [
    'begins on an empty canvas that asks what starts the process',
    async () => {
      await page.getByRole('link', { name: 'Draw a process' }).click();
      await page.getByRole('button', { name: 'New process' }).click();
      await page.getByRole('textbox', { name: 'Name' }).fill('Contracts');
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByRole('heading', { name: 'What starts this process?' }).waitFor();
      await checkAccessible(page, 'newcomer-empty');
      await page.getByRole('button', { name: 'Stage entered' }).click();
      await choose('Pipeline and stage', 'Qualified');
    },
  ],
  [
    'lets the contract be drafted and gives the manager a task with a time limit',
    async () => {
      await add('Generate a document', 'Draft the contract');
      await choose('Template', 'Sales contract');
      await add('Task', 'Prepare the contract');
      await choose('Assignee', 'Responsible person of the record');
      await write('Text', 'Check the draft and complete the task.');
      await settings().getByRole('button', { name: 'Add a time limit' }).click();
      await settings().getByRole('heading', { name: 'Time limit' }).waitFor();
      await settings().getByLabel('Name', { exact: true }).fill('Two days over');
      await settings().getByRole('textbox', { name: 'Time', exact: true }).fill('2');
      assert.ok(!(await settings().getByRole('switch', { name: 'Stops the step' }).isChecked()));
      await picture(page, 'newcomer-limit');
      await add('Send a notification', 'Tell the head');
      await addTo('To', 'Head of the responsible person');
      await write('Text', '{{ record.title }}: the contract is late');
      await add('End', 'Head told');
    },
  ],
  [
    'asks for approval with three answers, one of which leads back',
    async () => {
      await select('Prepare the contract');
      await add('Approval', 'Approve the contract');
      await addTo('Approvers', 'Head of the responsible person');
      await settings().getByRole('button', { name: 'Add an outcome' }).click();
      await settings().getByRole('textbox', { name: 'Name of outcome 3' }).fill('Rework');
      await settings()
        .getByRole('combobox', { name: /After “Rework”/ })
        .click();
      await page.getByRole('option', { name: 'Prepare the contract' }).click();
      await settings()
        .getByRole('combobox', { name: /After “Reject”/ })
        .click();
      await page.getByRole('option', { name: 'New step…' }).click();
      await page.getByRole('combobox', { name: 'Which step?' }).fill('End');
      await page.keyboard.press('Enter');
      await settings().getByRole('heading', { name: 'End', exact: true }).waitFor();
      await settings().getByLabel('Name', { exact: true }).fill('Contract rejected');
      await picture(page, 'newcomer-approval');
    },
  ],
  [
    'has the scan uploaded, the contract entered, and the deal moved on',
    async () => {
      await select('Approve the contract');
      await add('Task', 'Get the scan');
      await choose('Assignee', 'Responsible person of the record');
      await settings()
        .getByRole('group', { name: 'Files' })
        .getByRole('switch', { name: 'Required' })
        .click();
      await add('Task', 'Enter the contract');
      await addTo('Groups', 'Accounting');
      await add('Change the stage', 'Move the deal on');
      await choose('Stage', 'Signed');
      await add('End', 'Contract signed');
      await page.getByText('No problems').first().waitFor();
      await page.getByRole('button', { name: 'Tidy up' }).click();
      await page.getByRole('button', { name: 'Show everything' }).click();
      await checkAccessible(page, 'newcomer-drawn');
    },
  ],
  [
    'rehearses it to the end, with one round of rework',
    async () => {
      const act = (name) => rehearsal().getByRole('button', { name, exact: true }).click();
      await page.getByRole('button', { name: 'Rehearse' }).click();
      await act('Start');
      await rehearsal().getByText('Prepare the contract').first().waitFor();
      await picture(page, 'newcomer-rehearsal');
      await act('Complete');
      await act('Rework');
      await act('Complete');
      await act('Approve');
      await rehearsal().getByText('Get the scan').first().waitFor();
      await act('Complete');
      await rehearsal().getByText('This step needs at least one file.').waitFor();
      await act('Take a made-up file');
      await act('Complete');
      await rehearsal().getByText('Enter the contract').first().waitFor();
      await act('Complete');
      await rehearsal().getByText('Completed', { exact: true }).first().waitFor();
      await act('End the rehearsal');
    },
  ],
  [
    'publishes it',
    async () => {
      await page.getByRole('button', { name: 'Publish', exact: true }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('What changed?').fill('First version');
      await dialog.getByRole('button', { name: 'Publish', exact: true }).click();
      await page
        .getByText(/Version 1 is published/)
        .first()
        .waitFor();
    },
  ],
  [
    'and the process gives the manager the task when a deal is moved',
    async () => {
      await marta.page.getByRole('link', { name: 'CRM' }).first().click();
      await marta.page.getByRole('button', { name: /Move Roaster line upgrade/ }).click();
      await marta.page.getByRole('menuitem', { name: 'Qualified' }).click();
      await marta.page.getByRole('link', { name: 'My tasks' }).first().click();
      await marta.page.getByText('Prepare the contract').first().waitFor({ timeout: 60_000 });
      await picture(marta.page, 'newcomer-task');
    },
  ],
]);

await play();
