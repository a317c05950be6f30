// Figures of the screens around the canvas, as lines of Go benchmarks for the table of `make bench`: the first load and
// changes of screen, the change between overview and steps, problems and typing, tidying up, opening and closing a hundred
// times, a board and a list of ten thousand deals, the command palette, and the next task after a decision.
// Times are those of the page, from the event of the input until what it brings is painted.
// BENCH_UI=shell,canvas,typing,tidy,cycles,deals,palette,inbox chooses parts of it.
import { create, definition, frames, heap, open, print, publish, rounds, wanted } from './bench-lib.mjs';
import { apiOf, eventually, person, send, startBrowser, startServer } from './lib.mjs';

const cycles = 100;
const stages = 5;
const cards = 2000; // in each stage

/**
 * Milliseconds from an event in the page until an element is painted that has a text, or is another than before. The
 * event is that of an act, which the browser brings about.
 */
async function reaction(page, event, shown, act) {
  await page.evaluate(
    ([name, { selector, text, changed }]) => {
      const found = () => [...document.querySelectorAll(selector)];
      const before = changed && found()[0]?.textContent;
      const there = () =>
        changed
          ? found()[0] !== undefined && found()[0].textContent !== before
          : found().some((element) => element.checkVisibility() && element.textContent.includes(text ?? ''));
      window.reacted = new Promise((done) => {
        window.addEventListener(
          name,
          ({ timeStamp }) => {
            const look = () =>
              requestAnimationFrame(() => {
                if (!there()) return look();
                // What was drawn in this frame is painted before the next task.
                const painted = new MessageChannel();
                painted.port1.onmessage = () => done(performance.now() - timeStamp);
                painted.port2.postMessage(null);
              });
            look();
          },
          { capture: true, once: true },
        );
      });
    },
    [event, shown],
  );
  await act();
  return page.evaluate(() => window.reacted);
}

/** Milliseconds of the longest gap between two frames, and that of one in twenty, while something happens. */
async function gaps(page, act) {
  await page.evaluate(() => {
    const seen = [];
    let last;
    let on = true;
    const tick = (now) => {
      if (last !== undefined) seen.push(now - last);
      last = now;
      if (on) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    window.stopFrames = () => {
      on = false;
      return seen;
    };
  });
  await act();
  const seen = (await page.evaluate(() => window.stopFrames())).sort((a, b) => a - b);
  return { worst: seen.at(-1), p95: seen[Math.floor(seen.length * 0.95)] };
}

/** Milliseconds from the start of the navigation, nothing kept from before, until the home page can be used. */
async function firstLoad(browser, server, context) {
  const fresh = await browser.newContext({
    storageState: await context.storageState(),
    viewport: { width: 1440, height: 900 },
  });
  const page = await fresh.newPage();
  await page.goto(server.url);
  await page.locator('main h1, main h2').first().waitFor();
  const time = await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now())))),
  );
  await fresh.close();
  return time;
}

/** Keys that lead from screen to screen, and where they lead. */
const screens = [
  { keys: ['g', 'c'], address: '/crm/contacts' },
  { keys: ['g', 'p'], address: '/crm/deals' },
  { keys: ['g', 'd'], address: '/definitions' },
  { keys: ['g', 'r'], address: '/runs' },
  { keys: ['g', 'h'], address: '/' },
];

async function walk(page, measure) {
  for (const { keys, address } of screens) {
    await page.keyboard.press(keys[0]);
    await page.evaluate(() => document.querySelector('main h1').setAttribute('data-before', ''));
    const time = await reaction(page, 'keydown', { selector: 'main h1:not([data-before])' }, () =>
      page.keyboard.press(keys[1]),
    );
    await eventually(`the screen ${address}`, () => new URL(page.url()).pathname.startsWith(address));
    await page.waitForTimeout(300);
    if (measure) print('UIRoute/warm', { 'paint-ms': time });
  }
}

const canvas = '[data-command-scope="canvas"]';

