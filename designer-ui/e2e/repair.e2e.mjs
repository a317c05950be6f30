// An operator mends what stands still: one instance, many at once with a job, and everything at once by holding it.
// covers U-12, U-22, U-47
import assert from 'node:assert/strict';
import {
  apiOf,
  assertClean,
  checkAccessible,
  eventually,
  picture,
  startMailServer,
  story,
  workplace,
} from './lib.mjs';

const mail = await startMailServer();
// The mail server of the test is on loopback, which processes may not reach by default.
const { server, people, signIn, play } = await workplace(['Dana', 'Oscar'], {
  env: { FLUXO_OUTGOING_ALLOW: '127.0.0.1/32' },
});
const [dana, oscar] = people;

const mine = { expr: 'run.startedBy' };

/** An offer whose mail cannot go out: its address is neither a user nor an address. */
const offer = {
  format: 'fluxo/process@1',
  key: 'offer',
  name: 'Offer',
  variables: [
    { name: 'to_whom', type: 'string', label: 'Address of the client', default: 'nobody' },
    { name: 'discount', type: 'number', label: 'Discount', default: 5 },
    { name: 'terms', type: 'object', label: 'Terms', default: { days: 14 } },
  ],
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
      id: 'negotiate',
      kind: 'subProcess',
      name: 'Negotiate',
      nodes: [
        { id: 'ns', kind: 'startEvent' },
        { id: 'both', kind: 'parallelGateway', name: 'Both' },
        { id: 'price', kind: 'userTask', name: 'Agree on the price', config: { assignee: mine } },
        { id: 'stock', kind: 'userTask', name: 'Check the stock', config: { assignee: mine } },
        { id: 'settled', kind: 'parallelGateway', name: 'Settled' },
        { id: 'ne', kind: 'endEvent' },
      ],
      flows: [
        { id: 'n1', from: 'ns', to: 'both' },
        { id: 'n2', from: 'both', to: 'price' },
        { id: 'n3', from: 'both', to: 'stock' },
        { id: 'n4', from: 'price', to: 'settled' },
        { id: 'n5', from: 'stock', to: 'settled' },
        { id: 'n6', from: 'settled', to: 'ne' },
      ],
    },
    {
      id: 'sign',
      kind: 'approval',
      name: 'Sign the offer',
      config: {
        approvers: [mine],
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
    { id: 'f2', from: 'mail', to: 'negotiate' },
    { id: 'f3', from: 'negotiate', to: 'sign' },
    { id: 'f4', from: 'sign', port: 'yes', to: 'won' },
    { id: 'f5', from: 'sign', port: 'no', to: 'lost' },
  ],
};

/** A mail, and nothing after it. */
const notice = {
  format: 'fluxo/process@1',
  key: 'notice',
  name: 'Notice',
  nodes: [
    { id: 's', kind: 'startEvent' },
    {
      id: 'mail',
      kind: 'robot',
      name: 'Send the notice',
      robot: 'mail.send',
      config: { to: 'client@example.com', subject: 'Notice', body: 'We have moved.' },
      policy: { onUnknown: 'ask' },
    },
    { id: 'e', kind: 'endEvent' },
  ],
  flows: [
    { id: 'f1', from: 's', to: 'mail' },
    { id: 'f2', from: 'mail', to: 'e' },
  ],
};

/** Waits for the payment of order 7. */
const payment = {
  format: 'fluxo/process@1',
  key: 'payment',
  name: 'Payment',
  nodes: [
    { id: 's', kind: 'startEvent' },
    { id: 'paid', kind: 'receiveTask', name: 'Paid', trigger: { message: { name: 'paid', key: '7' } } },
    { id: 'e', kind: 'endEvent' },
  ],
  flows: [
    { id: 'f1', from: 's', to: 'paid' },
    { id: 'f2', from: 'paid', to: 'e' },
  ],
};

