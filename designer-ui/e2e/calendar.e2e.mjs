// Calendars: the administrator paints hours and enters a day off; a person goes away with a stand-in; the head sees it.
// covers U-30, U-32, B-50, B-57
import assert from 'node:assert/strict';
import { apiOf, checkAccessible, eventually, picture, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace(['ada', 'marta', 'henrik']);
const [ada, marta, henrik] = people;

story('Working time', [
  [
    'an administrator paints hours by keyboard and adds a day off',
    async () => {
      const { page } = ada;
      await page.goto(`${server.url}/settings/calendars`);
      const cell = page.getByRole('gridcell', { name: 'Saturday 10:00' });
      await cell.click();
      assert.equal(await cell.getAttribute('aria-selected'), 'true');
      await page.keyboard.press('Shift+ArrowRight');
      await page.keyboard.press('Shift+ArrowRight');
      assert.equal(await page.getByLabel('Saturday', { exact: true }).inputValue(), '10:00–11:30');
      await page.keyboard.press('Space');
      assert.equal(await page.getByLabel('Saturday', { exact: true }).inputValue(), '10:00–11:00');
      await page.getByRole('button', { name: 'Add a day' }).click();
      await page.getByLabel('Date').fill('2031-03-04');
      await page.getByLabel('What it is').fill('Founding day');
      await page.getByText(/^That is /).waitFor();
      await checkAccessible(page, 'calendars');
      await picture(page, 'calendars');
      await page.getByRole('button', { name: 'Save' }).click();
      await eventually('the calendar is stored', async () => {
        const [company] = (await apiOf(page, '/calendars')).items;
        return company.days[0]?.name === 'Founding day' && company.week[5][0]?.to === '11:00';
      });
    },
  ],
  [
    'a department goes by a calendar of its own',
    async () => {
      const { page } = ada;
      await page.getByRole('button', { name: 'Add a calendar' }).click();
      await page.getByRole('combobox', { name: 'Calendar' }).waitFor();
      await page.goto(`${server.url}/settings/departments`);
      const row = page.getByRole('row', { name: /^Sales/ });
      await row.getByRole('button', { name: /^Edit/ }).click();
      const form = page.getByRole('dialog');
      await form.getByLabel('Calendar').first().click();
      await page.getByRole('option', { name: 'New calendar' }).click();
      await form.getByRole('button', { name: 'Save' }).click();
      await row.getByText('New calendar').waitFor();
      const { items } = await apiOf(page, '/calendar-uses');
      assert.deepEqual(
        items.map(({ id }) => id),
        ['department:sales'],
      );
    },
  ],
  [
    'a person begins the day and enters an absence with a stand-in',
    async () => {
      const { page } = marta;
      await page.goto(`${server.url}/settings/absences`);
      await page.getByRole('button', { name: 'Begin the day' }).click();
      await page.getByText('At work').waitFor();
      await page.getByRole('button', { name: 'Enter an absence' }).click();
      const dialog = page.getByRole('dialog', { name: 'Enter an absence' });
      await dialog.getByLabel('First day').fill('2031-05-05');
      await dialog.getByLabel('Last day').fill('2031-05-09');
      await dialog.getByLabel('Stand-in').click();
      await page.getByRole('option', { name: /Oscar Pereira/ }).click();
      await dialog.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('row', { name: /Vacation.*Oscar Pereira/ }).waitFor();
      await checkAccessible(page, 'absences');
      await picture(page, 'absences');
    },
  ],
  [
    'the head sees it among the absences of the team',
    async () => {
      const { page } = henrik;
      await page.goto(`${server.url}/settings/absences`);
      await page.getByRole('row', { name: /Marta Nowak.*Vacation/ }).waitFor();
    },
  ],
]);

await play();
