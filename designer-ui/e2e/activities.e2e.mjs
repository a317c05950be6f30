// Activities: planned from a deal, done with a result, told in its story; seen, moved and filtered in the calendar.
// Bookings: made in the calendar of resources for a deal, seen on its card and by whom they are for, moved, canceled.
// covers O-13, O-14, O-15, O-20, K-01, K-02, P-07, P-08, P-10, R-06, R-07
import assert from 'node:assert/strict';
import { apiOf, checkAccessible, eventually, picture, send, story, workplace } from './lib.mjs';

const { server, people, signIn, play } = await workplace([
  'marta',
  [
    'henrik',
    {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    },
  ],
]);
const [marta, henrik] = people;
const pad = (n) => String(n).padStart(2, '0');
const dayOf = (date) => `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
const local = (day, time) => `${day}T${time}`;
// Two days of one week in the middle of the next month, as the browsers there see them.
const next = new Date();
next.setMonth(next.getMonth() + 1, 15);
while (next.getDay() !== 2) next.setDate(next.getDate() - 1);
const tuesday = dayOf(next);
const thursday = dayOf(new Date(next.getFullYear(), next.getMonth(), next.getDate() + 2));

async function firstDeal(page) {
  const deals = await apiOf(page, '/records/deal?limit=200');
  return deals.items.find(({ title }) => title === 'Turbine inspection service');
}

story('Activities', [
  [
    'a call is planned from the deal, with a colleague and the contact',
    async () => {
      const { page } = marta;
      const deal = await firstDeal(page);
      await page.goto(`${server.url}/crm/deals/${deal.id}?tab=activities`);
      await page.getByText('Nothing is planned').waitFor();
      await picture(page, 'activities-empty');
      await page.getByRole('button', { name: 'Plan a call' }).click();
      const dialog = page.getByRole('dialog', { name: 'Plan a call' });
      await dialog.getByRole('button', { name: 'Plan', exact: true }).click();
      await dialog.getByLabel('Title').fill('Ask about the blades');
      await dialog.getByLabel('Do it by').fill(local(tuesday, '14:00'));
      await dialog.getByLabel('Participants').click();
      await page.getByRole('option', { name: /Henrik Lindqvist/ }).click();
      await page.keyboard.press('Escape');
      await checkAccessible(page, 'activity-dialog');
      await dialog.getByRole('button', { name: 'Plan', exact: true }).click();
      const row = page.getByRole('listitem').filter({ hasText: 'Ask about the blades' });
      await row.getByText(/with Henrik Lindqvist/).waitFor();
      await row.getByText(/Ingrid Solheim/).waitFor();
      await checkAccessible(page, 'activities-panel');
    },
  ],
  [
    'a meeting is planned in the calendar and dragged to another day',
    async () => {
      const { page } = marta;
      await page.goto(`${server.url}/calendar?day=${tuesday}`);
      await page.getByRole('button', { name: /Ask about the blades.*Call/ }).waitFor();
      await page
        .locator(`[data-day="${tuesday}"]`)
        .getByRole('button', { name: /^Plan something on/ })
        .click();
      const dialog = page.getByRole('dialog', { name: 'Plan a meeting' });
      await dialog.getByLabel('Title').fill('Visit the yard');
      await dialog.getByLabel('Room').fill('Blue room');
      await dialog.getByRole('button', { name: 'Plan', exact: true }).click();
      const chip = page.getByRole('button', { name: /Visit the yard.*Meeting/ });
      await chip.waitFor();
      await checkAccessible(page, 'calendar-month');
      await chip.dragTo(page.locator(`[data-day="${thursday}"]`));
      await page.locator(`[data-day="${thursday}"]`).getByText('Visit the yard').waitFor();
      await eventually('the meeting has moved', async () => {
        const all = await apiOf(page, '/activities?type=meeting');
        const visit = all.items.find(({ title }) => title === 'Visit the yard');
        return dayOf(new Date(visit.start)) === thursday;
      });
      await page.getByText('Week', { exact: true }).click();
      await page.locator(`[data-day="${thursday}"]`).getByText('Visit the yard').waitFor();
      await picture(page, 'calendar-week');
    },
  ],
  [
    'the colleague sees the call on the phone, and does it',
    async () => {
      const { page } = henrik;
      await page.goto(`${server.url}/calendar?day=${tuesday}`);
      const row = page.getByRole('listitem').filter({ hasText: 'Ask about the blades' });
      await row.waitFor();
      await checkAccessible(page, 'calendar-phone');
      assert.ok(
        await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth),
        'nothing is wider than the phone',
      );
      await row.getByRole('button', { name: 'Done', exact: true }).click();
      const dialog = page.getByRole('dialog', { name: 'Mark as done' });
      await dialog.getByLabel('What came of it').fill('Twelve blades, not ten');
      await dialog.getByRole('button', { name: 'Mark as done' }).click();
      await row.getByText(/Done by Henrik Lindqvist/).waitFor();
      await picture(page, 'activity-done-phone');
    },
  ],
  [
    'the deal tells of it, and the planner is told',
    async () => {
      const { page } = marta;
      const deal = await firstDeal(page);
      await page.goto(`${server.url}/crm/deals/${deal.id}`);
      await page.getByText('Done: Ask about the blades').waitFor();
      await page.getByText('Twelve blades, not ten').waitFor();
      await eventually('the notification', async () => {
        const told = await apiOf(page, '/notifications');
        return told.items.some(({ text }) => text === 'Done by Henrik Lindqvist: Ask about the blades');
      });
      await page.getByRole('tab', { name: 'Activities' }).click();
      await page.getByRole('button', { name: '1 ended' }).click();
      await page.getByText('Done by Henrik Lindqvist.').waitFor();
      await picture(page, 'activities-ended');
    },
  ],
  [
    'the page of the person shows what is next, and a card of the board plans more',
    async () => {
      const { page } = marta;
      await page.goto(server.url);
      await page.getByRole('link', { name: /Visit the yard/ }).waitFor();
      await checkAccessible(page, 'home-activities');
      await page.goto(`${server.url}/crm/deals`);
      await page.getByRole('button', { name: /Move.*Turbine inspection service/ }).click();
      await page.getByRole('menuitem', { name: 'Plan a task' }).click();
      const dialog = page.getByRole('dialog', { name: 'Plan a task' });
      await dialog.getByLabel('Title').fill('Send the report');
      await dialog.getByRole('button', { name: 'Plan', exact: true }).click();
      await eventually('the task is planned', async () => {
        const all = await apiOf(page, '/activities?type=task');
        return all.items.some(
          ({ title, responsibleId }) => title === 'Send the report' && responsibleId === 'marta',
        );
      });
      await page.goto(`${server.url}/crm/contacts`);
      await page.getByText('Ingrid Solheim').first().click();
      await page.getByRole('dialog').getByRole('button', { name: 'Plan a call' }).waitFor();
      await checkAccessible(page, 'contact-activities');
    },
  ],
  [
    'a post mentions a colleague, who answers on the phone',
    async () => {
      const { page } = marta;
      await page.goto(`${server.url}/feed`);
      await page.getByRole('article', { name: 'Post by Henrik Lindqvist' }).waitFor();
      const text = page.getByLabel('Write to your colleagues; @ mentions one');
      await text.pressSequentially('The yard is closed, @Hen');
      await page.getByRole('option', { name: /Henrik Lindqvist/ }).waitFor();
      await page.keyboard.press('Enter');
      await text.pressSequentially('please call');
      await page.getByLabel('Recipients').first().click();
      await page.getByRole('option', { name: 'Sales' }).first().click();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Post', exact: true }).click();
      const post = page.getByRole('article', { name: 'Post by Marta Nowak' });
      await post.getByText('@Henrik Lindqvist').waitFor();
      await checkAccessible(page, 'feed');
      const other = henrik.page;
      await eventually('the mention rings', async () => {
        const told = await apiOf(other, '/notifications');
        return told.items.some(
          ({ kind, text: said }) => kind === 'post' && said.includes('@Henrik Lindqvist'),
        );
      });
      await other.goto(`${server.url}/feed`);
      const seen = other.getByRole('article', { name: 'Post by Marta Nowak' });
      await seen.getByRole('button', { name: 'Comment' }).click();
      await seen.getByLabel('Comment').fill('On my way');
      await seen.getByRole('button', { name: 'Send' }).click();
      await seen.getByText('On my way').waitFor();
      await checkAccessible(other, 'feed-phone');
      await post.getByRole('button', { name: '1 comment' }).waitFor();
    },
  ],
  [
    'a room is booked for a deal and a colleague, who reads of it by their own clock',
    async () => {
      const ada = await signIn('ada');
      const { rev } = await apiOf(ada.page, '/record-types/deal');
      const field = { key: 'visit', label: 'Visit', type: 'booking' };
      await send(ada.page, 'POST', '/record-types/deal/fields', field, rev);
      await ada.context.close();
      const { page } = marta;
      await page.goto(`${server.url}/calendar/resources?day=${tuesday}`);
      await page.getByRole('button', { name: 'Book', exact: true }).click();
      const dialog = page.getByRole('dialog', { name: 'Book' });
      await dialog.getByRole('combobox', { name: 'Resource' }).click();
      await page.getByRole('option', { name: 'Meeting room Vistula' }).click();
      await dialog.getByLabel('From').fill(local(tuesday, '10:00'));
      await dialog.getByLabel('Until').fill(local(tuesday, '11:30'));
      await dialog.getByRole('combobox', { name: 'Employee' }).click();
      await page.getByRole('option', { name: /Henrik Lindqvist/ }).click();
      await dialog.getByRole('combobox', { name: 'For the record' }).fill('Turbine');
      await page.getByRole('option', { name: 'Turbine inspection service' }).click();
      await dialog.getByRole('combobox', { name: 'In the field' }).waitFor();
      await checkAccessible(page, 'book-dialog');
      await dialog.getByRole('button', { name: 'Book', exact: true }).click();
      await page.getByRole('button', { name: /10:00 AM–11:30 AM Turbine inspection service/ }).waitFor();
      await checkAccessible(page, 'calendar-resources');
      const other = henrik.page;
      await other.goto(`${server.url}/calendar?day=${tuesday}`);
      await other.getByRole('link', { name: 'Meeting room Vistula' }).waitFor();
      await checkAccessible(other, 'calendar-booked-phone');
      await other.getByRole('button', { name: /notification/i }).click();
      await other.getByText(/Booked for you: Meeting room Vistula .*10:00 AM/).waitFor();
    },
  ],
  [
    'the card of the deal shows the booking, moves it and gives it up',
    async () => {
      const { page } = marta;
      const deal = await firstDeal(page);
      await page.goto(`${server.url}/crm/deals/${deal.id}`);
      await page.getByRole('button', { name: /Meeting room Vistula,.*10:00 AM/ }).click();
      const dialog = page.getByRole('dialog', { name: 'Booking of Meeting room Vistula' });
      await dialog.getByLabel('Until').fill(local(thursday, '15:00'));
      await dialog.getByLabel('From').fill(local(thursday, '14:00'));
      await dialog.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('button', { name: /Meeting room Vistula,.*2:00 PM/ }).click();
      await dialog.getByRole('button', { name: 'Cancel this booking' }).click();
      const sure = page.getByRole('dialog', { name: 'Cancel the booking of Meeting room Vistula' });
      await sure.getByRole('button', { name: 'Cancel the booking' }).click();
      await page.getByRole('button', { name: 'Book: Visit' }).waitFor();
      await page.getByText('Booking canceled: Meeting room Vistula').waitFor();
      await picture(page, 'booking-card');
    },
  ],
  [
    'whoever signs out leaves nothing behind',
    async () => {
      const { page } = marta;
      await page.getByRole('button', { name: 'Menu of Marta Nowak' }).click();
      await page.getByRole('menuitem', { name: 'Sign out' }).click();
      await page.getByRole('button', { name: /Henrik/ }).waitFor();
      await checkAccessible(page, 'signed-out');
    },
  ],
]);

await play();
