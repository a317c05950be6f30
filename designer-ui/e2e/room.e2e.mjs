// The operators' room with the keyboard alone: finding, saved views, many at once, and one instance from its past to its
// repair. Then the same room in a hand: an instance is mended and a task answered at 390 px.
// covers U-12, U-22
import assert from 'node:assert/strict';
import { apiOf, checkAccessible, eventually, picture, send, story, workplace } from './lib.mjs';

const { server, people, signIn, play } = await workplace(['Dana', 'Oscar']);
const [dana, oscar] = people;
const { page } = oscar;
const press = (key) => page.keyboard.press(key);

const mine = { expr: 'run.startedBy' };

/** An offer whose mail cannot go out: its address is neither a user nor an address. */
const offer = {
  nodes: [
    { id: 's', kind: 'startEvent' },
    {
      id: 'mail',
      kind: 'robot',
      name: 'Send the offer',
      robot: 'mail.send',
      config: { to: { expr: 'vars.to_whom' }, subject: 'Our offer', body: 'Please find our offer.' },
    },
    {
      id: 'sign',
      kind: 'approval',
      name: 'Sign the offer',
      config: {
        approvers: [mine],
        commentRequired: 'negative',
        outcomes: [
          { name: 'yes', label: 'Signed', positive: true },
          { name: 'no', label: 'Refused' },
        ],
      },
    },
    { id: 'won', kind: 'endEvent', name: 'Won' },
    { id: 'lost', kind: 'endEvent', name: 'Lost' },
  ],
  flows: [
    { id: 'f1', from: 's', to: 'mail' },
    { id: 'f2', from: 'mail', to: 'sign' },
    { id: 'f3', from: 'sign', port: 'yes', to: 'won' },
    { id: 'f4', from: 'sign', port: 'no', to: 'lost' },
  ],
  variables: [{ name: 'to_whom', type: 'string', label: 'Address of the client', default: 'nobody' }],
};

/** What has the focus: its label, the words of its labels, and its own words. */
const focused = () =>
  page.evaluate(() => {
    const element = document.activeElement;
    const words = (text) => (text ?? '').replace(/\s*\*$/, '').trim();
    return [
      element?.getAttribute('aria-label'),
      [...(element?.labels ?? [])].map((label) => label.textContent).join(' '),
      element?.textContent,
    ].map(words);
  });

/** Walks with the Tab key until the focus is on something of this name. */
async function tabTo(name, key = 'Tab') {
  for (let i = 0; i < 90; i++) {
    await press(key);
    if ((await focused()).some((text) => text === name)) return;
  }
  throw new Error(`the ${key} key does not lead to "${name}"`);
}

const backTo = (name) => tabTo(name, 'Shift+Tab');

/** Walks down an open menu, and takes what is there. */
async function takeItem(name) {
  await page.getByRole('menuitem', { name, exact: true }).waitFor();
  for (let i = 0; i < 20; i++) {
    if ((await focused()).includes(name)) {
      await press('Enter');
      return;
    }
    await press('ArrowDown');
  }
  throw new Error(`the arrows do not lead to "${name}"`);
}

/** Opens the list of the field that has the focus, and takes an option. */
async function takeOption(name) {
  await press('ArrowDown');
  const option = page.getByRole('option', { name, exact: true });
  await option.waitFor();
  for (let i = 0; i < 20; i++) {
    if ((await option.getAttribute('data-combobox-selected')) === 'true') {
      await press('Enter');
      return;
    }
    await press('ArrowDown');
  }
  throw new Error(`the arrows do not lead to "${name}"`);
}

const begin = async () => (await send(page, 'POST', '/definitions/offer/runs', {})).id;
const runOf = (id) => apiOf(page, `/runs/${id}`);
const rows = () => page.locator('tbody tr');
const showsRows = (n) => eventually(`${n} rows`, async () => (await rows().count()) === n);
const dialog = (name) => page.getByRole('dialog', { name });

let broken;