/** A visit: one task, which the second version calls by another id. */
const visit = (task) => ({
  format: 'fluxo/process@1',
  key: 'visit',
  name: 'Visit',
  nodes: [
    { id: 's', kind: 'startEvent' },
    { id: task, kind: 'userTask', name: 'Visit the client', config: { assignee: mine } },
    { id: 'e', kind: 'endEvent' },
  ],
  flows: [
    { id: 'f1', from: 's', to: task },
    { id: 'f2', from: task, to: 'e' },
  ],
});

/** A call of the API with the session of a page. */
async function call(who, method, path, body, rev) {
  const reply = await who.page.evaluate(
    async ([verb, address, content, revision]) => {
      const headers = { 'Content-Type': 'application/json' };
      if (revision) headers['If-Match'] = revision;
      if (verb === 'POST') headers['Idempotency-Key'] = crypto.randomUUID();
      const response = await fetch(`/api/v1${address}`, {
        method: verb,
        headers,
        body: content === undefined ? undefined : JSON.stringify(content),
      });
      const text = await response.text();
      return {
        status: response.status,
        rev: response.headers.get('ETag'),
        data: text ? JSON.parse(text) : undefined,
      };
    },
    [method, path, body, rev],
  );
  assert.ok(reply.status < 300, `${method} ${path}: ${reply.status} ${JSON.stringify(reply.data)}`);
  return reply;
}

async function publish(process, fresh) {
  const { key, name } = process;
  if (fresh) await call(dana, 'POST', '/definitions', { key, name });
  const { rev } = await call(dana, 'GET', `/definitions/${key}`);
  const saved = await call(dana, 'PUT', `/definitions/${key}/draft`, process, rev);
  const confirm = (saved.data.findings ?? []).map(({ code }) => code);
  await call(dana, 'POST', `/definitions/${key}/versions`, { confirm }, saved.rev);
}

async function begin(key) {
  return (await call(oscar, 'POST', `/definitions/${key}/runs`, {})).data.id;
}

const runOf = (id) => apiOf(oscar.page, `/runs/${id}`);
const nodesOf = async (id) =>
  Object.entries((await runOf(id)).nodeStates)
    .filter(([, state]) => state.tokens > 0)
    .map(([node]) => node)
    .sort()
    .join(' ');
const open = (id) => oscar.page.goto(`${server.url}/runs/${id}`);
const dialog = (name) => oscar.page.getByRole('dialog', { name });
const button = (name, exact = true) => oscar.page.getByRole('button', { name, exact });
const toast = (text) => oscar.page.getByText(text).first().waitFor();

async function choose(scope, label, option) {
  await scope.getByLabel(label, { exact: true }).first().click();
  await oscar.page.getByRole('option', { name: option }).first().click();
}

async function menu(item) {
  await button('Repair').click();
  await oscar.page.getByRole('menuitem', { name: item, exact: true }).click();
}

let first;
let second;
let third;

