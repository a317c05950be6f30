// Boards, lists and the calendar of records: columns chosen, ordered and made wider; a card added in its column, also one that
// is refused; a board searched; records moved by their dates; a view that others see.
// covers L-01, L-02, L-07, O-06
import assert from 'node:assert/strict';
import { apiOf, assertClean, checkAccessible, eventually, picture, send, story, workplace } from './lib.mjs';

const { server, people, signIn, play } = await workplace(['ada']);
const [ada] = people;
const { page } = ada;

await send(
  page,
  'POST',
  '/record-types/deal/fields',
  { key: 'number', label: 'Number', type: 'text', requiredAt: [{ pipeline: 'sales', stages: ['contract'] }] },
  (await apiOf(page, '/record-types/deal')).rev ?? 0,
);
await send(
  page,
  'POST',
  '/record-types/deal/fields',
  { key: 'visit', label: 'Visit', type: 'dateTime' },
  (await apiOf(page, '/record-types/deal')).rev,
);
const made = {};
for (const [title, day] of [
  ['Board pumps', '2031-05-13'],
  ['Board valves', '2031-05-14'],
  ['Board pipes', '2031-05-14'],
  ...Array.from({ length: 5 }, (_, i) => [`Board crowd ${i}`, '2031-05-21']),
])
  made[title] = await send(page, 'POST', '/records/deal', {
    pipelineId: 'sales',
    title,
    amount: 120000,
    currency: 'PLN',
    expectedCloseAt: day,
    responsibleId: 'ada',
    fields: { visit: `${day}T08:30:00Z` },
  });
const dealOf = async (title) => apiOf(page, `/records/deal/${made[title].id}`);
const dayOf = async (title) => (await dealOf(title)).expectedCloseAt.slice(0, 10);
const heads = (of) => of.getByRole('columnheader').allInnerTexts();
const widthOf = async (of, name) =>
  Math.round((await of.getByRole('columnheader', { name, exact: false }).boundingBox()).width);

story('The columns of a list', [
  [
    'are chosen, ordered and made wider by pointer and keys, and are so after a reload',
    async () => {
      await page.goto(`${server.url}/crm/deals/list?q=Board`);
      const grid = page.getByRole('grid');
      await grid.getByText('Board valves').waitFor();
      await page.getByRole('button', { name: 'Columns', exact: true }).click();
      const dialog = page.getByRole('dialog', { name: 'Columns' });
      await dialog.getByRole('checkbox', { name: 'Number', exact: true }).check();
      await dialog.getByRole('checkbox', { name: 'Company', exact: true }).uncheck();
      await checkAccessible(page, 'list-columns');
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await grid.getByRole('columnheader', { name: 'Number' }).waitFor();

      const wide = await widthOf(grid, 'Amount');
      const edge = page.getByRole('button', { name: /Width of Amount/ });
      const box = await edge.boundingBox();
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width / 2 + 64, box.y + box.height / 2, { steps: 4 });
      await page.mouse.up();
      await eventually('the column is wider', async () => (await widthOf(grid, 'Amount')) === wide + 64);
      await edge.focus();
      await page.keyboard.press('ArrowLeft');
      await eventually('and narrower by a key', async () => (await widthOf(grid, 'Amount')) === wide + 48);

      await grid.getByRole('columnheader', { name: 'Amount' }).getByRole('button').first().focus();
      const before = await heads(grid);
      await page.keyboard.press('Alt+ArrowLeft');
      await eventually('the column stands before the other', async () => {
        const now = await heads(grid);
        return (
          now.findIndex((t) => t.startsWith('Amount')) === before.findIndex((t) => t.startsWith('Amount')) - 1
        );
      });
      const [number, title] = ['Number', 'Amount'].map((name) =>
        grid.getByRole('columnheader', { name, exact: false }),
      );
      await number.dragTo(title, { sourcePosition: { x: 20, y: 16 }, targetPosition: { x: 20, y: 16 } });
      await eventually('the dragged one stands before it', async () => {
        const now = await heads(grid);
        return now.findIndex((t) => t.startsWith('Number')) < now.findIndex((t) => t.startsWith('Amount'));
      });
      const chosen = await heads(grid);
      await page.reload();
      await grid.getByText('Board valves').waitFor();
      assert.deepEqual(await heads(grid), chosen);
      assert.equal(await widthOf(grid, 'Amount'), wide + 48);
      assert(!chosen.some((text) => text.startsWith('Company')));
    },
  ],
]);

