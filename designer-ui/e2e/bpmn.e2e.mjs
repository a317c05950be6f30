// A BPMN file comes in with a report, is seen on the canvas, and goes out again.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkAccessible, story, workplace } from './lib.mjs';

const source = resolve(import.meta.dirname, '../../engine/bpmn/testdata/camunda7-order.bpmn');
const { server, people, play } = await workplace(['Dana']);
const [dana] = people;

const dialog = () => dana.page.getByRole('dialog', { name: 'Import a BPMN file' });
const pick = (path) => dialog().locator('input[type=file]').setInputFiles(path);

story('A BPMN file', [
  [
    'a broken file is refused with every reason, and nothing is made',
    async () => {
      await dana.page.goto(`${server.url}/definitions`);
      await dana.page.getByRole('button', { name: 'Import', exact: true }).click();
      await dana.page.getByRole('menuitem', { name: 'Import BPMN' }).click();
      const broken = (await readFile(source, 'utf8'))
        .replace('targetRef="Decide"', 'targetRef="Gone"')
        .replace('attachedToRef="Charge"', 'attachedToRef="Decide"');
      const path = join(server.data, 'broken.bpmn');
      await writeFile(path, broken);
      await pick(path);
      await dialog().getByText('Refused for 2 reasons').waitFor();
      await dialog().getByText('targetRef refers to "Gone", which does not exist').waitFor();
      await dialog().getByText('line', { exact: false }).first().waitFor();
      assert.equal(await dialog().getByRole('button', { name: 'Import', exact: true }).isDisabled(), true);
      await checkAccessible(dana.page, 'bpmn-refused');
    },
  ],
  [
    'a good one shows its remarks and opens in the designer where it was drawn',
    async () => {
      await pick(source);
      await dialog().getByText('1 process fits').waitFor();
      await dialog().getByText('no robot is known for "charge-card"').waitFor();
      await dialog().getByLabel('Give services that no robot is known for to people').check();
      await dialog().getByText('no robot is known for "charge-card"').waitFor({ state: 'detached' });
      await checkAccessible(dana.page, 'bpmn-fits');
      await dialog().getByRole('button', { name: 'Import', exact: true }).click();
      await dana.page.waitForURL(/\/definitions\/process-order/);
      await dana.page.locator('.react-flow__node[data-id="Charge"]').waitFor();
      // Only what can be seen is drawn: the whole first.
      await dana.page.getByRole('button', { name: 'Show everything' }).click();
      await dana.page.locator('.react-flow__node').nth(6).waitFor();
      assert.equal(await dana.page.locator('.react-flow__node').count(), 7);
    },
  ],
  [
    'the designer gives it back with what only the other tool knows',
    async () => {
      const waiting = dana.page.waitForEvent('download');
      await dana.page.getByRole('link', { name: 'Export as BPMN' }).click();
      const download = await waiting;
      assert.equal(download.suggestedFilename(), 'process-order.bpmn');
      const text = await readFile(await download.path(), 'utf8');
      assert.match(text, /camunda:taskListener class="org.example.Audit"/);
      assert.match(text, /<bpmn:participant id="Participant_2" name="Customer"\/>/);
    },
  ],
]);

await play();
