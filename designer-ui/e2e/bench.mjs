// Figures of the canvas in headless Chromium, as lines of Go benchmarks for the table of `make bench`:
// how long until a definition is painted, and what a frame costs the renderer while it is moved and zoomed.
// Without a GPU the paint itself is software; the processor time of the page's main thread is what is compared.
import { person, startBrowser, startServer } from './lib.mjs';

const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const frames = 60;

/** A process of rows of ten user tasks, joined in one chain. */
function definition(key, count) {
  const nodes = [{ id: 'start', kind: 'startEvent', trigger: { on: 'manual' } }];
  const flows = [];
  const layout = { start: { at: [-160, 0] } };
  let last = 'start';
  for (let i = 0; i < count - 2; i++) {
    const id = `n${i}`;
    nodes.push({ id, kind: 'userTask', name: `Check delivery ${i}`, config: { assignee: 'marta' } });
    flows.push({ id: `f${i}`, from: last, to: id });
    layout[id] = { at: [(i % 10) * 300, Math.floor(i / 10) * 160] };
    last = id;
  }
  nodes.push({ id: 'end', kind: 'endEvent' });
  flows.push({ id: 'last', from: last, to: 'end' });
  layout.end = { at: [3000, Math.floor((count - 3) / 10) * 160] };
  return { format: 'fluxo/process@1', key, name: key, nodes, flows, layout };
}

async function create(page, key, count) {
  await page.evaluate(
    async ([name, process]) => {
      const send = async (method, path, body, headers = {}) => {
        const response = await fetch(`/api/v1${path}`, {
          method,
          headers: { 'Content-Type': 'application/json', ...headers },
          body: JSON.stringify(body),
        });
        if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
        return response.json();
      };
      const made = await send('POST', '/definitions', { key: name, name });
      await send('PUT', `/definitions/${name}/draft`, process, { 'If-Match': `"${made.draftRev}"` });
    },
    [key, definition(key, count)],
  );
}

/** Milliseconds from the start of the navigation until nodes are on the screen, or their overview is. */
async function open(page, server, key) {
  await page.goto(`${server.url}/definitions/${key}`);
  await page.waitForFunction(
    () => document.querySelectorAll('[data-command-scope="canvas"] .react-flow__node').length > 0,
  );
  return page.evaluate(
    () =>
      new Promise((done) =>
        requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))),
      ),
  );
}

/** What moving costs: main-thread milliseconds per frame, by the browser's own account. */
async function move(page, cdp, event) {
  const box = await page.locator('[data-command-scope="canvas"]').first().boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const spent = async () => {
    const { metrics } = await cdp.send('Performance.getMetrics');
    return metrics.find((metric) => metric.name === 'TaskDuration').value * 1000;
  };
  const before = await spent();
  const shown = page.evaluate(
    (count) =>
      new Promise((done) => {
        const began = performance.now();
        let seen = 0;
        const tick = () =>
          ++seen < count ? requestAnimationFrame(tick) : done((performance.now() - began) / count);
        requestAnimationFrame(tick);
      }),
    frames,
  );
  let running = true;
  shown.finally(() => {
    running = false;
  });
  for (let i = 0; running; i++) await event(page, i);
  const interval = await shown;
  return { cpu: ((await spent()) - before) / frames, interval };
}

const pan = (page, i) => page.mouse.wheel(i % 40 < 20 ? 40 : -40, i % 20 < 10 ? 30 : -30);
const zoom = async (page, i) => {
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, i % 20 < 10 ? -20 : 20);
  await page.keyboard.up('Control');
};

const print = (name, values) =>
  process.stdout.write(
    `Benchmark${name} 1 ${Object.entries(values)
      .map(([unit, value]) => `${value.toFixed(3)} ${unit}`)
      .join(' ')}\n`,
  );

const server = await startServer();
const browser = await startBrowser();
try {
  const { page } = await person(browser, server, 'Dana');
  const cdp = await page.context().newCDPSession(page);
  // Processor time of the main thread, not time that passed: other processes do not count.
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  for (const count of [200, 500, 2000]) {
    const key = `bench-${count}`;
    await create(page, key, count);
    await open(page, server, key); // the first fills the cache of scripts
    for (let round = 0; round < rounds; round++) {
      print(`UIOpen/nodes=${count}`, { 'paint-ms': await open(page, server, key) });
      const panned = await move(page, cdp, pan);
      print(`UIPan/nodes=${count}`, { 'cpu-ms/frame': panned.cpu, 'interval-ms/frame': panned.interval });
      const zoomed = await move(page, cdp, zoom);
      print(`UIZoom/nodes=${count}`, { 'cpu-ms/frame': zoomed.cpu, 'interval-ms/frame': zoomed.interval });
    }
  }
} finally {
  await browser.close();
  await server.stop();
}
