// Status-driven processes: a designer arranges one, also by dragging and without a pointer; people press its buttons and
// are told why they cannot; a date brings the record on.
// covers B-02, B-06, B-08, 5.7
import assert from 'node:assert/strict';
import { apiOf, checkAccessible, eventually, picture, send, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace(['dana', 'marta', 'ada']);
const [dana, marta, ada] = people;
let template;
let deal;

const to = (id, status) => ({ id, robot: 'status.set', config: { status } });
const status = (id, name, color, parts = {}) => ({
  id,
  name,
  color,
  entry: [],
  exit: [],
  commands: [],
  delays: [],
  ...parts,
});

story('Status-driven processes', [
  [
    'a designer drags a step, and says when it starts by itself',
    async () => {
      const { page } = dana;
      template = await send(dana.page, 'POST', '/status-processes', {
        type: 'deal',
        name: 'Order release',
        initial: 'draft',
        start: { byHand: true },
        statuses: [
          status('draft', 'Draft', '#64748b', {
            commands: [
              { id: 'submit', name: 'Submit', steps: [to('s1', 'review')] },
              { id: 'release', name: 'Release at once', allowed: ['henrik'], steps: [to('s2', 'done')] },
            ],
            delays: [
              {
                id: 'nudge',
                name: 'Nudge',
                timing: { mode: 'delay', amount: 3, unit: 'day' },
                steps: [to('s3', 'review')],
              },
            ],
          }),
          status('review', 'In review', '#1d5fd1', {
            entry: [
              { id: 'note', robot: 'comment.add', name: 'Leave a note', config: { text: 'Looked at' } },
              {
                id: 'rename',
                robot: 'record.setFields',
                name: 'Mark it',
                config: { fields: [{ field: 'title', value: 'RELEASED' }] },
              },
            ],
            delays: [
              {
                id: 'close',
                name: 'Day of closing',
                timing: { mode: 'date', direction: 'at', field: 'expectedCloseAt' },
                steps: [to('s4', 'done')],
              },
            ],
          }),
          status('done', 'Released', '#15803d'),
        ],
      });
      await page.goto(`${server.url}/status-processes/${template.id}`);
      const draft = page.getByRole('region', { name: 'Draft', exact: true });
      const review = page.getByRole('region', { name: 'In review', exact: true });
      await review
        .getByRole('button', { name: 'Leave a note' })
        .dragTo(draft.getByRole('button', { name: 'Status: In review' }).first());
      await draft.getByRole('button', { name: 'Leave a note' }).waitFor();
      await checkAccessible(page, 'status-editor');
      // Without a pointer: the settings of the whole, and a start of its own.
      const settings = page.getByRole('button', { name: 'Settings', exact: true }).last();
      await settings.focus();
      await page.keyboard.press('Enter');
      const panel = page.getByRole('complementary', { name: 'Settings' });
      await panel.getByRole('button', { name: 'Start it by itself' }).focus();
      await page.keyboard.press('Enter');
      const occasion = panel.getByRole('combobox', { name: 'Starts by itself' });
      await occasion.focus();
      await page.keyboard.press('ArrowDown');
      await page.getByRole('option', { name: 'When a record is changed' }).waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await panel.getByRole('combobox', { name: 'Only when one of these fields changes' }).focus();
      await page.keyboard.insertText('Comment');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Escape');
      await checkAccessible(page, 'status-starts');
      await picture(page, 'status-starts');
      await page.getByRole('button', { name: 'Save and publish' }).click();
      await page.getByText('Saved: what starts from now on follows it').first().waitFor();
      const stored = await apiOf(page, `/status-processes/${template.id}`);
      assert.deepEqual(
        stored.statuses[0].commands[0].steps.map(({ id }) => id),
        ['note', 's1'],
      );
      assert.deepEqual(stored.start.on, [{ on: 'recordChanged', fields: ['comment'] }]);
    },
  ],
  [
    'a change of the field starts it, and a button that is denied says why',
    async () => {
      const { page } = marta;
      deal = await send(marta.page, 'POST', '/records/deal', {
        pipelineId: 'sales',
        title: 'Release the pumps',
        responsibleId: 'marta',
        expectedCloseAt: '2020-01-01',
      });
      await page.goto(`${server.url}/crm/deals/${deal.id}`);
      await page.getByRole('button', { name: 'Edit' }).first().click();
      await page.getByLabel('Comment', { exact: true }).fill('Please release');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      const card = page.getByRole('article', { name: 'Order release' });
      await card.getByText('Draft', { exact: true }).waitFor();
      assert.equal(await card.getByRole('button', { name: 'Release at once' }).isDisabled(), true);
      await card.getByText(/^Nudge: /).waitFor();
      await card.getByRole('button', { name: "Why can't I press this?" }).focus();
      await page.keyboard.press('Enter');
      await card.getByText(/may: Henrik Lindqvist/).waitFor();
      await checkAccessible(page, 'status-card');
    },
  ],
  [
    'a button is pressed by keyboard, and a date that is over brings it on',
    async () => {
      const { page } = marta;
      const card = page.getByRole('article', { name: 'Order release' });
      await card.getByRole('button', { name: 'Submit', exact: true }).focus();
      await page.keyboard.press('Enter');
      await eventually('the process is done', async () => {
        const { items } = await apiOf(page, `/records/deal/${deal.id}/status-processes`);
        return items[0]?.status === 'completed';
      });
      await card.getByText('Released', { exact: true }).waitFor();
      await card.getByRole('button', { name: 'Story' }).click();
      await card.getByText(/Command: Submit · Marta Nowak/).waitFor();
      await card.getByText(/Due: Day of closing/).waitFor();
      await page.getByText('Looked at').first().waitFor();
      await checkAccessible(page, 'status-done');
    },
  ],
  [
    'who may not change the records is told so, and an administrator takes back what a step has changed',
    async () => {
      const { page } = ada;
      const asked = async (of) => {
        await of.goto(`${server.url}/status-processes/${template.id}`);
        await of.getByRole('button', { name: 'Mark it' }).click();
        await of.getByRole('complementary').getByRole('button', { name: 'What has it done?' }).click();
        await of.getByRole('dialog').getByRole('button', { name: 'Look', exact: true }).click();
      };
      await asked(dana.page);
      await dana.page.getByText('1 record is left out: you may not change it.').waitFor();
      await asked(page);
      const dialog = page.getByRole('dialog', { name: 'What “Mark it” has done' });
      await dialog.getByText('Fields: 1').waitFor();
      await dialog.getByText('Record by record').click();
      await dialog.getByText('RELEASED → Release the pumps').waitFor();
      await checkAccessible(page, 'status-undo-looked');
      await picture(page, 'status-undo-looked');
      await dialog.getByRole('button', { name: /^Take back/ }).click();
      await page.locator('[data-undo="done"]').waitFor();
      await eventually('the title is what it was', async () => {
        const { title } = await apiOf(page, `/records/deal/${deal.id}`);
        return title === 'Release the pumps';
      });
    },
  ],
]);

await play();