async function canvasFigures(page, server) {
  for (let round = 0; round < rounds; round++) {
    // Each its own: where one was left it opens again.
    await create(page, definition(`app-switch-${round}`, 2000));
    await open(page, server, `app-switch-${round}`);
    await page.locator(`${canvas} .react-flow__pane`).hover();
    const zoomBy = async (by, until) => {
      await page.keyboard.down('Control');
      await eventually('the other picture', async () => {
        for (let i = 0; i < 5; i++) {
          await page.mouse.wheel(0, by);
          await page.waitForTimeout(16);
        }
        return (await page.locator(`${canvas} .react-flow__node`).count()) > 0 === until;
      });
      await page.keyboard.up('Control');
      await page.waitForTimeout(200);
    };
    const out = await gaps(page, () => zoomBy(60, false));
    const into = await gaps(page, () => zoomBy(-60, true));
    print('UISwitch/nodes=2000', { 'worst-ms': Math.max(out.worst, into.worst) });
  }
  // A short way beside the long one, so that one step more or less makes one problem.
  const process = definition('app-2000', 2000);
  process.nodes.push({ id: 'beside', kind: 'endEvent' });
  process.nodes.push({ id: 'other', kind: 'userTask', name: 'Other', config: { assignee: 'marta' } });
  process.flows.push(
    { id: 'to-other', from: 'n0', to: 'other' },
    { id: 'to-beside', from: 'other', to: 'beside' },
  );
  process.layout.other = { at: [-160, 160] };
  process.layout.beside = { at: [-160, 320] };
  await create(page, process);
  await open(page, server, 'app-2000');
  const dock = 'section[aria-label="Problems"] button';
  await page.locator(dock).filter({ hasText: 'No problems' }).waitFor();
  for (let round = 0; round <= rounds; round++) {
    await page.locator(`${canvas} .react-flow__node[data-id="beside"]`).click();
    await page.waitForTimeout(500);
    const shown = await reaction(page, 'keydown', { selector: dock, changed: true }, () =>
      page.keyboard.press('Delete'),
    );
    // The first loads what the panel needs.
    if (round > 0) {
      const took = await page.evaluate(() => performance.getEntriesByName('validation')[0].duration);
      print('UIProblems/nodes=2000', { 'paint-ms': shown, 'validation-ms': took });
    }
    await page.keyboard.press('Control+z');
    await page.locator(dock).filter({ hasText: 'No problems' }).waitFor();
  }
}

/** Typing into the expression of a step among two hundred: each key until it is painted. */
async function typing(page, server) {
  const process = definition('app-typing', 200);
  process.nodes[1] = {
    id: 'n0',
    kind: 'setVariables',
    name: 'Add up',
    config: { set: [{ name: 'total', value: { expr: '1' } }] },
  };
  await create(page, { ...process, variables: [{ name: 'total', type: 'number' }] });
  await open(page, server, process.key);
  await page.locator(`${canvas} .react-flow__node[data-id="n0"]`).click();
  const field = page.locator('[data-inspector] .cm-content').first();
  await field.click();
  await page.keyboard.press('Control+End');
  await page.waitForTimeout(500);
  for (const key of ' + vars.total * 2 + vars.total'.split('')) {
    const time = await reaction(
      page,
      'keydown',
      { selector: '[data-inspector] .cm-content', changed: true },
      () => page.keyboard.press(key === ' ' ? 'Space' : key),
    );
    if (key !== ' ') print('UITyping/nodes=200', { 'paint-ms': time });
  }
}

async function tidying(page, server) {
  for (const count of [200, 500, 2000]) {
    const key = `app-tidy-${count}`;
    await create(page, definition(key, count));
    for (let round = 0; round < (count < 2000 ? rounds : 1); round++) {
      await open(page, server, key);
      await page.getByRole('application').focus();
      let time = 0;
      const { worst } = await gaps(page, async () => {
        time = await reaction(page, 'keydown', { selector: '[aria-live="polite"]', text: 'Laid out' }, () =>
          page.keyboard.press('Alt+Shift+T'),
        );
      });
      print(`UITidy/nodes=${count}`, { 'paint-ms': time, 'worst-ms': worst });
      await page.keyboard.press('Control+z');
    }
  }
}

/** What the page holds more after a process was opened from the list and left again a hundred times. */
async function openAndClose(page, server, cdp) {
  await create(page, definition('app-cycle', 200));
  await page.goto(`${server.url}/definitions`);
  const once = async () => {
    await page.locator('a[href="/definitions/app-cycle"]').first().click();
    await page.locator(`${canvas} .react-flow__node`).first().waitFor();
    await page.locator('nav[aria-label="Main navigation"] a[href="/definitions"]').click();
    await page.locator('a[href="/definitions/app-cycle"]').first().waitFor();
  };
  for (let i = 0; i < 10; i++) await once();
  const before = await heap(cdp);
  for (let i = 0; i < cycles; i++) await once();
  print('UICycles/times=100', { 'MB-more': Math.max(0, (await heap(cdp)) - before) });
}

/** Ten thousand deals, in five stages. */
async function fill(page) {
  const { pipeline, columns } = await apiOf(page, '/board?pipeline=sales');
  const names = columns.slice(0, stages).map(({ stage }) => stage.id);
  await page.evaluate(
    async ([pipelineId, ids, count]) => {
      let next = 0;
      const worker = async () => {
        while (next < count * ids.length) {
          const i = next++;
          const reply = await fetch('/api/v1/records/deal', {
            method: 'POST',
            headers: { 'Content-Type': 'application/json', 'Idempotency-Key': `app-${i}` },
            body: JSON.stringify({
              pipelineId,
              stageId: ids[i % ids.length],
              title: `Delivery ${String((i * 7919) % 10000).padStart(5, '0')}`,
              amount: 1000 + i,
              currency: 'EUR',
            }),
          });
          if (!reply.ok) throw new Error(`${reply.status} ${await reply.text()}`);
        }
      };
      await Promise.all(Array.from({ length: 8 }, worker));
    },
    [pipeline.id, names, cards],
  );
}