story('One instance', [
  [
    'stands still, and a changed variable gets it going',
    async () => {
      await publish(offer, true);
      first = await begin('offer');
      second = await begin('offer');
      third = await begin('offer');
      await eventually('the mail fails', async () => (await runOf(third)).incidents.length === 1);
      await open(first);
      await oscar.page.getByRole('button', { name: /^Send the offer: / }).click();
      await button('Change variables and retry').click();
      const form = dialog('Retry');
      await form.getByLabel('Address of the client').fill('client@example.com');
      await form.getByLabel('Terms').fill('{"days": ');
      await form.getByText(/not valid JSON/i).waitFor();
      await checkAccessible(oscar.page, 'repair-variables');
      await form.getByLabel('Terms').fill('{"days": 30}');
      await form.getByText('Will be done').waitFor();
      await form.getByLabel('Reason').fill('the client told us the address');
      await form.getByRole('button', { name: 'Retry', exact: true }).click();
      await form.waitFor({ state: 'detached' });
      await eventually('both tasks are open', async () => (await nodesOf(first)) === 'negotiate price stock');
      const { variables } = await runOf(first);
      assert.deepEqual(
        [variables.to_whom, variables.discount, variables.terms],
        ['client@example.com', 5, { days: 30 }],
      );
    },
  ],
  [
    'is skipped past a step, with the keyboard only',
    async () => {
      await open(second);
      const press = (key) => oscar.page.keyboard.press(key);
      await button('Repair').focus();
      await press('Enter');
      const item = oscar.page.getByRole('menuitem', { name: 'Skip step', exact: true });
      await item.waitFor();
      for (let steps = 0; steps < 12; steps++) {
        if (await item.evaluate((element) => element === document.activeElement)) break;
        await press('ArrowDown');
      }
      await press('Enter');
      const form = dialog('Skip step');
      await form.getByText('Will be done').waitFor();
      const reason = form.getByLabel('Reason');
      for (let steps = 0; steps < 8; steps++) {
        if (await reason.evaluate((element) => element === document.activeElement)) break;
        await press('Tab');
      }
      await oscar.page.keyboard.type('sent by hand');
      const act = form.getByRole('button', { name: 'Skip step', exact: true });
      await eventually('it can be done', () => act.isEnabled());
      for (let steps = 0; steps < 8; steps++) {
        if (await act.evaluate((element) => element === document.activeElement)) break;
        await press('Tab');
      }
      await press('Enter');
      await form.waitFor({ state: 'detached' });
      await eventually('it went on', async () => (await nodesOf(second)) === 'negotiate price stock');
    },
  ],
  [
    'says why it does not go on, and its join is let go',
    async () => {
      await open(first);
      await menu('Move token');
      const move = dialog('Move token');
      await choose(move, 'Take from', 'Check the stock');
      await choose(move, 'Put at', 'Settled');
      await choose(move, 'By the flow from', 'Check the stock');
      await move.getByText('Will be done').waitFor();
      await picture(oscar.page, 'repair-move');
      await move.getByLabel('Reason').fill('counted on paper');
      await move.getByRole('button', { name: 'Move token', exact: true }).click();
      await move.waitFor({ state: 'detached' });
      await oscar.page.getByRole('tab', { name: 'Why does it not go on?' }).click();
      await oscar.page.getByText(/still coming from Agree on the price/).waitFor();
      await checkAccessible(oscar.page, 'repair-outlook');
      await menu('Let the join go on');
      const fire = dialog('Let the join go on');
      await fire.getByText('Will be done').waitFor();
      await fire.getByLabel('Reason').fill('the price is known');
      await fire.getByRole('button', { name: 'Let the join go on', exact: true }).click();
      await fire.waitFor({ state: 'detached' });
      await eventually('the price is still to be agreed on', async () => /price/.test(await nodesOf(first)));
    },
  ],
  [
    'a part of it is canceled, and it leaves the next step by a chosen outcome',
    async () => {
      await menu('Cancel the part');
      const part = dialog('Cancel the part');
      await part.getByText('Will be done').waitFor();
      await part.getByLabel('Reason').fill('the client accepts everything');
      await part.getByRole('button', { name: 'Cancel the part', exact: true }).click();
      await part.waitFor({ state: 'detached' });
      await eventually('it waits for the signature', async () => (await nodesOf(first)) === 'sign');
      await menu('Move token');
      const move = dialog('Move token');
      await choose(move, 'Put at', 'Sign the offer');
      await move.getByText('after the step').click();
      await move.getByText('Say by which outcome to go on').waitFor();
      await choose(move, 'Go on by', /^Signed/);
      await move.getByText(/Then at: Completed/).waitFor();
      await move.getByLabel('Reason').fill('signed on paper');
      await move.getByRole('button', { name: 'Move token', exact: true }).click();
      await toast('Done. Now: Completed');
      assert.equal((await runOf(first)).status, 'completed');
    },
  ],
  [
    'an event that it kept while it was held is dropped, and it is canceled',
    async () => {
      await open(second);
      await menu('Suspend');
      const hold = dialog('Suspend');
      await hold.getByLabel('Reason').fill('wait for the lawyer');
      await hold.getByRole('button', { name: 'Suspend', exact: true }).click();
      await hold.waitFor({ state: 'detached' });
      const { waits } = await runOf(second);
      const stock = waits.find(({ node }) => node === 'stock');
      await call(oscar, 'POST', `/tasks/${stock.taskId}/completion`, {});
      await eventually('it keeps what came', async () => {
        const { keptEvents = [] } = await apiOf(oscar.page, `/runs/${second}/outlook`);
        return keptEvents.some(({ kind }) => kind === 'taskCompleted');
      });
      await open(second);
      await menu('Drop a kept event');
      const drop = dialog('Drop a kept event');
      await choose(drop, 'Event to drop', /^Task completed · Check the stock/);
      await drop.getByText('Will be done').waitFor();
      await picture(oscar.page, 'repair-kept');
      await drop.getByLabel('Reason').fill('completed by mistake');
      await drop.getByRole('button', { name: 'Drop a kept event', exact: true }).click();
      await drop.waitFor({ state: 'detached' });
      await menu('Resume');
      const resume = dialog('Resume');
      await resume.getByLabel('Reason').fill('the lawyer agrees');
      await resume.getByRole('button', { name: 'Resume', exact: true }).click();
      await resume.waitFor({ state: 'detached' });
      assert.match(await nodesOf(second), /stock/);
      await button('Cancel instance').click();
      const cancel = dialog('Cancel instance');
      await cancel.getByLabel('Reason').fill('withdrawn');
      await cancel.getByRole('button', { name: 'Cancel instance', exact: true }).click();
      await eventually('it is canceled', async () => (await runOf(second)).status === 'canceled');
      await cancel.waitFor({ state: 'detached' });
      await oscar.page.getByRole('button', { name: 'Show everything' }).click();
      await checkAccessible(oscar.page, 'repair-canceled');
    },
  ],
]);

