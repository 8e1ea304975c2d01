/** Builds read models of deals by the projector, and compares their documents with the expected ones. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { mustEqual } from '../check.js';
import { documentAfter, monthsOf } from './expected.js';
import { ordinal, STEPS, stepsWithin, type DealPlot } from './plot.js';
import { deals, projectionSets, type ProjectionSet } from './read-models.js';
import { openViewReader } from '../../src/engines.js';
import { THREAD_LIMITS } from '../../src/projector/host.js';
import { servedBuild } from '../../src/views/serving/versions.js';
import type { Served } from '../../src/views/port/builds.js';
import type { ViewReader } from '../../src/views/port/store.js';

const KEYS = 500;

export interface BuildTask {
  /** The folder of the log. */
  readonly logDir: string;
  /** The folder of the read models. */
  readonly dataDir: string;
  readonly set: ProjectionSet;
  /** Starts builds beside the live ones, which they replace at the end. */
  readonly beside?: boolean;
}

/** Shared by all builds, as in a server. */
let thread: Worker | undefined;

/**
 * Builds read models from the first event on until they are live.
 * @returns the duration in seconds, without opening and closing the store
 */
export async function build(task: BuildTask): Promise<number> {
  thread ??= new Worker(new URL('./build-thread.js', import.meta.url), { resourceLimits: THREAD_LIMITS });
  thread.ref();
  thread.postMessage(task);
  const [seconds] = (await once(thread, 'message')) as [number];
  thread.unref();
  return seconds;
}

/** Compares all live documents and, with history, those as of the middle of the log. @throws WrongResult */
export async function mustHold(dataDir: string, set: ProjectionSet, plots: readonly DealPlot[]): Promise<void> {
  const views = await openViewReader({ dataDir, readerThreads: 0 });
  const months = monthsOf(plots.length);
  for (const { model, types } of projectionSets[set]) {
    const answering = servedBuild(await views.builds(), model);
    if (types === deals.types) await mustHoldDeals(views, answering, plots);
    else {
      mustEqual('how many months there are', await views.count(answering, {}), months.size);
      mustEqual('the months', await views.get(answering, [...months.keys()]), [...months.values()]);
    }
  }
  await views.close();
}

async function mustHoldDeals(views: ViewReader, answering: Served, plots: readonly DealPlot[]): Promise<void> {
  mustEqual('how many deals there are', await views.count(answering, {}), plots.length);
  const half = ordinal(plots.length, Math.floor(plots.length / 2), 5);
  for (let at = 0; at < plots.length; at += KEYS) {
    const some = plots.slice(at, at + KEYS);
    const keys = some.map(({ id }) => id);
    const last = some.map((plot) => documentAfter(plots.length, plot, STEPS));
    mustEqual('the deals', await views.get(answering, keys), last);
    if (!answering.model.history) continue;
    const then = some.map((plot) => {
      const steps = stepsWithin(plots.length, plot.index, half);
      return steps === 0 ? null : documentAfter(plots.length, plot, steps);
    });
    mustEqual(`the deals as of ${half}`, await views.get(answering, keys, half), then);
  }
}
