// A table becomes clients: a file is dropped or chosen, its columns are set, the rows that are wrong are shown before and
// after, and what was refused comes back as a table that is corrected and imported again. The second part uses keys only.
// covers L-04
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { apiOf, checkAccessible, eventually, keyboard, picture, story, workplace } from './lib.mjs';

const {
  server,
  people: [marta],
  play,
} = await workplace(['Marta']);
const { page } = marta;

const rows = [
  'First;Family name;Mail;Works at;Shoe size',
  'Ewa;Importowa;ewa@import.test;Import Works;37',
  'Jan;Importowy;nope;Import Works;44',
];
const people = { name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(`${rows.join('\n')}\n`) };
const named = async (q) => (await apiOf(page, `/contacts?q=${q}`)).items;
const number = (name) => page.locator('dl > div', { hasText: name }).locator('dd');
const becomes = (column) => page.getByRole('columnheader').getByLabel(column, { exact: true });

const keys = keyboard(page);

/** Presses a button that asks for a file, and gives it one. */
async function choose(button, file) {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    keys.use(page.getByRole('button', { name: button })),
  ]);
  await chooser.setFiles(file);
}

/** Drops a file onto the page as a hand would. */
async function drop(file) {
  const data = await page.evaluateHandle(
    ({ name, mimeType, text }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], name, { type: mimeType }));
      return transfer;
    },
    { ...file, text: file.buffer.toString() },
  );
  const zone = page.getByText('Drop a CSV or XLSX file here').locator('..');
  await zone.dispatchEvent('dragover', { dataTransfer: data });
  await zone.dispatchEvent('drop', { dataTransfer: data });
}

story('A table of people, with the pointer', [
  [
    'the page says what a file can have, and gives an empty table',
    async () => {
      await page.goto(`${server.url}/crm/contacts`);
      await page.getByRole('button', { name: 'Import and export' }).click();
      await page.getByRole('menuitem', { name: 'Import', exact: true }).click();
      await page.getByRole('heading', { name: 'Import: Contacts' }).waitFor();
      await page.getByRole('listitem').filter({ hasText: 'Last name' }).waitFor();
      const [empty] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Empty table to fill in' }).click(),
      ]);
      const text = await readFile(await empty.path(), 'utf8');
      assert.match(text, /^\ufeff"First name";"Last name"/);
      await checkAccessible(page, 'import-start');
      await picture(page, 'import-start');
    },
  ],
  [
    'a dropped file shows what its rows would become, and the address keeps it',
    async () => {
      await drop(people);
      await page.getByText('people.csv: 2 rows').waitFor();
      await becomes('First').selectOption({ label: 'First name' });
      await becomes('Family name').selectOption({ label: 'Last name' });
      await becomes('Mail').selectOption({ label: 'E-mail' });
      await becomes('Works at').selectOption({ label: 'Company' });
      await page.getByText('1 of the first 2 rows has a fault and would be refused.').waitFor();
      await page.getByRole('row', { name: /Ewa/ }).getByText('New', { exact: true }).waitFor();
      assert.deepEqual(await named('import.test'), [], 'nothing is changed yet');
      await page.reload();
      await page.getByText('people.csv: 2 rows').waitFor();
      assert.equal(await becomes('Mail').inputValue(), 'email', 'the columns are kept');
      assert.equal(await becomes('Shoe size').inputValue(), '', 'a column that nobody knows is left out');
      await checkAccessible(page, 'import-plan');
      await picture(page, 'import-plan');
    },
  ],
  [
    'what was refused is told with its reason, also after the page was closed',
    async () => {
      await page.getByRole('button', { name: 'Import 2 rows' }).click();
      await page.locator('#content').getByText('Done', { exact: true }).waitFor();
      for (const [what, n] of [
        ['Added or changed', '1'],
        ['Left as they were', '0'],
        ['Refused', '1'],
      ]) {
        assert.equal(await number(what).textContent(), n, what);
      }
      await page.getByText(/^Row 2/).waitFor();
      await page.getByText(/^E-mail: /).waitFor();
      await checkAccessible(page, 'import-result');
      await picture(page, 'import-result');
      const [made] = await named('import.test');
      assert.equal(made.lastName, 'Importowa');
      await page.goto(`${server.url}/crm/import/contact`);
      await page.getByRole('link', { name: 'people.csv' }).click();
      await page.locator('#content').getByText('Done', { exact: true }).waitFor();
    },
  ],
  [
    'the table of refused rows is corrected and imported',
    async () => {
      const [refused] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'Refused rows with reasons (CSV)' }).click(),
      ]);
      const text = await readFile(await refused.path(), 'utf8');
      assert.ok(text.includes('nope') && !text.includes('Ewa'), text);
      const corrected = {
        ...people,
        name: 'corrected.csv',
        buffer: Buffer.from(text.replace('nope', 'jan@import.test')),
      };
      await choose('Import another file', corrected);
      await page.getByText('corrected.csv: 1 row').waitFor();
      await becomes('First').selectOption({ label: 'First name' });
      await becomes('Family name').selectOption({ label: 'Last name' });
      await becomes('Mail').selectOption({ label: 'E-mail' });
      await page.getByRole('button', { name: 'Import 1 row' }).click();
      await page.locator('#content').getByText('Done', { exact: true }).waitFor();
      await page.getByRole('link', { name: 'Show the records' }).click();
      await page
        .getByRole('grid')
        .getByText(/Importowy/)
        .first()
        .waitFor();
    },
  ],
]);

story('The same by keys alone', [
  [
    'a file is chosen and its columns are set',
    async () => {
      await page.goto(`${server.url}/crm/companies`);
      await keys.use(page.getByRole('button', { name: 'Import and export' }));
      const item = page.getByRole('menuitem', { name: 'Import', exact: true });
      await item.waitFor();
      await keys.tabTo(item, 'ArrowDown');
      await keys.press('Enter');
      await page.getByRole('heading', { name: 'Import: Companies' }).waitFor();
      await choose('Choose a file', {
        name: 'firms.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from('What it is called,Web\nKeys Only Ltd.,x\n'),
      });
      await page.getByText('firms.csv: 1 row').waitFor();
      // A select opens with its list; letters go to the choice in it.
      await becomes('What it is called').focus();
      await keys.type('Name');
      await eventually(
        'the column is the name',
        async () => (await becomes('What it is called').inputValue()) === 'name',
      );
      await page
        .getByRole('row', { name: /Keys Only Ltd\./ })
        .getByText('New', { exact: true })
        .waitFor();
    },
  ],
  [
    'it is imported and seen in the list',
    async () => {
      await keys.use(page.getByRole('button', { name: 'Import 1 row' }));
      await page.locator('#content').getByText('Done', { exact: true }).waitFor();
      assert.equal(await number('Added or changed').textContent(), '1');
      await keys.use(page.getByRole('link', { name: 'Show the records' }));
      await page.getByText('Keys Only Ltd.').waitFor();
    },
  ],
]);

await play();