story('With the keyboard alone', [
  [
    'instances are found by state and by a variable',
    async () => {
      const made = await send(dana.page, 'POST', '/definitions', { key: 'offer', name: 'Offer' });
      const saved = await send(
        dana.page,
        'PUT',
        '/definitions/offer/draft',
        { ...made.draft, ...offer },
        made.draftRev,
      );
      const confirm = (saved.findings ?? []).map(({ code }) => code);
      await send(dana.page, 'POST', '/definitions/offer/versions', { confirm }, saved.draftRev);
      broken = [];
      for (let n = 0; n < 5; n++) broken.push(await begin());
      for (const id of broken) {
        await eventually('the mail fails', async () => (await runOf(id)).incidents.length === 1);
      }
      await send(page, 'POST', `/runs/${broken[0]}/actions`, {
        action: 'setVariables',
        variables: { to_whom: 'somebody' },
        reason: 'a try',
      });
      await page.goto(`${server.url}/runs`);
      await rows().first().waitFor();
      await tabTo('All');
      await press('ArrowRight');
      await eventually('the running ones', () => /state=active/.test(page.url()));
      await press('ArrowRight');
      await eventually('those with an incident', () => /state=incident/.test(page.url()));
      await showsRows(5);
      await tabTo('More filters');
      await press('Enter');
      await tabTo('Variable');
      await page.keyboard.type('to_whom');
      await tabTo('Its value');
      await page.keyboard.type('somebody');
      await press('Enter');
      await showsRows(1);
      await tabTo('Remove filter: to_whom=somebody');
      await press('Enter');
      await showsRows(5);
      await checkAccessible(page, 'room-list');
    },
  ],
  [
    'a view is saved and opened',
    async () => {
      await backTo('Saved views');
      await press('Enter');
      await takeItem('Save as a view…');
      const save = dialog('Save as a view…');
      await save.getByLabel('Name').waitFor();
      await page.keyboard.type('What stands');
      await press('Enter');
      await save.waitFor({ state: 'detached' });
      await page.goto(`${server.url}/runs`);
      await rows().nth(5).waitFor();
      await tabTo('Saved views');
      await press('Enter');
      await takeItem('What stands');
      await eventually('its filter', () => /state=incident/.test(page.url()));
      await showsRows(5);
    },
  ],
  [
    'two of them are chosen, looked at and canceled',
    async () => {
      await tabTo('Select all that are shown');
      await press('Space');
      await page.getByText('5 selected', { exact: true }).waitFor();
      await press('Space');
      for (let n = 0; n < 2; n++) {
        await tabTo('Select Offer');
        await press('Space');
      }
      await page.getByText('2 selected', { exact: true }).waitFor();
      await backTo('Repair…');
      await press('Enter');
      const form = dialog('Repair many instances');
      await form.waitFor();
      await tabTo('What to do');
      await takeOption('Cancel instance');
      await tabTo('Look first');
      await press('Enter');
      await eventually(
        'both are looked at',
        async () => (await form.getByText('Will be done').count()) === 2,
      );
      await backTo('Reason');
      await page.keyboard.type('sent twice');
      await tabTo('Start');
      await press('Enter');
      const job = dialog('Repair of many instances');
      await job.getByText('2 of 2: 2 changed, 0 not').waitFor();
      assert.equal(
        await job.getByRole('progressbar').evaluate(({ value, max }) => `${value} of ${max}`),
        '2 of 2',
      );
      await picture(page, 'room-job');
      await press('Escape');
      await job.waitFor({ state: 'detached' });
      await showsRows(3);
    },
  ],
  [
    'one shows what it waits for, its timeline and its variables',
    async () => {
      await tabTo('Offer');
      await press('Enter');
      await eventually('the instance', () => /\/runs\/[^?]/.test(page.url()));
      await page.getByRole('tab', { name: 'History' }).waitFor();
      await tabTo('History');
      await press('ArrowRight');
      const bars = page.getByRole('region', { name: 'Timeline', exact: true }).locator('li[data-node]');
      await eventually('two bars', async () => (await bars.count()) === 2);
      await press('ArrowRight');
      await page.getByText('It waits for an operator.').waitFor();
      await press('ArrowRight');
      await press('ArrowRight');
      await page.getByRole('tabpanel', { name: 'Variables' }).getByText('to_whom').waitFor();
      await checkAccessible(page, 'room-run');
    },
  ],
  [
    'its past is shown, and it is back at the present',
    async () => {
      await backTo('Record that is shown');
      await press('Home');
      await eventually('the first record', () => /[?&]at=1(&|$)/.test(page.url()));
      const mail = page.locator('[data-id="mail"] [data-status]');
      await eventually('not begun', async () => (await mail.getAttribute('data-status')) === 'idle');
      await tabTo('Back to now');
      await press('Enter');
      await eventually('broken', async () => (await mail.getAttribute('data-status')) !== 'idle');
    },
  ],
  [
    'it is taken past its broken step, which is shown before',
    async () => {
      await backTo('Repair');
      await press('Enter');
      await takeItem('Skip step');
      const form = dialog('Skip step');
      await form.getByText('Will be done').waitFor();
      await tabTo('Reason');
      await page.keyboard.type('sent by hand');
      await tabTo('Skip step');
      await press('Enter');
      await form.waitFor({ state: 'detached' });
      const id = new URL(page.url()).pathname.split('/').at(-1);
      await eventually('it waits for the signature', async () =>
        (await runOf(id)).waits.some(({ node }) => node === 'sign'),
      );
    },
  ],
]);

