// What the two programs of figures share: a process to open, how it is opened, and how time is taken in the page.
import { send } from './lib.mjs';

export const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
export const frames = 60;

/** Whether a part of the figures was asked for: BENCH_UI=open,drag chooses some, nothing means all. */
export const wanted = (part) => !process.env.BENCH_UI || process.env.BENCH_UI.split(',').includes(part);

/** A process of rows of ten user tasks, joined in one chain. */
export function definition(key, count) {
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

export async function create(page, process) {
  const { key } = process;
  const made = await send(page, 'POST', '/definitions', { key, name: key });
  return send(page, 'PUT', `/definitions/${key}/draft`, process, made.draftRev);
}

/** Publishes what was saved, whatever was found in it. */
export async function publish(page, key, saved) {
  const confirm = (saved.findings ?? []).map(({ code }) => code);
  await send(page, 'POST', `/definitions/${key}/versions`, { confirm }, saved.draftRev);
}

/** Milliseconds from the start of the navigation until nodes are on the screen, or their overview is. */
export async function open(page, server, key) {
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

/** Milliseconds of the page's main thread so far. */
export async function spent(cdp) {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return metrics.find((metric) => metric.name === 'TaskDuration').value * 1000;
}

/** What `count` frames cost, main-thread milliseconds per frame by the browser's own account, while `event` repeats. */
export async function whileFrames(page, cdp, count, event) {
  const before = await spent(cdp);
  const shown = page.evaluate(
    (wanted) =>
      new Promise((done) => {
        const began = performance.now();
        let seen = 0;
        const tick = () =>
          ++seen < wanted ? requestAnimationFrame(tick) : done((performance.now() - began) / wanted);
        requestAnimationFrame(tick);
      }),
    count,
  );
  let running = true;
  shown.finally(() => {
    running = false;
  });
  for (let i = 0; running; i++) await event(page, i);
  const interval = await shown;
  return { cpu: ((await spent(cdp)) - before) / count, interval };
}

/** Megabytes that the page holds when nothing is left to collect. */
export async function heap(cdp) {
  await cdp.send('HeapProfiler.enable');
  // Twice: what the first one finalizes is only collected by the next.
  for (let i = 0; i < 2; i++) await cdp.send('HeapProfiler.collectGarbage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  return metrics.find((metric) => metric.name === 'JSHeapUsedSize').value / 1e6;
}

/** One line of a Go benchmark. */
export const print = (name, values) =>
  process.stdout.write(
    `Benchmark${name} 1 ${Object.entries(values)
      .map(([unit, value]) => `${value.toFixed(3)} ${unit}`)
      .join(' ')}\n`,
  );
