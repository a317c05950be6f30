// Figures of the canvas in headless Chromium, as lines of Go benchmarks for the table of `make bench`:
// how long until a definition is painted, or an edit of it; what a frame costs the renderer while it is moved, zoomed and
// dragged in; a run watched live at 500 events a second, its memory after those of ten minutes, and what ten viewers cost.
// Without a GPU the paint itself is software; the processor time of the page's main thread is what is compared.
// BENCH_UI=open,drag,live,viewers chooses parts of it.
// BENCH_LIVE_MINUTES=10 takes the memory over ten real minutes instead of sending their events at once.
import { readFile } from 'node:fs/promises';
import {
  create,
  definition,
  frames,
  heap,
  open,
  print,
  publish,
  rounds,
  wanted,
  whileFrames,
} from './bench-lib.mjs';
import { eventually, person, send, startBrowser, startServer } from './lib.mjs';

const liveRate = 500; // events a second
const liveMinutes = Number(process.env.BENCH_LIVE_MINUTES ?? 0);

/** The same with what people draw beside steps: a note and a group for every second row. */
function decorated(key, count) {
  const process = definition(key, count);
  const rows = Array.from({ length: Math.floor((count - 2) / 20) }, (_, i) => 2 * i);
  return {
    ...process,
    notes: rows.map((row) => ({
      id: `note${row}`,
      text: `# Row ${row}\n- **checked** by two`,
      at: [-420, row * 160],
      size: [200, 120],
    })),
    groups: rows.map((row) => ({
      id: `group${row}`,
      name: `Row ${row}`,
      nodes: Array.from({ length: 10 }, (_, i) => `n${row * 10 + i}`),
    })),
  };
}

/** What moving the view costs. */
async function move(page, cdp, event) {
  const box = await page.locator('[data-command-scope="canvas"]').first().boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  return whileFrames(page, cdp, frames, event);
}

/** What dragging a step costs, past the middles and edges of others, so that lines of alignment come and go. */
async function drag(page, cdp) {
  const box = await page.locator('[data-command-scope="canvas"] .react-flow__node').nth(2).boundingBox();
  const from = { x: box.x + 60, y: box.y + 20 };
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  const cost = await whileFrames(page, cdp, frames, (_, i) => {
    const at = i % 60 < 30 ? i % 60 : 60 - (i % 60);
    return page.mouse.move(from.x + 4 * at, from.y + 3 * at);
  });
  await page.mouse.up();
  await page.keyboard.press('Control+z');
  return cost;
}

/** Milliseconds from a key until what it changed is on the screen. */
async function press(page, key) {
  await page.evaluate(() => {
    window.painted = new Promise((done) => {
      window.addEventListener(
        'keydown',
        function began(event) {
          if (event.key === 'Control') return;
          window.removeEventListener('keydown', began, true);
          const start = performance.now();
          requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
        },
        true,
      );
    });
  });
  await page.keyboard.press(key);
  return page.evaluate(() => window.painted);
}

/** Duplicating a step and taking that back, each until it is painted. */
async function edit(page) {
  await page
    .locator('[data-command-scope="canvas"] .react-flow__node')
    .nth(2)
    .click({ position: { x: 60, y: 20 } });
  // The first loads what the panel of a step needs.
  await press(page, 'Control+d');
  await press(page, 'Control+z');
  const change = await press(page, 'Control+d');
  const undo = await press(page, 'Control+z');
  return { change, undo };
}

/** How often the server tells the pages of a run what is new. */
const tellEvery = 150;

/**
 * Stands between a page and the live socket: everything passes, and events of a run can be sent as if the server had:
 * its records at once, and in steps what the server makes of them for the pages that show the run. They name steps in
 * turn, and their numbers go on where those of the server ended.
 */
