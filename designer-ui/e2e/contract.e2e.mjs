// The contract process from drawing to done, as six people live it.
// covers BP-02, BP-03, BP-04, BP-05, BP-06, BP-07, BP-08, B-51, U-27, U-31, U-36
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  apiOf,
  assertAccessible,
  assertClean,
  checkAccessible,
  eventually,
  person,
  picture,
  runStories,
  startBrowser,
  startMailServer,
  startServer,
  story,
} from './lib.mjs';

const mail = await startMailServer();
// The mail server of the test is on loopback, which processes may not reach by default.
const server = await startServer({ env: { FLUXO_OUTGOING_ALLOW: '127.0.0.1/32' } });
const browser = await startBrowser();
const title = 'Turbine inspection service';
let dana;
let marta;
let henrik;
let anna;
let oscar;
let ada;
let runUrl;

const step = (page, id) => page.locator(`.react-flow__node[data-id="${id}"]`);

/** Picks an entry of a drop-down by its label. */
async function choose(page, label, option) {
  await page
    .getByLabel(new RegExp(`^${label}`))
    .first()
    .click();
  await page.getByRole('option', { name: option }).click();
}

/** Opens a task of the worklist by its name. */
async function openTask(page, name) {
  await page.goto(`${server.url}/tasks`);
  await page
    .getByRole('link', { name: new RegExp(name) })
    .or(page.getByRole('option', { name: new RegExp(name) }))
    .first()
    .click();
  await page
    .getByRole('heading', { name, level: 1 })
    .or(page.getByRole('heading', { name, level: 2 }))
    .first()
    .waitFor();
}

