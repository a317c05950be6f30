// A site form is built, put into somebody else's page and sent from there with a file; once with the keyboard alone.
// covers G-12
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import {
  apiOf,
  assertAccessible,
  assertClean,
  checkAccessible,
  eventually,
  person,
  picture,
  runStories,
  send,
  startBrowser,
  startServer,
  story,
  watch,
} from './lib.mjs';

/** A port that is free now: the script of a form carries the address that the server was told to have. */
async function freePort() {
  const probe = createServer();
  await new Promise((ready) => probe.listen(0, '127.0.0.1', ready));
  const { port } = probe.address();
  await new Promise((closed) => probe.close(closed));
  return port;
}

const server = await startServer({ listen: `127.0.0.1:${await freePort()}` });
const browser = await startBrowser();
const ada = await person(browser, server, 'ada');
const dana = await person(browser, server, 'dana');
let code = '';
const site = createServer((_request, response) => {
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(`<!doctype html><html lang="en"><title>Kowal Pumps</title><h1>Kowal Pumps</h1>${code}</html>`);
});
await new Promise((ready) => site.listen(0, '127.0.0.1', ready));
const shop = `http://127.0.0.1:${site.address().port}`;
const pdf = { name: 'plan.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7\nplan') };
const { page } = dana;
let form;

const tab = (name) => page.getByRole('tab', { name }).click();
/** A box of a choice, by what it chooses between: opens it and takes an option. */
const choose = async (label, option) => {
  await page.getByRole('combobox', { name: label }).click();
  await page.getByRole('option', { name: option }).first().click();
};
const sent = async () => (await apiOf(page, `/forms/${form}/submissions?status=done`)).items;

/** A stranger on the site with the form. */
async function stranger(name) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, locale: 'en-US' });
  const tabOfSite = await context.newPage();
  tabOfSite.setDefaultTimeout(60_000);
  const faults = watch(tabOfSite);
  faults.allow(/404 GET \/favicon\.ico/);
  await tabOfSite.goto(shop);
  const frame = tabOfSite.frameLocator('iframe');
  await frame.getByRole('button', { name: 'Send the plan' }).waitFor();
  return { name, page: tabOfSite, frame, faults };
}
const clients = [];
const previewOf = () => page.locator('iframe[title="As clients see it"]').getAttribute('srcdoc');