async function intercept(page) {
  const topics = {};
  const state = { sent: 0, waiting: [], told: 0 };
  await page.routeWebSocket(/\/api\/v1\/live/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((text) => {
      const message = JSON.parse(String(text));
      const [kind] = String(message.topic).split(':');
      if (/^run(Page)?$/.test(kind) && message.epoch !== undefined) {
        const known = topics[kind] ?? { seq: 0 };
        const seq = Math.max(known.seq, message.toSeq ?? message.seq ?? 0);
        topics[kind] = { topic: message.topic, epoch: message.epoch, seq };
        if (kind === 'runPage' && message.type === 'snapshot') state.picture = message.data;
        state.socket = socket;
      }
      socket.send(text);
    });
  });
  const say = (kind, events) => {
    const { topic, epoch, seq } = topics[kind];
    topics[kind].seq += events.length;
    const [fromSeq, toSeq] = [seq + 1, seq + events.length];
    state.socket.send(JSON.stringify({ type: 'event', topic, epoch, fromSeq, toSeq, events }));
  };
  const tell = () => {
    const items = state.waiting;
    state.waiting = [];
    state.told = Date.now();
    const { nodeStates: _states, flowsTaken: _flows, whole: _whole, ...rest } = state.picture;
    const nodeStates = {};
    const flowsTaken = {};
    for (const { seq, node, flow, at } of items) {
      nodeStates[node] = {
        status: 'waiting',
        entered: seq,
        left: seq - 1,
        tokens: 1,
        since: at,
        durationMs: seq,
        people: [{ id: 'marta', name: 'Marta' }],
      };
      flowsTaken[flow] = seq;
    }
    const seq = items.at(-1).seq;
    const lines = items.map((item) => ({
      ...item,
      text: `${item.node}: reached as number ${item.seq}`,
      nodeName: item.node,
    }));
    say('runPage', [
      { kind: 'lines', items: lines },
      { ...rest, kind: 'picture', seq, nodeStates, flowsTaken },
    ]);
  };
  return {
    next: () => topics.run.seq + 1,
    ready: () => topics.run !== undefined && topics.runPage !== undefined,
    send(count, now = Date.now() - state.told >= tellEvery) {
      const from = topics.run.seq + 1;
      const events = Array.from({ length: count }, (_, i) => ({
        seq: from + i,
        kind: 'nodeEntered',
        node: `n${(state.sent + i) % 198}`,
        flow: `f${(state.sent + i) % 198}`,
        at: new Date().toISOString(),
      }));
      state.sent += count;
      say('run', events);
      state.waiting.push(...events);
      if (now) tell();
    },
  };
}

/** Publishes a process of 200 steps and starts it: it waits at the first. */
async function startRun(page) {
  const key = 'bench-live';
  const saved = await create(page, {
    ...definition(key, 200),
    variables: [{ name: 'count', type: 'integer' }],
  });
  await publish(page, key, saved);
  return (await send(page, 'POST', `/definitions/${key}/runs`, {})).id;
}

async function watchRun(page, server, run) {
  await page.goto(`${server.url}/runs/${run}`);
  await page.locator('[data-command-scope="canvas"] .react-flow__node').first().waitFor();
}

/** Milliseconds of processor time that a process has used. */
async function cpuOf(pid) {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Processor time of the server for a hundred changes of a run, ten a second, while pages watch it. */
async function viewers(context, page, server, run, count) {
  const watching = [];
  for (let i = 0; i < count; i++) {
    const viewer = await context.newPage();
    await watchRun(viewer, server, run);
    watching.push(viewer);
  }
  const before = await cpuOf(server.pid);
  const began = Date.now();
  for (let i = 0; i < 100; i++) {
    await send(page, 'POST', `/runs/${run}/actions`, {
      action: 'setVariables',
      variables: { count: i },
      reason: 'counting',
    });
    await page.waitForTimeout(Math.max(0, began + 100 * (i + 1) - Date.now()));
  }
  const used = (await cpuOf(server.pid)) - before;
  for (const viewer of watching) await viewer.close();
  return used;
}

const pan = (page, i) => page.mouse.wheel(i % 40 < 20 ? 40 : -40, i % 20 < 10 ? 30 : -30);
const zoom = async (page, i) => {
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, i % 20 < 10 ? -20 : 20);
  await page.keyboard.up('Control');
};

const server = await startServer();
const browser = await startBrowser();