story('The contract process', [
  [
    'everybody signs in at a desk of the demo company',
    async () => {
      [dana, marta, henrik, anna, oscar, ada] = [
        await person(browser, server, 'Dana'),
        await person(browser, server, 'Marta'),
        await person(browser, server, 'Henrik'),
        await person(browser, server, 'Anna'),
        await person(browser, server, 'Oscar'),
        await person(browser, server, 'Ada'),
      ];
      await checkAccessible(marta.page, 'home');
    },
  ],
  [
    'the administrator points mail to a real SMTP server',
    async () => {
      const { page } = ada;
      await page.goto(`${server.url}/settings/mail`);
      await choose(page, 'Send by', 'SMTP server');
      await page.getByLabel(/^Sender/).fill('contracts@example.com');
      await page.getByLabel(/^Server/).fill('127.0.0.1');
      await page.getByLabel(/^Port/).fill(String(mail.port));
      await choose(page, 'Encryption', 'None');
      await page.getByRole('button', { name: 'Save' }).click();
      await eventually('the settings are stored', async () => {
        const settings = await apiOf(page, '/settings/mail');
        return settings.provider === 'smtp' && settings.port === mail.port;
      });
      await picture(page, 'settings-mail');
    },
  ],
  [
    'the designer opens the process and sees it as a graph',
    async () => {
      const { page } = dana;
      await page.goto(`${server.url}/definitions`);
      await page.getByRole('link', { name: 'Contract preparation' }).first().click();
      await page.getByRole('application').waitFor();
      // Opened whole where that is readable; else all of it is one click away.
      await page.getByText('Draft the contract').first().waitFor();
      const shown = await page.getByTitle('Zoom to 100 %').textContent();
      assert.ok(Number.parseInt(shown, 10) >= 40, `opened at ${shown}`);
      await page.getByRole('button', { name: 'Show everything' }).click();
      await page.getByText('Prepare the contract').first().waitFor();
      await checkAccessible(page, 'designer');
    },
  ],
  [
    'a step from the palette is marked as a mistake with an explanation, and undo takes it away',
    async () => {
      const { page } = dana;
      await page.locator('[data-kind="robot:comment.add"]').click();
      await page
        .getByText(/\d+ (error|warning)/)
        .first()
        .waitFor();
      await page
        .getByRole('button', { name: /Problems/ })
        .first()
        .click();
      await page.getByText('No way leads from a start to this step.').first().waitFor();
      await picture(page, 'designer-mistake');
      await page.getByRole('button', { name: /^Undo: / }).click();
      await page.getByText('No problems').first().waitFor();
    },
  ],
  [
    'a step is inserted into the flow and its properties set',
    async () => {
      const { page } = dana;
      await step(page, 'notify').click();
      await page.getByRole('application').focus();
      await page.keyboard.press('n');
      await page.getByRole('combobox', { name: 'Which step?' }).fill('comment');
      await page.keyboard.press('Enter');
      const inspector = page.locator('[data-inspector]');
      await inspector.getByLabel('Name', { exact: true }).fill('Note it on the deal');
      await inspector.getByLabel(/^Text/).first().click();
      await page.keyboard.insertText('The contract of {{ record.title }} is on its way.');
      await page.getByText('No problems').first().waitFor();
      await picture(page, 'designer-step');
    },
  ],
  [
    'the time limit of the task becomes an expression of three seconds',
    async () => {
      const { page } = dana;
      await page.getByRole('button', { name: 'Show everything' }).click();
      const inspector = page.locator('[data-inspector]');
      const kind = inspector.getByRole('button', { name: /Time/, pressed: false }).first();
      // The view is still on its way: on a busy machine a click may come where the step was.
      await eventually('the panel of the time limit is open', async () => {
        await step(page, 'late').click();
        await kind.waitFor({ timeout: 3_000 });
        return true;
      });
      await kind.click();
      await inspector.locator('.cm-content').first().click();
      await page.keyboard.press('Control+A');
      await page.keyboard.insertText('"PT3S"');
      await page
        .getByText(/^Saved/)
        .first()
        .waitFor();
      await page.getByText('No problems').first().waitFor();
      await picture(page, 'designer-limit');
    },
  ],
  [
    'the designer publishes version 2',
    async () => {
      const { page } = dana;
      await page.getByRole('button', { name: 'Publish', exact: true }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('What changed?').fill('The deal says that the contract is on its way');
      await picture(page, 'designer-publish');
      await dialog.getByRole('button', { name: 'Publish', exact: true }).click();
      await page
        .getByText(/Version 2 is published/)
        .first()
        .waitFor();
    },
  ],
  [
    'the sales manager drags the deal to the stage and a run of version 2 starts',
    async () => {
      const { page } = marta;
      await page.goto(`${server.url}/crm/deals`);
      const card = page.locator('[data-deal]', { hasText: title });
      await card.waitFor();
      await checkAccessible(page, 'board');
      await card.dragTo(page.locator('[data-stage="contract"]'));
      await page.locator('[data-stage="contract"] [data-deal]', { hasText: title }).waitFor();
      const run = await eventually('a run of version 2', async () => {
        const { items } = await apiOf(oscar.page, '/runs');
        return items.find((item) => item.recordTitle === title && item.version === 2);
      });
      runUrl = `/runs/${run.id}`;
    },
  ],
  [
    'the operator watches it on the diagram while the contract is drafted as DOCX and PDF',
    async () => {
      const { page } = oscar;
      await page.goto(server.url + runUrl);
      await page.getByRole('application').waitFor();
      await page
        .getByText(/Prepare the contract: task opened/)
        .first()
        .waitFor({ timeout: 60_000 });
      await checkAccessible(page, 'run');
      const run = await apiOf(page, runUrl);
      assert.equal(run.nodeStates.prepare.status, 'waiting');
      assert.deepEqual(run.documents.map((file) => file.type).sort(), [
        'application/pdf',
        'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      ]);
    },
  ],
  [
    'the overdue task escalates to the head of the manager while it stays open',
    async () => {
      const { page } = henrik;
      await oscar.page
        .getByText(/Tell the head: robot finished/)
        .first()
        .waitFor({ timeout: 30_000 });
      await page.getByRole('button', { name: /Notifications, \d+ unread/ }).click();
      await page
        .getByText(/the contract is late, Marta Nowak has not prepared it/)
        .first()
        .waitFor();
      await page.keyboard.press('Escape');
      const run = await apiOf(oscar.page, runUrl);
      assert.equal(run.nodeStates.prepare.status, 'waiting');
    },
  ],
  [
    'the manager is told by the bell and by a real mail with the contract attached',
    async () => {
      const { page } = marta;
      await page.getByRole('button', { name: /Notifications/ }).click();
      await page
        .getByText(/the contract is drafted/)
        .first()
        .waitFor();
      await picture(page, 'notifications');
      await page.keyboard.press('Escape');
      const letter = await eventually('the mail', () =>
        mail.mails.find(({ source }) => source.includes(`Contract for ${title}`)),
      );
      assert.match(letter.source, /filename="?[^"]*\.pdf/i);
    },
  ],
  [
    'the manager opens the document, comments and completes the task',
    async () => {
      const { page } = marta;
      await openTask(page, 'Prepare the contract');
      const pdf = page.getByRole('link', { name: /\.pdf/ }).first();
      const content = await page.request.get(new URL(await pdf.getAttribute('href'), server.url).href);
      assert.equal((await content.body()).subarray(0, 5).toString(), '%PDF-');
      await checkAccessible(page, 'task');
      await page.locator('#task\\/comment').fill('Clauses 3 and 4 are agreed with the client.');
      await page.getByRole('button', { name: 'Complete', exact: true }).click();
    },
  ],
  [
    'the token moves on the operator’s page without a reload',
    async () => {
      await oscar.page
        .getByText(/Approve the contract: task opened/)
        .first()
        .waitFor({ timeout: 30_000 });
      await picture(oscar.page, 'run-approval');
    },
  ],
  [
    'the head of sales sends it back for rework with a reason',
    async () => {
      const { page } = henrik;
      await openTask(page, 'Approve the contract');
      await checkAccessible(page, 'approval');
      await page.getByRole('button', { name: 'Rework', exact: true }).click();
      await page
        .getByText(/needs a reason/)
        .first()
        .waitFor();
      await page.locator('#task\\/comment').fill('The delivery date is missing.');
      await page.getByRole('button', { name: 'Rework', exact: true }).click();
      await oscar.page
        .getByText(/Approve the contract: task completed: Rework/)
        .first()
        .waitFor({ timeout: 30_000 });
    },
  ],
  [
    'the manager reads the reason, completes again, and the head approves',
    async () => {
      await openTask(marta.page, 'Prepare the contract');
      await marta.page
        .getByText(/The delivery date is missing/)
        .first()
        .waitFor();
      await marta.page.getByRole('button', { name: 'Complete', exact: true }).click();
      await eventually(
        'the approval is back',
        async () => {
          const { items } = await apiOf(henrik.page, '/tasks?view=mine');
          return items.some((task) => task.name === 'Approve the contract' && task.status === 'open');
        },
        30_000,
      );
      await openTask(henrik.page, 'Approve the contract');
      await henrik.page.getByRole('button', { name: 'Approve', exact: true }).click();
    },
  ],
  [
    'the scan is required, uploaded, and the task completed',
    async () => {
      const { page } = marta;
      await eventually(
        'the scan task',
        async () => {
          const { items } = await apiOf(page, '/tasks?view=mine');
          return items.some((task) => task.name.startsWith('Get the scan'));
        },
        30_000,
      );
      await openTask(page, 'Get the scan, print the contract');
      await page.getByRole('button', { name: 'Complete', exact: true }).click();
      await page.getByText('Add at least one file').first().waitFor();
      const scan = join(server.data, 'scan.pdf');
      await writeFile(scan, '%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n');
      await page.locator('input[type="file"]').first().setInputFiles(scan);
      await page.getByText('scan.pdf').first().waitFor();
      await picture(page, 'task-scan');
      await page.getByRole('button', { name: 'Complete', exact: true }).click();
    },
  ],
  [
    'the accountant finds the task of the group and completes it',
    async () => {
      const { page } = anna;
      await eventually(
        'the accounting task',
        async () => {
          const { items } = await apiOf(page, '/tasks?view=group');
          return items.length === 1;
        },
        30_000,
      );
      await page.goto(`${server.url}/tasks?view=group`);
      await page.getByText('Enter the contract into the accounting system').first().click();
      await page.getByRole('button', { name: 'Complete', exact: true }).click();
    },
  ],
  [
    'the run ends, the deal stands on the next stage, the history lists every record',
    async () => {
      const { page } = oscar;
      await page.getByText('Completed', { exact: true }).first().waitFor({ timeout: 30_000 });
      await picture(page, 'run-completed');
      await page.getByRole('switch', { name: 'Every record' }).focus();
      await page.keyboard.press('Space');
      const run = await apiOf(page, runUrl);
      const shown = page.locator('[data-seq]');
      await eventually('all records are listed', async () => (await shown.count()) === run.seq);
      await marta.page.goto(`${server.url}/crm/deals`);
      await marta.page.locator('[data-stage="signed"] [data-deal]', { hasText: title }).waitFor();
    },
  ],
  [
    'the deal card tells the story and keeps the documents',
    async () => {
      const { page } = marta;
      await page.locator('[data-deal]', { hasText: title }).getByRole('link').click();
      await page
        .getByText(/Process completed/)
        .first()
        .waitFor();
      await page
        .getByText(/The contract of .* is on its way/)
        .first()
        .waitFor();
      await checkAccessible(page, 'deal');
      await page.getByRole('tab', { name: 'Documents' }).click();
      await page
        .getByRole('link', { name: /\.docx$/ })
        .first()
        .waitFor();
      await picture(page, 'deal-documents');
    },
  ],
  [
    'all runs of the process are counts on one diagram',
    async () => {
      const { page } = oscar;
      await page.goto(`${server.url}/definitions/contract-preparation/runs`);
      await page.getByRole('application').waitFor();
      await page.getByRole('strong').or(page.locator('strong')).first().waitFor();
      await checkAccessible(page, 'all-runs');
    },
  ],
  ['end: nobody saw an error', async () => assertClean(dana, marta, henrik, anna, oscar, ada)],
]);

story('A mail server that is down', [
  [
    'the run shows an incident with the reason, the retry goes on after the repair',
    async () => {
      mail.refuse(true);
      const { page } = marta;
      await page.goto(`${server.url}/crm/deals`);
      const card = page.locator('[data-deal]', { hasText: 'Calibration contract' });
      await card.getByRole('button', { name: /Move Calibration contract/ }).click();
      await page.getByRole('menuitem', { name: 'Contract preparation' }).click();
      const run = await eventually('the run', async () => {
        const { items } = await apiOf(oscar.page, '/runs');
        return items.find((item) => item.recordTitle === 'Calibration contract');
      });
      await eventually(
        'the incident',
        async () => {
          const { incidents } = await apiOf(oscar.page, `/runs/${run.id}`);
          return incidents.length === 1;
        },
        120_000,
      );
      await oscar.page.goto(`${server.url}/runs/${run.id}`);
      await oscar.page
        .getByRole('button', { name: /Mail the manager/ })
        .first()
        .click();
      await oscar.page
        .getByText(/maintenance/)
        .first()
        .waitFor();
      await checkAccessible(oscar.page, 'run-incident');
      mail.refuse(false);
      await oscar.page.getByRole('button', { name: 'Retry', exact: true }).click();
      await oscar.page
        .getByText(/Prepare the contract: task opened/)
        .first()
        .waitFor({ timeout: 60_000 });
    },
  ],
  [
    'the picture of all runs counts the one that waits there',
    async () => {
      const { page } = oscar;
      await page.goto(`${server.url}/definitions/contract-preparation/runs`);
      await page.locator('[data-id="prepare"] [title="1 token here"]').waitFor();
      await picture(page, 'all-runs-waiting');
    },
  ],
  ['end: nobody saw an error', async () => assertClean(marta, oscar)],
]);

story('The house is left in order', [
  ['end: every screen was accessible in light and dark', async () => assertAccessible()],
  [
    'end: browser and servers stop',
    async () => {
      await browser.close();
      await server.stop();
      await mail.stop();
    },
  ],
]);

await runStories();