story('Site forms', [
  [
    'a designer builds a form: fields, a file, words, consent, colors and what it makes',
    async () => {
      await send(
        ada.page,
        'POST',
        '/record-types/deal/fields',
        { label: 'Plans', type: 'file', multiple: true },
        0,
      );
      await page.goto(`${server.url}/settings/forms`);
      await page.getByRole('button', { name: 'New form' }).first().click();
      await page.waitForURL(/\/forms\/[0-9a-f]+$/);
      form = page.url().split('/').pop();
      await tab('What comes of it');
      await choose('Makes', 'Deal');
      await choose('Stage', 'New');
      await tab('Fields');
      await choose('Ask something more', 'Plans (Record)');
      await page.getByRole('textbox', { name: 'Label' }).fill('Your plan');
      await page.getByRole('checkbox', { name: 'Must be filled in' }).check();
      for (const kind of ['Text documents', 'Spreadsheets'])
        await page.getByRole('checkbox', { name: kind }).uncheck();
      await page.getByRole('textbox', { name: 'Largest file, MB' }).fill('2');
      await page.getByRole('textbox', { name: 'Most files' }).fill('2');
      await checkAccessible(page, 'form-files');
      await tab('Texts');
      await page.getByRole('textbox', { name: 'Heading' }).fill('Send us your plan');
      await page.getByRole('textbox', { name: 'Words on the button' }).fill('Send the plan');
      await page.getByRole('switch', { name: 'Ask for consent' }).check({ force: true });
      await page
        .getByRole('textbox', { name: 'What the client agrees to' })
        .fill('I agree to the **rules**.');
      await page.getByRole('checkbox', { name: 'Nothing can be sent without it' }).check();
      await tab('Look');
      await page.getByRole('textbox', { name: 'Button and links' }).fill('#0f766e');
      await page.keyboard.press('Tab');
      const preview = page.frameLocator('iframe[title="As clients see it"]');
      await preview.getByText('PDF, pictures; up to 2 MB each; at most 2 files').waitFor();
      await eventually('the picture has the color', async () =>
        (await previewOf()).includes('--accent:#0f766e'),
      );
      await tab('Put on a site');
      await page.getByRole('textbox', { name: 'Sites that may embed it' }).fill(shop);
      await page.getByRole('switch', { name: 'Closed' }).check({ force: true });
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('status').filter({ hasText: 'The form is saved' }).waitFor();
      code = await page.locator('pre', { hasText: '.js' }).first().innerText();
      assert.match(code, /<script src="http.*\/f\/[0-9a-f]+\.js" async><\/script>/);
    },
  ],
  [
    'the form keeps the height and the colors in the page of somebody else',
    async () => {
      const anna = await stranger('Anna');
      clients.push(anna);
      const button = anna.frame.getByRole('button', { name: 'Send the plan' });
      assert.equal(
        await button.evaluate((one) => getComputedStyle(one).backgroundColor),
        'rgb(15, 118, 110)',
      );
      await eventually('the frame is as high as the form', async () => {
        const box = await anna.page.locator('iframe').boundingBox();
        const inside = await anna.frame.locator('html').evaluate((one) => one.scrollHeight);
        return box !== null && box.height >= inside;
      });
      await picture(anna.page, 'form-embedded');
    },
  ],
  [
    'what is no plan is refused with the answers kept, and a plan is taken',
    async () => {
      const [anna] = clients;
      const { frame } = anna;
      anna.faults.allow(/422 POST \/f\//);
      await frame.getByLabel('Your name').fill('Anna Berg');
      await frame.getByLabel('E-mail').fill('anna@berg.test');
      await frame
        .getByLabel('Your plan')
        .setInputFiles({ ...pdf, name: 'plan.pdf', buffer: Buffer.from('<html><script>1</script></html>') });
      await frame.getByRole('checkbox').check();
      await new Promise((wait) => setTimeout(wait, 2100)); // the least time that a person needs; the server's clock is real
      await frame.getByRole('button', { name: 'Send the plan' }).click();
      await frame.getByText('Files of this kind are not taken here.').waitFor();
      assert.equal(await frame.getByLabel('Your name').inputValue(), 'Anna Berg');
      await picture(anna.page, 'form-refused');
      await frame.getByLabel('Your plan').setInputFiles(pdf);
      await frame.getByRole('checkbox').check();
      await new Promise((wait) => setTimeout(wait, 2100));
      await frame.getByRole('button', { name: 'Send the plan' }).click();
      await frame.getByText('Thank you').first().waitFor();
      await eventually('it is worked on', async () => (await sent()).length === 1);
    },
  ],
  [
    'a client sends it with the keyboard alone',
    async () => {
      const olga = await stranger('Olga');
      clients.push(olga);
      const { frame, page: own } = olga;
      // Asked for early: the browser is told that choosers are caught, also in the frame, which takes a moment.
      const picked = own.waitForEvent('filechooser');
      await frame.getByLabel('Your name').focus();
      await own.keyboard.type('Olga Lis');
      await own.keyboard.press('Tab');
      await own.keyboard.type('olga@lis.test');
      await own.keyboard.press('Tab'); // the phone
      await own.keyboard.press('Tab');
      const plan = frame.getByLabel('Your plan');
      await eventually('the file has the focus', () =>
        plan.evaluate((one) => one === document.activeElement),
      );
      await own.keyboard.press('Space');
      await (await picked).setFiles([pdf, { ...pdf, name: 'second.pdf' }]);
      await own.keyboard.press('Tab');
      await own.keyboard.press('Space');
      assert.equal(await frame.getByRole('checkbox').isChecked(), true);
      await own.keyboard.press('Tab');
      await new Promise((wait) => setTimeout(wait, 2100));
      await own.keyboard.press('Enter');
      await frame.getByText('Thank you').first().waitFor();
      await eventually('it is worked on', async () => (await sent()).length === 2);
    },
  ],
  [
    'the files stand among what was sent, at the deal and in its documents',
    async () => {
      await page.goto(`${server.url}/forms/${form}`);
      await tab('Sent');
      await page.getByRole('link', { name: 'second.pdf' }).waitFor();
      await checkAccessible(page, 'form-sent');
      const made = (await sent()).find((one) => one.files.length === 2);
      const files = (await apiOf(page, `/records/deal/${made.record.id}/files`)).items;
      assert.deepEqual(files.map((one) => one.name).sort(), ['plan.pdf', 'second.pdf']);
      await page.getByRole('link', { name: 'Made a record' }).first().click();
      await page.waitForURL(/\/crm\/deals\//);
      await page.getByRole('link', { name: 'second.pdf' }).first().waitFor();
      await picture(page, 'form-deal');
    },
  ],
  [
    'end: nothing went wrong in any page',
    async () => {
      assertAccessible();
      assertClean(ada, dana, ...clients);
      await browser.close();
      site.close();
      await server.stop();
    },
  ],
]);

await runStories();