story('In a hand', [
  [
    'an instance is found and gets going with another address',
    async () => {
      const phone = await signIn('Oscar', {
        viewport: { width: 390, height: 844 },
        isMobile: true,
        hasTouch: true,
      });
      const hand = phone.page;
      const narrow = async (what) => {
        const wide = await hand.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= 390, `${what} is ${wide} px wide`);
      };
      await hand.goto(`${server.url}/runs`);
      await hand.getByRole('combobox', { name: 'State' }).selectOption({ label: 'Incident' });
      await eventually('two rows', async () => (await hand.locator('tbody tr').count()) === 2);
      await checkAccessible(hand, 'room-phone-list');
      await narrow('the list');
      await hand.getByRole('link', { name: 'Offer', exact: true }).first().tap();
      // Why it stands, in words and without a tap.
      await hand.getByRole('button', { name: 'Send the offer: A value does not fit the field' }).tap();
      await hand.getByRole('button', { name: 'Change variables and retry' }).tap();
      const form = hand.getByRole('dialog', { name: 'Retry' });
      await form.getByLabel('Address of the client').fill('client@example.com');
      await form.getByText('Will be done').waitFor();
      await form.getByLabel('Reason').fill('they wrote to us');
      await checkAccessible(hand, 'room-phone-retry');
      await form.getByRole('button', { name: 'Retry', exact: true }).tap();
      await form.waitFor({ state: 'detached' });
      const id = new URL(hand.url()).pathname.split('/').at(-1);
      await eventually('it waits for the signature', async () =>
        (await runOf(id)).waits.some(({ node }) => node === 'sign'),
      );
      await narrow('the instance');
      await hand.goto(`${server.url}/runs`);
      await hand.getByRole('button', { name: 'Repair jobs' }).tap();
      const jobs = hand.getByRole('dialog', { name: 'Repair jobs' });
      await jobs.getByRole('button', { name: 'Cancel instance' }).tap();
      await hand.getByText('2 of 2: 2 changed, 0 not').waitFor();
      await checkAccessible(hand, 'room-phone-job');
      await narrow('the job');
      oscar.hand = phone;
    },
  ],
  [
    'a refusal asks for its reason above the buttons',
    async () => {
      const hand = oscar.hand.page;
      await hand.goto(`${server.url}/tasks`);
      for (const view of ['Mine', 'Done']) {
        const box = await hand.getByRole('link', { name: new RegExp(`^${view}`) }).boundingBox();
        assert.ok(box.x >= 0 && box.x + box.width <= 390, `${view} is in sight`);
      }
      await hand
        .getByRole('link', { name: /^Sign the offer/ })
        .first()
        .tap();
      const refuse = hand.getByRole('button', { name: 'Refused' });
      await refuse.tap();
      const reason = hand.getByLabel(/^Comment on your answer/);
      await hand.getByText('"Refused" needs a reason').waitFor();
      await eventually('the field is above the buttons', async () => {
        const [field, first] = [
          await reason.boundingBox(),
          await hand.getByRole('button', { name: 'Signed' }).boundingBox(),
        ];
        return field.y > 48 && field.y + field.height < first.y;
      });
      assert.ok(await reason.evaluate((field) => field === document.activeElement));
      await picture(hand, 'room-phone-reason');
      await reason.fill('too dear');
      await refuse.tap();
      await hand.getByText('Sign the offer: Refused').first().waitFor();
    },
  ],
  [
    'an address that nobody knows keeps the menu',
    async () => {
      await page.goto(`${server.url}/settings/nowhere`);
      await page.getByText('This page does not exist').waitFor();
      await page.getByRole('navigation', { name: 'Settings' }).getByRole('link').first().waitFor();
      await page.goto(`${server.url}/nowhere`);
      await page.getByText('This page does not exist').waitFor();
      await page.getByRole('link', { name: 'Instances' }).first().waitFor();
    },
  ],
]);

await play();
