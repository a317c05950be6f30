// Two people change one name: the clash is decided without a pointer.
import assert from 'node:assert/strict';
import {
  apiOf,
  designer,
  keyboard,
  person,
  runStories,
  send,
  startBrowser,
  startServer,
  story,
  theEnd,
} from './lib.mjs';

const server = await startServer();
const browser = await startBrowser();
const dana = await person(browser, server, 'Dana');
const ada = await person(browser, server, 'Ada');
const { page } = dana;
const { press, use, write, tabTo } = keyboard(page);
const { canvas, step, inspector, draft, goTo, open } = designer(page, server, 'shared');

const mine = { assignee: { expr: 'run.startedBy' } };
const process = {
  nodes: [
    { id: 's', kind: 'startEvent' },
    { id: 'call', kind: 'userTask', name: 'Call', config: mine },
    { id: 'letter', kind: 'userTask', name: 'Write', config: mine },
    { id: 'e', kind: 'endEvent', name: 'Over' },
  ],
  flows: [
    { id: 'f1', from: 's', to: 'call' },
    { id: 'f2', from: 'call', to: 'letter' },
    { id: 'f3', from: 'letter', to: 'e' },
  ],
  layout: { s: { at: [0, 0] }, call: { at: [320, 0] }, letter: { at: [640, 0] }, e: { at: [1100, 0] } },
};

story('With the keyboard alone', [
  [
    'a clash is decided side by side',
    async () => {
      await open(process, 'Shared');
      await canvas().focus();
      await goTo('Write');
      await draft();
      await dana.context.setOffline(true);
      await write(inspector().getByLabel('Name', { exact: true }), 'Write an email');
      await page.locator('[data-save="offline"]').waitFor();
      const there = await apiOf(ada.page, '/definitions/shared');
      const patch = { element: 'nodes/letter', path: ['name'], before: 'Write', after: 'Write a postcard' };
      await send(ada.page, 'PATCH', '/definitions/shared/draft', { patches: [patch] }, there.draftRev);
      await dana.context.setOffline(false);
      await use(page.getByRole('button', { name: 'Resolve' }));
      const dialog = page.getByRole('dialog', { name: 'Changed by somebody else' });
      await dialog.locator('pre', { hasText: 'Write a postcard' }).waitFor();
      // The dialog has the focus; the Tab key leads to the choice and to the button.
      await tabTo(dialog.getByRole('radio', { checked: true }));
      await press('ArrowRight');
      await tabTo(dialog.getByRole('button', { name: 'Apply' }));
      await press('Enter');
      await dialog.waitFor({ state: 'detached' });
      await step('letter').getByText('Write a postcard').waitFor();
      await page.locator('[data-save="saved"]').waitFor({ state: 'attached' });
      assert.equal(
        (await apiOf(ada.page, '/definitions/shared')).draft.nodes[2].name,
        'Write a postcard',
        'theirs stays',
      );
      // Nothing but the network failed.
      const faults = dana.faults.found.splice(0);
      assert.deepEqual(
        faults.filter((fault) => !/ERR_INTERNET_DISCONNECTED|^answer: 409 /.test(fault)),
        [],
      );
    },
  ],
]);

theEnd(server, browser, dana, ada);

await runStories();