/** A run that five hundred events a second reach, and what the page holds after those of ten minutes. */
async function watchLive(page, cdp, run) {
  const feed = await intercept(page);
  await watchRun(page, server, run);
  await eventually('the page follows the run', feed.ready);
  for (let round = 0; round < rounds; round++) {
    let last = Date.now();
    const live = await whileFrames(page, cdp, 2 * frames, async () => {
      await page.waitForTimeout(10);
      const count = Math.floor(((Date.now() - last) * liveRate) / 1000);
      if (count === 0) return;
      last += (count * 1000) / liveRate;
      feed.send(count);
    });
    // The work comes with the events, not with the frames: what a sixtieth of a second costs.
    print('UILive/rate=500', {
      'cpu-ms/frame': (live.cpu / live.interval) * (1000 / 60),
      'interval-ms/frame': live.interval,
    });
  }
  for (let round = 0; round < rounds; round++) {
    await page.waitForTimeout(300);
    const text = `reached as number ${feed.next()}`;
    await page.evaluate((wanted) => {
      const lines = () => document.querySelector('main').textContent;
      window.visible = new Promise((done) => {
        const look = () =>
          requestAnimationFrame(() =>
            lines().includes(wanted)
              ? setTimeout(() => done(performance.timeOrigin + performance.now()))
              : look(),
          );
        look();
      });
    }, text);
    const sent = Date.now();
    feed.send(1, true);
    print('UILiveVisible/rate=1', { 'paint-ms': (await page.evaluate(() => window.visible)) - sent });
  }
  const before = await heap(cdp);
  // Those of ten minutes, a fifth of a second in each message.
  for (let i = 0; i < 10 * 60 * 5; i++) {
    feed.send(liveRate / 5, true);
    await page.waitForTimeout(liveMinutes > 0 ? (liveMinutes * 60_000) / 3000 : 1);
  }
  await page.waitForTimeout(1000);
  print('UILiveHeap/minutes=10', { 'MB-more': Math.max(0, (await heap(cdp)) - before) });
}

try {
  const { page, context } = await person(browser, server, 'Ada');
  const cdp = await page.context().newCDPSession(page);
  // Processor time of the main thread, not time that passed: other processes do not count.
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  for (const count of wanted('open') ? [200, 500, 1000, 2000] : []) {
    const key = `bench-${count}`;
    await create(page, definition(key, count));
    await open(page, server, key); // the first fills the cache of scripts
    for (let round = 0; round < rounds; round++) {
      print(`UIOpen/nodes=${count}`, { 'paint-ms': await open(page, server, key) });
      print(`UIHeap/nodes=${count}`, { MB: await heap(cdp) });
      const { change, undo } = await edit(page);
      print(`UIEdit/nodes=${count}`, { 'paint-ms': change });
      print(`UIUndo/nodes=${count}`, { 'paint-ms': undo });
      const panned = await move(page, cdp, pan);
      print(`UIPan/nodes=${count}`, { 'cpu-ms/frame': panned.cpu, 'interval-ms/frame': panned.interval });
      const zoomed = await move(page, cdp, zoom);
      print(`UIZoom/nodes=${count}`, { 'cpu-ms/frame': zoomed.cpu, 'interval-ms/frame': zoomed.interval });
    }
  }
  if (wanted('drag')) await create(page, decorated('bench-drag', 2000));
  for (let round = 0; wanted('drag') && round < rounds; round++) {
    await open(page, server, 'bench-drag');
    const dragged = await drag(page, cdp);
    print('UIDrag/nodes=2000', { 'cpu-ms/frame': dragged.cpu, 'interval-ms/frame': dragged.interval });
  }

  const run = await startRun(page);
  if (wanted('live')) await watchLive(page, cdp, run);
  await page.goto(server.url);
  if (wanted('viewers')) {
    // Processor time hardly depends on who else is there: once is enough.
    const one = await viewers(context, page, server, run, 1);
    const ten = await viewers(context, page, server, run, 10);
    print('UIViewers/viewers=10', { 'of-one': ten / one, 'cpu-ms/change': ten / 100 });
  }
} finally {
  await browser.close();
  await server.stop();
}
