// Lists: filtered and edited in place without a pointer, changed by the hundred; two people at one record; who is known
// already; a file becomes records; two contacts become one.
// covers L-01, L-03, L-04
import assert from 'node:assert/strict';
import { apiOf, assertClean, checkAccessible, eventually, picture, send, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace(['marta', 'ada']);
const [marta, ada] = people;
const { page } = marta;

const deals = [];
for (const [i, title] of ['List pumps', 'List valves', 'List pipes'].entries())
  deals.push(
    await send(marta.page, 'POST', '/records/deal', {
      pipelineId: 'sales',
      title,
      amount: 100000 * (i + 1),
      currency: 'PLN',
      responsibleId: 'marta',
    }),
  );
const read = (id) => apiOf(page, `/records/deal/${id}`);

/** Goes on with the Tab key until something has the focus. */
async function tabTo(locator) {
  await locator.waitFor();
  for (let i = 0; i < 80; i++) {
    if (
      await locator.evaluate(
        (node) => node === document.activeElement || node.contains(document.activeElement),
      )
    )
      return;
    await page.keyboard.press('Tab');
  }
  throw new Error('the Tab key does not lead there');
}

story('Lists', [
  [
    'a list is filtered and a cell is edited by the keyboard alone',
    async () => {
      await page.goto(`${server.url}/crm/deals/list?q=List`);
      const grid = page.getByRole('grid');
      await grid.getByText('List valves').waitFor();
      await tabTo(page.getByRole('button', { name: 'Filter', exact: true }));
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog', { name: 'Filter' });
      await dialog.getByRole('combobox', { name: 'Field' }).selectOption({ label: 'Title' });
      await dialog.getByRole('combobox', { name: 'Comparison' }).selectOption({ label: 'contains' });
      await tabTo(dialog.getByLabel('Value for Title'));
      await page.keyboard.insertText('valves');
      await checkAccessible(page, 'list-filter');
      await tabTo(dialog.getByRole('button', { name: 'Show', exact: true }));
      await page.keyboard.press('Enter');
      await grid.getByText('List pumps').waitFor({ state: 'detached' });
      const cell = (column) => grid.locator(`[data-cell="0:${column}"]`);
      await tabTo(cell(0));
      for (const column of [1, 2]) {
        await page.keyboard.press('ArrowRight');
        await grid.locator(`[data-cell="0:${column}"]:focus`).waitFor();
      }
      await page.keyboard.press('F2');
      const field = page.getByRole('dialog').getByRole('textbox').first();
      await field.fill('2500');
      await page.keyboard.press('Enter');
      await grid.getByRole('gridcell', { name: /2,500/ }).waitFor();
      assert.equal((await read(deals[1].id)).amount, 250000);
      await checkAccessible(page, 'list');
      await picture(page, 'list-edited');
    },
  ],
  [
    'all that match are given to somebody else',
    async () => {
      await page.goto(`${server.url}/crm/deals/list?q=List`);
      await page.getByRole('grid').getByText('List pipes').waitFor();
      await page.getByRole('checkbox', { name: 'Select what is listed' }).check();
      await page.getByRole('region', { name: 'Selected records' }).getByText('3 selected').waitFor();
      await page
        .getByRole('region', { name: 'Selected records' })
        .getByRole('button', { name: 'Responsible', exact: true })
        .click();
      const dialog = page.getByRole('dialog', { name: 'Change a field' });
      await dialog.getByText('It is about 3 records.').waitFor();
      await dialog.getByRole('combobox', { name: 'Responsible' }).click();
      await page.getByRole('option', { name: /Henrik Lindqvist/ }).click();
      await dialog.getByRole('button', { name: 'Change', exact: true }).click();
      await page.getByText('3 done, 0 were so already, 0 refused', { exact: true }).waitFor();
      await page.getByRole('dialog').getByRole('button', { name: 'Close', exact: true }).last().click();
      await eventually('all have their new responsible person', async () =>
        (await Promise.all(deals.map(({ id }) => read(id)))).every((deal) => deal.responsibleId === 'henrik'),
      );
      await send(
        ada.page,
        'PATCH',
        `/records/deal/${deals[0].id}`,
        { responsibleId: 'marta' },
        (await read(deals[0].id)).rev,
      );
    },
  ],
  ['end of the lists', async () => assertClean(marta, ada)],
]);

story('Two people at one record', [
  [
    'different fields both stay, and of the same field both values are shown',
    async () => {
      const path = `/records/deal/${deals[0].id}`;
      await page.goto(`${server.url}/crm/deals/${deals[0].id}`);
      await page.getByRole('region', { name: 'Details' }).getByRole('button', { name: 'Edit' }).click();
      await page.getByLabel('Title').fill('Pumps for the harbour');
      await page.getByLabel('Comment', { exact: true }).fill('Rings on Monday');
      await send(
        ada.page,
        'PATCH',
        path,
        { title: 'Pumps for the yard', amount: 777700 },
        (await read(deals[0].id)).rev,
      );
      marta.faults.allow(/^409 PATCH /);
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      const dialog = page.getByRole('dialog', { name: 'Somebody else changed the same field' });
      await dialog.getByRole('radio', { name: 'Theirs: Pumps for the yard' }).waitFor();
      await checkAccessible(page, 'record-clash');
      await dialog.getByRole('radio', { name: 'Yours: Pumps for the harbour' }).check();
      await dialog.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByRole('heading', { level: 1, name: 'Pumps for the harbour' }).waitFor();
      const now = await read(deals[0].id);
      assert.deepEqual(
        [now.title, now.comment, now.amount],
        ['Pumps for the harbour', 'Rings on Monday', 777700],
      );
    },
  ],
  ['end of the record', async () => assertClean(marta, ada)],
]);

story('Clients', [
  [
    'who is known already is told while a contact is typed, and is taken',
    async () => {
      await send(marta.page, 'POST', '/contacts', {
        firstName: 'Zofia',
        lastName: 'Known',
        email: 'zofia@known.test',
      });
      await page.goto(`${server.url}/crm/contacts`);
      await page.getByRole('button', { name: 'New contact' }).first().click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('E-mail').fill('ZOFIA@known.test');
      await dialog.getByText('Known already').waitFor();
      await checkAccessible(page, 'known-already');
      await dialog.getByRole('button', { name: 'Take this one: Zofia Known' }).click();
      await page.getByRole('dialog', { name: 'Zofia Known' }).waitFor();
      await page.keyboard.press('Escape');
    },
  ],
  [
    'a file becomes records where it is said, and its doubles become one',
    async () => {
      await page.goto(`${server.url}/crm/contacts/list`);
      await page.getByRole('button', { name: 'Import and export' }).click();
      await page.getByRole('menuitem', { name: 'Import', exact: true }).click();
      await page.locator('input[type=file]').setInputFiles({
        name: 'people.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from(
          'First name,Last name,E-mail,Phone\nZosia,Known,zofia@known.test,+48 601 222 333\n',
        ),
      });
      await page.getByText('people.csv: 1 row').waitFor();
      await page.getByText('Known', { exact: true }).first().waitFor();
      await page.getByLabel('Rows whose record is there already').selectOption({ label: 'Add another one' });
      await page.getByText('New', { exact: true }).waitFor();
      await checkAccessible(page, 'import');
      await page.getByRole('button', { name: 'Import 1 row' }).click();
      await page.getByText('1 of 1 rows').waitFor();
      await page.locator('#content').getByText('Done', { exact: true }).waitFor();
      await page.goto(`${server.url}/crm/duplicates/contact`);
      await page.getByRole('button', { name: 'Merge', exact: true }).first().click();
      const dialog = page.getByRole('dialog', { name: 'Merge into one' });
      await dialog.getByRole('radio', { name: 'Zosia', exact: true }).check();
      await checkAccessible(page, 'merge');
      await dialog.getByRole('button', { name: 'Merge', exact: true }).click();
      await page.getByRole('button', { name: /^Take back the merge of/ }).waitFor();
      const { items } = await apiOf(page, '/contacts?q=zofia@known.test');
      assert.deepEqual(
        items.map(({ firstName, phone }) => [firstName, phone]),
        [['Zosia', '+48 601 222 333']],
      );
    },
  ],
]);

await play();
