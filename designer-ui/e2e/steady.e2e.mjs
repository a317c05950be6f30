// The designer stands still: whatever gets the focus or is brought into view in a panel moves that panel alone, in
// windows of every size.
import assert from 'node:assert/strict';
import { apiOf, story, workplace } from './lib.mjs';

const { server, people, play } = await workplace(['Dana']);
const [dana] = people;
const { page } = dana;
const { key } = (await apiOf(page, '/definitions')).items.find(({ key }) => /contract/.test(key));

const SIZES = [
  [1280, 700],
  [1366, 768],
  [1440, 900],
  [1920, 1080],
];

/** What has moved that is no panel to scroll, and whether the bar at the top is where it was. */
const moved = () =>
  page.evaluate(() => {
    const scrolls = (element) => {
      const { overflowX, overflowY } = getComputedStyle(element);
      return [overflowX, overflowY].some((value) => value === 'auto' || value === 'scroll');
    };
    const found = [...document.querySelectorAll('*')]
      .filter((element) => element.scrollTop !== 0 || element.scrollLeft !== 0)
      // A field shows the end of what is longer than it is.
      .filter((element) => !/^(input|textarea)$/i.test(element.tagName))
      .filter(
        (element) => element === document.documentElement || element === document.body || !scrolls(element),
      )
      .map((element) => `${element.tagName.toLowerCase()}.${element.className} by ${element.scrollTop}`);
    const top = document.querySelector('header').getBoundingClientRect().top;
    return top === 0 ? found : [...found, `the bar stands at ${top}`];
  });

/** Gives everything in the panel the focus in turn, as a click does, and brings it to the middle, as findings do. */
const touchAll = (selector) =>
  page.evaluate(async (wanted) => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const fields = () =>
      document.querySelectorAll(
        `${wanted} :is(input, textarea, button, select, a[href], [tabindex], [contenteditable="true"], summary)`,
      );
    let count = 0;
    for (const field of fields()) {
      field.focus();
      field.scrollIntoView({ block: 'center' });
      count++;
    }
    await frame();
    return count;
  }, selector);

const stands = async (where) => assert.deepEqual(await moved(), [], where);

async function look(width, height) {
  await page.setViewportSize({ width, height });
  await page.goto(`${server.url}/definitions/${key}`);
  await page.locator('[data-inspector] input').first().waitFor();
  await page.locator('.react-flow__node').first().waitFor();
  await stands('before');

  // With the keys, through everything once; more than once round is no use.
  await page.locator('[data-inspector] input').first().focus();
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press('Tab');
    const where = await page.evaluate(() => document.activeElement?.ariaLabel ?? document.activeElement?.id);
    await stands(`after Tab to ${where}`);
  }
  assert.ok((await touchAll('[data-inspector]')) > 5, 'the settings of the process have fields');
  await stands('in the settings of the process');

  const steps = await page
    .locator('.react-flow__node')
    .evaluateAll((all) => all.map((one) => one.dataset.id));
  for (const id of steps) {
    await page.locator(`.react-flow__node[data-id="${id}"]`).dispatchEvent('click');
    await page.locator('[data-inspector] code', { hasText: id }).first().waitFor();
    for (const more of await page.locator('[data-inspector] button[aria-expanded="false"]').all())
      if (await more.isVisible()) await more.click();
    await page.keyboard.press('Escape');
    await touchAll('[data-inspector]');
    await stands(`at ${id}`);
  }
  await touchAll('main');
  await stands('everywhere in the page');
}

story('the designer stands still', [
  ...SIZES.map(([width, height]) => [`in ${width} x ${height}`, () => look(width, height)]),
]);

await play();