story('A board', [
  [
    'takes a new card in the column where it was asked for, and says what the stage asks for',
    async () => {
      await page.goto(`${server.url}/crm/deals`);
      const contract = page.locator('[data-stage="contract"]');
      await contract.getByRole('button', { name: 'Add on the stage Contract' }).click();
      const dialog = page.getByRole('dialog', { name: 'New deal' });
      await dialog.getByLabel('Title').fill('Board gate');
      await page.keyboard.press('Enter');
      const number = dialog.getByLabel('Number');
      // The field is required there: the browser or the server refuses, and the card is not made.
      ada.faults.allow(/^422 POST \/api\/v1\/records\/deal/);
      await eventually('the refusal names the field', async () =>
        number.evaluate((node) => !node.validity.valid || node.getAttribute('aria-invalid') === 'true'),
      );
      await checkAccessible(page, 'board-add-refused');
      assert.equal((await apiOf(page, '/records/deal?q=gate')).items.length, 0);
      await number.fill('C-17');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Board gate' }).waitFor();
      const [card] = (await apiOf(page, '/records/deal?q=gate')).items;
      assert.deepEqual([card.stageId, card.fields.number], ['contract', 'C-17']);
    },
  ],
  [
    'is searched, and a view of it holds only what is found',
    async () => {
      await page.goto(`${server.url}/crm/deals`);
      await page.getByRole('searchbox', { name: 'Search deals' }).fill('Board gate');
      const columns = page.getByRole('region', { name: 'Deals' });
      await columns.getByText('Board gate').waitFor();
      await columns.getByText('Board pumps').waitFor({ state: 'detached' });
      await picture(page, 'board-searched');
      await page.reload();
      await columns.getByText('Board gate').waitFor();
      assert.equal(await columns.getByText('Board pumps').count(), 0);
    },
  ],
]);

story('A mass operation', [
  [
    'is a job with progress that says of each record why it was refused',
    async () => {
      const own = await dealOf('Board pumps');
      await send(page, 'PATCH', `/records/deal/${own.id}`, { fields: { number: 'C-18' } }, own.rev);
      await page.goto(`${server.url}/crm/deals/list?q=Board+p&sort=title`);
      const grid = page.getByRole('grid');
      await grid.getByText('Board pipes').waitFor();
      // Selected by the keyboard alone.
      await grid.locator('[data-cell="0:0"]').focus();
      await page.keyboard.press('Space');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Space');
      const bar = page.getByRole('region', { name: 'Selected records' });
      await bar.getByText('2 selected').waitFor();
      await bar.getByRole('button', { name: 'Move to a stage' }).focus();
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog', { name: 'Move to a stage' });
      await dialog.getByText('It is about 2 records.').waitFor();
      const stages = dialog.getByRole('combobox', { name: 'Stage' });
      await stages.selectOption({
        label: await stages
          .locator('option', { hasText: /^(?:.*: )?Contract prep/ })
          .first()
          .innerText(),
      });
      await dialog.getByRole('button', { name: 'Move', exact: true }).click();
      await page.getByText('1 done, 0 were so already, 1 refused', { exact: true }).waitFor();
      const job = page.getByRole('dialog', { name: 'Move to a stage' });
      await job.getByText('2 of 2').waitFor();
      const refused = job.getByRole('region', { name: 'Refused' });
      await refused.getByRole('link', { name: 'Board pipes' }).waitFor();
      await refused.getByText(/fields\/number/).waitFor();
      await checkAccessible(page, 'mass-job');
      assert.deepEqual(
        [(await dealOf('Board pumps')).stageId, (await dealOf('Board pipes')).stageId],
        ['contract', 'new'],
      );
      await job.getByRole('button', { name: 'Close', exact: true }).last().click();
    },
  ],
]);