story('Several changes together', [
  [
    'are collected on the diagram, looked at, and carried out as one act',
    async () => {
      const run = await begin('offer');
      await eventually('the mail fails', async () => (await runOf(run)).incidents.length === 1);
      const [{ id: incident }] = (await runOf(run)).incidents;
      await call(oscar, 'POST', `/runs/${run}/actions`, { action: 'skip', incident });
      await open(run);
      await menu('Change several things together');
      const panel = oscar.page.getByRole('complementary', { name: 'Collecting changes' });
      await choose(panel, 'At the step', 'Check the stock');
      await panel.getByRole('button', { name: 'Move token' }).click();
      await panel.getByText('Choose on the diagram where it goes, or here.').waitFor();
      await oscar.page.locator('.react-flow__node[data-id="settled"]').click();
      await choose(panel, 'By the flow from', 'Check the stock');
      await panel.getByRole('button', { name: 'Add to the list' }).click();
      await choose(panel, 'At the step', 'Sign the offer');
      await panel.getByRole('button', { name: 'Begin a path here' }).click();
      await panel.getByText('Begin a path at Sign the offer').waitFor();
      await choose(panel, 'At the step', 'Check the stock');
      await panel.getByRole('button', { name: 'Skip step' }).click();
      await panel.getByRole('alert').filter({ hasText: 'No token rests there any more' }).waitFor();
      await picture(oscar.page, 'plan-refused');
      await panel.getByRole('button', { name: 'Remove: Skip Check the stock' }).click();
      await panel.getByRole('button', { name: 'Change variables' }).click();
      await panel.getByLabel('Discount').fill('9');
      await panel.getByRole('button', { name: 'Add to the list' }).click();
      await panel.getByText('Will be done').waitFor();
      await checkAccessible(oscar.page, 'plan');
      assert.match(await nodesOf(run), /stock/);
      await panel.getByLabel('Reason').fill('agreed on the phone');
      await panel.getByRole('button', { name: 'Apply 3 changes' }).click();
      await panel.waitFor({ state: 'detached' });
      await eventually(
        'all of it is done',
        async () =>
          (await nodesOf(run)) === 'negotiate price settled sign' &&
          (await runOf(run)).variables.discount === 9,
      );
    },
  ],
  [
    'are collected and discarded with the keyboard only',
    async () => {
      const press = (key) => oscar.page.keyboard.press(key);
      const reach = async (target) => {
        for (let steps = 0; steps < 40; steps++) {
          if (await target.evaluate((element) => element === document.activeElement)) return;
          await press('Tab');
        }
        assert.fail('the keyboard does not get there');
      };
      await button('Repair').focus();
      await press('Enter');
      const item = oscar.page.getByRole('menuitem', { name: 'Change several things together' });
      await item.waitFor();
      for (let steps = 0; steps < 12; steps++) {
        if (await item.evaluate((element) => element === document.activeElement)) break;
        await press('ArrowDown');
      }
      await press('Enter');
      const panel = oscar.page.getByRole('complementary', { name: 'Collecting changes' });
      const at = panel.getByRole('combobox', { name: 'At the step' });
      await at.waitFor();
      await reach(at);
      await oscar.page.keyboard.type('Agree');
      await press('ArrowDown');
      await press('Enter');
      const skip = panel.getByRole('button', { name: 'Skip step' });
      await skip.waitFor();
      await reach(skip);
      await press('Enter');
      await panel.getByText('Skip Agree on the price').waitFor();
      await panel.getByText('Will be done').waitFor();
      // They are not lost by a wrong link, nor by a closed tab.
      await oscar.page.getByRole('link', { name: 'Instances' }).first().click();
      const lost = dialog('Leave without applying?');
      await lost.getByRole('button', { name: 'Stay here' }).click();
      await lost.waitFor({ state: 'detached' });
      const asked = oscar.page.waitForEvent('dialog');
      await oscar.page.close({ runBeforeUnload: true });
      const closing = await asked;
      assert.equal(closing.type(), 'beforeunload');
      await closing.dismiss();
      await panel.getByText('Skip Agree on the price').waitFor();
      const leave = button('Discard the changes');
      await leave.focus();
      await press('Enter');
      await panel.waitFor({ state: 'detached' });
    },
  ],
]);

