// A secret in the address and in the body of a call: chosen by its name from the list of values, shown by it, and kept in the
// process by its id.
//
import assert from 'node:assert/strict';
import { apiOf, checkAccessible, designer, picture, send, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace(['Ada', 'Dana']);
const [ada, dana] = people;
const { page } = dana;

const PROCESS = {
  format: 'fluxo/process@1',
  key: 'calling',
  name: 'Calling',
  nodes: [
    { id: 'start', kind: 'startEvent' },
    {
      id: 'call',
      kind: 'robot',
      robot: 'webhook.call',
      name: 'Tell the stock',
      config: { method: 'POST', url: 'https://stock.example.com/orders?key=' },
    },
    { id: 'end', kind: 'endEvent' },
  ],
  flows: [
    { id: 'f1', from: 'start', to: 'call' },
    { id: 'f2', from: 'call', to: 'end' },
  ],
};
const { open, draft, step, inspector } = designer(page, server, 'calling');
const picker = () => page.getByRole('dialog', { name: 'Insert a value' });
const chips = () => inspector().getByRole('img', { name: 'Secret: Stock key' });

async function insertSecret(field) {
  await inspector().getByRole('textbox', { name: field, exact: true }).focus();
  await page.keyboard.press('Control+End');
  await page.keyboard.press('Control+i');
  await picker().waitFor();
  await page.keyboard.type('stock');
  await page.getByRole('option', { name: /Stock key/ }).waitFor();
}

story('A secret in a text', [
  [
    'is chosen by its name and kept by its id',
    async () => {
      await ada.page.goto(`${server.url}/settings/secrets`);
      await send(ada.page, 'POST', '/secrets', {
        name: 'Stock key',
        hosts: ['stock.example.com'],
        value: 'never-shown-here',
      });
      await open(PROCESS);
      await step('call').click();
      await insertSecret('Address');
      await picture(page, 'secret-picker');
      await checkAccessible(page, 'secret-picker');
      await page.keyboard.press('Enter');
      await chips().waitFor();
      await inspector().getByRole('textbox', { name: 'Body', exact: true }).focus();
      await page.keyboard.insertText('{"order": "{{ run.id }}", "password": "');
      await insertSecret('Body');
      await page.keyboard.press('Enter');
      await page.keyboard.insertText('"}');
      const { url, body } = (await draft()).nodes.find(({ id }) => id === 'call').config;
      assert.equal(url, 'https://stock.example.com/orders?key={{ secret("stock-key") }}');
      assert.ok(body.includes('"password": "{{ secret("stock-key") }}"'), body);
      assert.equal(await chips().count(), 2);
      await picture(page, 'secret-chips');
      await checkAccessible(page, 'secret-chips');
      assert.ok(!(await page.content()).includes('never-shown-here'));
    },
  ],
  [
    'that stands in the host is told of where it is written',
    async () => {
      const nodes = (await apiOf(page, '/definitions/calling')).draft.nodes.map((node) =>
        node.id === 'call'
          ? { ...node, config: { ...node.config, url: 'https://{{ secret("stock-key") }}.example.com/' } }
          : node,
      );
      await open({ nodes });
      await step('call').click();
      await inspector()
        .getByText(/stands where the host is/)
        .first()
        .waitFor();
      await picture(page, 'secret-in-host');
    },
  ],
]);

await play();