story('The calendar of a list', [
  [
    'has records where their date puts them; dragged ones change it, and take it back',
    async () => {
      await page.goto(`${server.url}/crm/deals/list?q=Board`);
      await page
        .getByRole('navigation', { name: 'Way to look' })
        .getByRole('link', { name: 'Calendar' })
        .click();
      await page.waitForURL(/\/crm\/deals\/calendar\?.*q=Board/);
      await page.goto(`${server.url}/crm/deals/calendar?q=Board&day=2031-05-01`);
      const day = (of) => page.locator(`[data-day="${of}"]`);
      await day('2031-05-13').getByText('Board pumps').waitFor();
      await day('2031-05-21').getByRole('button', { name: '2 more' }).waitFor();
      await checkAccessible(page, 'record-calendar-month');
      await day('2031-05-13').getByText('Board pumps').dragTo(day('2031-05-16'));
      await day('2031-05-16').getByText('Board pumps').waitFor();
      assert.equal(await dayOf('Board pumps'), '2031-05-16');
      await page.getByRole('button', { name: 'Undo', exact: true }).click();
      await day('2031-05-13').getByText('Board pumps').waitFor();
      assert.equal(await dayOf('Board pumps'), '2031-05-13');
    },
  ],
  [
    'is walked and changed by keys alone',
    async () => {
      const chip = (title) => page.getByRole('link', { name: new RegExp(title) });
      await chip('Board pumps').focus();
      await page.keyboard.press('ArrowRight');
      await eventually('the next day has the focus', async () =>
        page.evaluate(
          () => document.activeElement?.closest('[data-day]')?.getAttribute('data-day') === '2031-05-14',
        ),
      );
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('Alt+ArrowDown');
      await eventually(
        'the record stands a week later',
        async () => (await dayOf('Board pumps')) === '2031-05-20',
      );
      await eventually('and has the focus there', async () =>
        page.evaluate(
          () => document.activeElement?.closest('[data-day]')?.getAttribute('data-day') === '2031-05-20',
        ),
      );
      await page.keyboard.press('F2');
      const field = page
        .getByRole('dialog')
        .getByRole('textbox')
        .or(page.getByRole('dialog').locator('input'))
        .first();
      await field.fill('2031-05-22');
      await page.keyboard.press('Enter');
      await eventually('the typed day', async () => (await dayOf('Board pumps')) === '2031-05-22');
    },
  ],
  [
    'stands by another date in a week, and a view of it is seen by others',
    async () => {
      await page.getByRole('combobox', { name: 'Date by which records stand' }).click();
      await page.getByRole('option', { name: 'Visit', exact: true }).click();
      await page.locator('[data-day="2031-05-21"]').getByRole('button', { name: '2 more' }).click();
      await page.waitForURL(/period=week/);
      const pumps = page.locator('[data-day="2031-05-21"]').getByText('Board crowd 4');
      await pumps.waitFor();
      await page.locator('[data-day="2031-05-21"]').getByText(/10:30/).first().waitFor();
      await checkAccessible(page, 'record-calendar-week');
      await page
        .locator('[data-day="2031-05-21"]')
        .getByText('Board crowd 4')
        .dragTo(page.locator('[data-day="2031-05-22"]'));
      await eventually('the time of day stays', async () =>
        (await dealOf('Board crowd 4')).fields.visit.startsWith('2031-05-22T08:30'),
      );
      await page.getByRole('button', { name: 'Saved views' }).click();
      await page.getByRole('menuitem', { name: /Save/ }).first().click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox').fill('Visits of the week');
      await dialog.getByRole('checkbox').check();
      await dialog.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByRole('button', { name: 'Visits of the week' }).waitFor();
      const marta = await signIn('marta');
      await marta.page.goto(`${server.url}/crm/deals/list`);
      await marta.page.getByRole('button', { name: 'Saved views' }).click();
      await marta.page.getByRole('menuitem', { name: /Visits of the week/ }).click();
      await marta.page.waitForURL(/\/crm\/deals\/calendar\?.*by=visit/);
      await eventually(
        'the view is the one that was saved',
        async () =>
          /period=week/.test(marta.page.url()) &&
          /q=Board/.test(marta.page.url()) &&
          !/day=/.test(marta.page.url()),
      );
      assertClean(marta);
    },
  ],
  [
    'is an agenda on a phone',
    async () => {
      const phone = await signIn('ada', { viewport: { width: 390, height: 844 } });
      await phone.page.goto(`${server.url}/crm/deals/calendar?q=Board&day=2031-05-01`);
      await phone.page.getByText('Board valves').waitFor();
      await phone.page.getByRole('button', { name: 'Change the date of Board valves' }).click();
      await phone.page.getByRole('dialog').locator('input').first().fill('2031-05-15');
      await phone.page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
      await eventually('the typed day', async () => (await dayOf('Board valves')) === '2031-05-15');
      await checkAccessible(phone.page, 'record-calendar-phone');
      assertClean(phone);
    },
  ],
]);