story('A mail of which nobody knows whether it was sent', [
  [
    'is sent again, and another one is taken as done',
    async () => {
      const ada = await signIn('Ada');
      const { rev } = await call(ada, 'GET', '/settings/mail');
      const settings = {
        provider: 'smtp',
        host: '127.0.0.1',
        port: mail.port,
        tls: 'none',
        from: 'a@example.com',
      };
      await call(ada, 'PUT', '/settings/mail', settings, rev);
      await publish(notice, true);
      mail.hangUp(true);
      const [again, done] = [await begin('notice'), await begin('notice')];
      for (const id of [again, done]) {
        await eventually('nobody knows', async () =>
          (await runOf(id)).incidents.some(({ code }) => code === 'outcome_unknown'),
        );
      }
      mail.hangUp(false);
      assert.equal(mail.mails.length, 2);
      for (const [id, act, why] of [
        [again, 'Send again', 'it never arrived'],
        [done, 'Take as done', 'the client has it'],
      ]) {
        await open(id);
        await oscar.page.getByRole('button', { name: /^Send the notice: / }).click();
        await button(act).click();
        const form = dialog(act);
        await form.getByText('Will be done').waitFor();
        await form.getByLabel('Reason').fill(why);
        if (id === again) await checkAccessible(oscar.page, 'repair-unknown');
        await form.getByRole('button', { name: act, exact: true }).click();
        await form.waitFor({ state: 'detached' });
        await eventually('it goes on', async () => (await runOf(id)).status === 'completed');
      }
      assert.equal(mail.mails.length, 3);
      assertClean(ada);
      await ada.context.close();
    },
  ],
]);

