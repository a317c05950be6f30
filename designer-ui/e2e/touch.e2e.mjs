// The drawing under a finger, at the width of a phone: what rests opens the menu, what moves or is taken away does not.
import assert from 'node:assert/strict';
import { apiOf, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace([['Dana', { hasTouch: true, isMobile: true }]]);
const [dana] = people;
const { page } = dana;
const { key } = (await apiOf(page, '/definitions')).items.find(({ key }) => /contract/.test(key));
await page.setViewportSize({ width: 390, height: 844 });
await page.goto(`${server.url}/definitions/${key}`);
page.setDefaultTimeout(15_000);
await page.getByRole('button', { name: 'Show as a drawing' }).click();
const node = page.locator('.react-flow__node').first();
await node.waitFor();
const fingers = await page.context().newCDPSession(page);

/** Longer than a finger has to rest, by as much as a busy machine is late. */
const RESTED = 900;
const menu = page.getByRole('menu');
const touch = (type, ...points) =>
  fingers.send('Input.dispatchTouchEvent', {
    type,
    touchPoints: points.map(([x, y], id) => ({ x, y, id, radiusX: 8, radiusY: 8, force: 1 })),
  });
const spot = async () => {
  const box = await node.boundingBox();
  return [box.x + 40, box.y + box.height / 2];
};
const selected = () => page.evaluate(() => String(window.getSelection()));
const gone = async () => {
  assert.equal(await menu.count(), 0, 'no menu is open');
  assert.equal(await selected(), '', 'no text is picked out');
};

story('the drawing under a finger', [
  [
    'a finger that rests, and trembles a little, opens the menu; lifting it leaves it open',
    async () => {
      const [x, y] = await spot();
      await touch('touchStart', [x, y]);
      await touch('touchMove', [x + 4, y + 3]);
      await menu.waitFor();
      await touch('touchEnd');
      await page.waitForTimeout(300);
      assert.equal(await menu.count(), 1, 'the menu stays');
      assert.ok(
        await menu.getByRole('menuitem', { name: /Rename/ }).isVisible(),
        'it is the menu of the step',
      );
      assert.equal(await selected(), '', 'no text is picked out');
      const box = await menu.boundingBox();
      assert.ok(box.x >= 0 && box.x + box.width <= 390, 'the menu is on the screen');
      await page.keyboard.press('Escape');
      await menu.waitFor({ state: 'detached' });
    },
  ],
  [
    'a finger that moves drags or pans; one that is taken away by the system does nothing',
    async () => {
      const [x, y] = await spot();
      await touch('touchStart', [x, y]);
      await touch('touchMove', [x + 30, y + 24]);
      await page.waitForTimeout(RESTED);
      await gone();
      await touch('touchEnd');
      await gone();

      const [x2, y2] = await spot();
      await touch('touchStart', [x2, y2]);
      await touch('touchCancel');
      await page.waitForTimeout(RESTED);
      await gone();
      // The next touch is a new one.
      await touch('touchStart', [x2, y2]);
      await menu.waitFor();
      await touch('touchCancel');
      await page.keyboard.press('Escape');
      await menu.waitFor({ state: 'detached' });
      const [x3, y3] = await spot();
      await page.touchscreen.tap(x3, y3);
      await gone();
    },
  ],
  [
    'two fingers pinch and open nothing',
    async () => {
      const [x, y] = await spot();
      // Beside the step, and outside of the drawing.
      for (const other of [
        [x + 120, y + 60],
        [200, 820],
      ]) {
        await touch('touchStart', [x, y]);
        await touch('touchStart', [x, y], other);
        await page.waitForTimeout(RESTED);
        await gone();
        await touch('touchEnd');
      }
    },
  ],
  [
    'the drawing says to the browser that nothing in it is picked out, but what is written in it',
    async () => {
      const [drawing, name] = await page.evaluate(() => {
        const canvas = document.querySelector('.react-flow').closest('[role="application"]');
        const field = canvas.appendChild(document.createElement('textarea'));
        const values = [canvas, field].map((element) => getComputedStyle(element).userSelect);
        field.remove();
        return values;
      });
      assert.deepEqual([drawing, name], ['none', 'text']);
    },
  ],
]);

await play();