story('The robots of a board', [
  [
    'are found by words, and stand together under the name of their group',
    async () => {
      const board = await apiOf(page, '/stage-boards/sales');
      const robot = (id, text, group) => ({
        id,
        robot: 'comment.add',
        name: id,
        timing: { mode: 'immediate' },
        config: { text },
        ...(group && { group }),
      });
      const robots = [
        robot('Greets', 'Hello', 'Welcome'),
        robot('Explains', 'This is how', 'Welcome'),
        robot('Reminds', 'Please answer'),
      ];
      await send(
        page,
        'PUT',
        '/stage-boards/sales',
        {
          stages: board.stages.map(({ stage }) => ({
            stage,
            robots: stage === 'qualified' ? robots : [],
            triggers: [],
          })),
        },
        board.rev,
      );
      await page.goto(`${server.url}/crm/automation/sales`);
      await page.getByText('Reminds').waitFor();
      assert.equal(await page.getByText('Welcome', { exact: true }).count(), 1);
      await page.getByRole('searchbox', { name: 'Find robots' }).fill('this is how');
      await page.getByText('Reminds').waitFor({ state: 'detached' });
      await page.getByText('Explains').first().waitFor();
      await page.getByRole('searchbox', { name: 'Find robots' }).fill('welcome');
      await page.getByText('Greets').first().waitFor();
      assert.equal(await page.getByText('Reminds').count(), 0);
      await checkAccessible(page, 'automation-searched');
      await page.getByRole('searchbox', { name: 'Find robots' }).fill('');
      await page.getByText('Reminds').waitFor();
    },
  ],
]);

story('The picture of a product', [
  [
    'is chosen, seen in the catalogue, the picker and the rows, and taken away; what is no picture is refused',
    async () => {
      const look = await page.screenshot({ clip: { x: 8, y: 8, width: 40, height: 40 } });
      const product = await send(page, 'POST', '/products', {
        name: 'Board scanner',
        sku: 'BS-1',
        price: { amount: 10000, currency: 'PLN' },
      });
      await page.goto(`${server.url}/crm/products?q=Board+scanner`);
      await page.getByRole('button', { name: 'Board scanner' }).click();
      const dialog = page.getByRole('dialog', { name: 'Board scanner' });
      const input = dialog.locator('input[type=file]');
      ada.faults.allow(/^415 POST \/api\/v1\/products\//);
      await input.setInputFiles({
        name: 'scanner.png',
        mimeType: 'image/png',
        buffer: Buffer.from('%PDF-1.4\n%%EOF'),
      });
      await dialog
        .getByText(/type/i)
        .filter({ hasText: /not|file/i })
        .first()
        .waitFor();
      await input.setInputFiles({ name: 'scanner.png', mimeType: 'image/png', buffer: look });
      const drawn = (of) =>
        eventually('the picture is drawn', () =>
          of
            .locator('img')
            .first()
            .evaluate((image) => image.complete && image.naturalWidth > 0),
        );
      await drawn(dialog);
      await checkAccessible(page, 'product-picture');
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await drawn(page.getByRole('row', { name: /Board scanner/ }));
      await picture(page, 'products-with-pictures');
      await page.goto(`${server.url}/crm/deals/${made['Board pipes'].id}`);
      const rows = page.getByRole('region', { name: 'Products' }).first();
      await rows.getByRole('button', { name: 'Edit' }).click();
      await rows.getByRole('textbox', { name: 'Product', exact: false }).first().fill('Board scan');
      const option = page.getByRole('option', { name: /Board scanner/ });
      await drawn(option);
      await picture(page, 'product-picker-pictures');
      await option.click();
      await drawn(rows);
      await rows.getByRole('button', { name: 'Save', exact: true }).click();
      await rows.getByRole('cell', { name: 'Board scanner' }).waitFor();
      await drawn(rows);
      await picture(page, 'product-rows-pictures');
      await page.goto(`${server.url}/crm/products?q=Board+scanner`);
      await page.getByRole('button', { name: 'Board scanner' }).click();
      await dialog.getByRole('button', { name: 'Take away' }).click();
      await eventually('it has none', async () => !(await apiOf(page, `/products/${product.id}`)).pictureId);
    },
  ],
]);

await play();