story('Messages', [
  [
    'that nobody takes are seen with the reason, dropped, and sent with the right key',
    async () => {
      await publish(payment, true);
      const run = await begin('payment');
      await eventually('it waits', async () => (await runOf(run)).waits.length === 1);
      await oscar.page.goto(`${server.url}/runs`);
      await oscar.page.getByRole('link', { name: 'Messages' }).click();
      await oscar.page.getByText('No message waits').waitFor();
      await button('Send a message').click();
      const send = dialog('Send a message');
      await send.getByLabel('Name').fill('paid');
      await send.getByLabel('Key').fill('8');
      await send.getByLabel('Content').fill('{"amount": 12');
      await send.getByText('This is not a JSON object.').waitFor();
      await send.getByLabel('Content').fill('{"amount": 12}');
      await checkAccessible(oscar.page, 'messages-send');
      await send.getByRole('button', { name: 'Send', exact: true }).click();
      await send.waitFor({ state: 'detached' });
      const row = oscar.page.getByRole('row').filter({ hasText: 'paid' });
      await row.getByText('Those who wait for it have other keys').waitFor();
      await row.getByRole('link', { name: '7', exact: true }).waitFor();
      await row.getByText('Content').click();
      await row.getByText('"amount": 12').waitFor();
      await checkAccessible(oscar.page, 'messages');
      await button('Send one like it: paid').click();
      await send.getByLabel('Key').fill('7');
      await send.getByRole('button', { name: 'Send', exact: true }).click();
      await eventually('it goes on', async () => (await runOf(run)).status === 'completed');
      await row.getByText('Nothing waits for this name').waitFor();
      await button('Drop the message paid').click();
      await dialog('Drop the message paid').getByRole('button', { name: 'Drop', exact: true }).click();
      await oscar.page.getByText('No message waits').waitFor();
    },
  ],
]);

let visits;

story('Many instances', [
  [
    'are looked at, and moved to a new version by a mapping',
    async () => {
      await publish(visit('call'), true);
      visits = [];
      for (let n = 0; n < 12; n++) visits.push(await begin('visit'));
      await publish(visit('go'), false);
      await oscar.page.goto(`${server.url}/runs?definition=visit&state=active`);
      await button('Repair all that match…').click();
      const form = dialog('Repair many instances');
      await choose(form, 'What to do', 'Move to another version');
      await form.getByLabel('Becomes: Visit the client').first().waitFor();
      await form.getByRole('button', { name: 'Look first' }).click();
      await form.getByText('Needs a choice').first().waitFor();
      await choose(form, 'Becomes: Visit the client', 'Visit the client');
      await form.getByRole('button', { name: 'Look first' }).click();
      await form.getByText('Moves', { exact: true }).first().waitFor();
      await checkAccessible(oscar.page, 'repair-bulk');
      await form.getByLabel('Reason').fill('the step has a new id');
      await form.getByRole('button', { name: 'Start' }).click();
      const job = dialog('Repair of many instances');
      await job.getByText('12 of 12: 12 changed, 0 not').waitFor();
      assert.equal(await job.getByText('Moved', { exact: true }).count(), 12);
      assert.equal(await job.getByRole('cell', { name: 'Visit the client' }).count(), 12);
      assert.equal((await runOf(visits[0])).version, 2);
    },
  ],
  [
    'the job is found again after a reload, and is taken back',
    async () => {
      await oscar.page.reload();
      const job = dialog('Repair of many instances');
      await job.getByText('12 of 12: 12 changed, 0 not').waitFor();
      await checkAccessible(oscar.page, 'repair-job');
      await job.getByRole('button', { name: 'Take back' }).click();
      const back = dialog('Take back');
      await back.getByLabel('Reason').fill('too early');
      await back.getByRole('button', { name: 'Take back' }).click();
      await job.getByText(/^Take a migration back · Done/).waitFor();
      await job.getByText('12 of 12: 12 changed, 0 not').waitFor();
      assert.equal((await runOf(visits[11])).version, 1);
      await job.getByRole('button', { name: 'All repair jobs' }).click();
      const jobs = dialog('Repair jobs');
      await jobs.getByRole('button', { name: 'Move to another version' }).waitFor();
      await jobs.getByText('taken back').waitFor();
      await picture(oscar.page, 'repair-jobs');
      await oscar.page.keyboard.press('Escape');
      await jobs.waitFor({ state: 'detached' });
    },
  ],
  [
    'are canceled until none matches, and the lines stay',
    async () => {
      await button('Repair all that match…').click();
      const form = dialog('Repair many instances');
      await choose(form, 'What to do', 'Cancel instance');
      await form.getByRole('button', { name: 'Look first' }).click();
      await form.getByText('Will be done').first().waitFor();
      await form.getByLabel('Reason').fill('the season is over');
      await form.getByRole('button', { name: 'Start' }).click();
      await oscar.page.getByText('Nothing matches these filters').waitFor();
      const job = dialog('Repair of many instances');
      await job.getByText('12 of 12: 12 changed, 0 not').waitFor();
      assert.equal(await job.getByRole('cell', { name: 'Canceled', exact: true }).count(), 12);
      assert.equal(await job.getByText('Will be done').count(), 0);
      await oscar.page.keyboard.press('Escape');
    },
  ],
]);