async function deals(page, server) {
  await fill(page);
  for (let round = 0; round <= rounds; round++) {
    await page.goto(server.url);
    await page.locator('nav a[href="/crm/deals"]').waitFor();
    await page.waitForTimeout(500);
    const board = await reaction(page, 'click', { selector: '[data-stage] li' }, () =>
      page.locator('nav a[href="/crm/deals"]').click(),
    );
    // The first fetches the scripts of the screen.
    if (round > 0) print('UIBoard/cards=10000', { 'paint-ms': board });
    const card = await page.locator('[data-stage] li').first().boundingBox();
    const column = await page.locator('[data-stage]').nth(3).boundingBox();
    await page.mouse.move(card.x + 60, card.y + 12);
    await page.mouse.down();
    const moved = await gaps(page, async () => {
      for (let i = 0; i <= frames; i++) {
        await page.mouse.move(
          card.x + 60 + ((column.x + 40 - card.x - 60) * i) / frames,
          card.y + 12 + ((i * 7) % 60),
        );
        await page.waitForTimeout(16);
      }
    });
    await page.keyboard.press('Escape');
    await page.mouse.up();
    if (round > 0) print('UIBoardDrag/cards=10000', { 'p95-ms/frame': moved.p95 });
  }
  for (let round = 0; round <= rounds; round++) {
    await page.goto(`${server.url}/crm/deals/list`);
    const cell = '[role="grid"] [role="row"][aria-rowindex="2"]';
    await page.locator(cell).waitFor();
    await page.waitForTimeout(500);
    const sorted = await reaction(page, 'click', { selector: cell, changed: true }, () =>
      page
        .getByRole('columnheader', { name: /^Title/ })
        .getByRole('button')
        .first()
        .click(),
    );
    if (round > 0) print('UIListSort/rows=10000', { 'paint-ms': sorted });
    await page.locator(cell).hover();
    const scrolled = await gaps(page, async () => {
      for (let i = 0; i < frames; i++) {
        await page.mouse.wheel(0, 120);
        await page.waitForTimeout(16);
      }
    });
    if (round > 0) print('UIListScroll/rows=10000', { 'p95-ms/frame': scrolled.p95 });
  }
}

async function paletteFigures(page, server) {
  if (!wanted('canvas')) await create(page, definition('app-2000', 2000));
  await open(page, server, 'app-2000');
  await page.getByRole('application').focus();
  const shown = { selector: '#palette-list [role="option"]' };
  for (let round = 0; round <= rounds; round++) {
    const opened = await reaction(page, 'keydown', shown, () => page.keyboard.press('Control+k'));
    if (round > 0) print('UIPalette/open', { 'paint-ms': opened });
    for (const key of 'show') {
      const time = await reaction(page, 'keydown', shown, () => page.keyboard.press(key));
      if (round > 0) print('UIPalette/key', { 'paint-ms': time });
    }
    await page.keyboard.press('Escape');
    await page.locator('#palette-list').waitFor({ state: 'detached' });
  }
}

/** A task is completed until the next one can be read. */
async function inbox(page, server) {
  for (let i = 0; i < 2 * rounds + 2; i++) {
    const key = `app-task-${i}`;
    const saved = await create(page, {
      format: 'fluxo/process@1',
      key,
      name: key,
      nodes: [
        { id: 'start', kind: 'startEvent', trigger: { on: 'manual' } },
        { id: 'look', kind: 'userTask', name: `Look at delivery ${i}`, config: { assignee: 'ada' } },
        { id: 'end', kind: 'endEvent' },
      ],
      flows: [
        { id: 'f1', from: 'start', to: 'look' },
        { id: 'f2', from: 'look', to: 'end' },
      ],
    });
    await publish(page, key, saved);
    await send(page, 'POST', `/definitions/${key}/runs`, {});
  }
  await page.goto(`${server.url}/tasks`);
  await page
    .getByRole('link', { name: /Look at/ })
    .first()
    .click();
  for (let i = 0; i < 2 * rounds + 1; i++) {
    const button = page.getByRole('button', { name: 'Complete', exact: true });
    await button.waitFor();
    await page.waitForTimeout(800);
    const next = await reaction(page, 'click', { selector: 'main h1, main h2', changed: true }, () =>
      button.click(),
    );
    if (i > 0) print('UINextTask/list', { 'paint-ms': next });
  }
}

// Ten thousand deals come from one session.
const server = await startServer({ env: { FLUXO_LIMITS_REQUESTS_PER_MINUTE: '1000000' } });
const browser = await startBrowser();
try {
  const { page, context } = await person(browser, server, 'Ada');
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  if (wanted('shell')) {
    for (let round = 0; round < rounds; round++)
      print('UIFirstLoad/cold', { 'paint-ms': await firstLoad(browser, server, context) });
    await walk(page, false);
    for (let round = 0; round < rounds; round++) await walk(page, true);
  }
  if (wanted('canvas')) await canvasFigures(page, server);
  if (wanted('typing')) await typing(page, server);
  if (wanted('tidy')) await tidying(page, server);
  if (wanted('cycles')) await openAndClose(page, server, cdp);
  if (wanted('deals')) await deals(page, server);
  if (wanted('palette')) await paletteFigures(page, server);
  if (wanted('inbox')) await inbox(page, server);
} finally {
  await browser.close();
  await server.stop();
}