story('Everything', [
  [
    'of one process is held, which everybody sees, and resumed',
    async () => {
      await oscar.page.goto(`${server.url}/definitions/offer/runs`);
      await button('Suspend process').click();
      const hold = dialog('Suspend “Offer”');
      await hold.getByLabel('Reason').fill('prices change');
      await hold.getByRole('button', { name: 'Suspend', exact: true }).click();
      await hold.waitFor({ state: 'detached' });
      const banner = (who) =>
        who.page.getByRole('status').filter({ hasText: 'The process “Offer” is suspended.' });
      await banner(oscar).getByText('prices change').waitFor();
      await picture(oscar.page, 'repair-held-process');
      await open(third);
      await banner(oscar).waitFor();
      await dana.page.goto(`${server.url}/definitions/offer`);
      await banner(dana)
        .getByText(/By Oscar/)
        .waitFor();
      await checkAccessible(dana.page, 'repair-held-designer');
      await oscar.page.goto(`${server.url}/runs`);
      await banner(oscar).getByRole('button', { name: 'Resume' }).click();
      await dialog('Resume').getByRole('button', { name: 'Resume', exact: true }).click();
      await banner(oscar).waitFor({ state: 'detached' });
    },
  ],
  [
    'of the workspace is held and resumed',
    async () => {
      await button('More for operators').click();
      await oscar.page.getByRole('menuitem', { name: 'Suspend the whole workspace' }).click();
      const hold = dialog('Suspend the whole workspace');
      await hold.getByLabel('Reason').fill('the database moves');
      await hold.getByRole('button', { name: 'Suspend', exact: true }).click();
      const banner = oscar.page.getByRole('status').filter({ hasText: 'The whole workspace is suspended.' });
      await banner.waitFor();
      await hold.waitFor({ state: 'detached' });
      await checkAccessible(oscar.page, 'repair-held-everything');
      await banner.getByRole('button', { name: 'Resume' }).click();
      await dialog('Resume').getByRole('button', { name: 'Resume', exact: true }).click();
      await banner.waitFor({ state: 'detached' });
      assert.equal((await apiOf(oscar.page, '/suspensions')).items.length, 0);
      await picture(oscar.page, 'repair-list');
    },
  ],
]);

await play(() => mail.stop());
