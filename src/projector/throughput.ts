/** The throughput of a build: events and positions per second, over the last seconds. */
import { MEASURED_MS } from '../views/serving/progress.js';

/** Work within this many milliseconds is counted as one step. */
const STEP_MS = 100;

/** The shortest time to measure over, in milliseconds: shorter ones give no useful rate. */
const LEAST_MS = 1_000;

export interface Processed {
  /** Events that the build applied. */
  readonly events: number;
  /** Positions of the log that it passed. */
  readonly positions: number;
}

interface Step extends Processed {
  readonly at: number;
}

/** Immutable: a batch that fails leaves it unchanged. */
export class Throughput {
  readonly #since: number;
  readonly #steps: readonly Step[];

  /** @param since when the work began, in milliseconds since some moment, as all times here */
  constructor(since = performance.now(), steps: readonly Step[] = []) {
    this.#since = since;
    this.#steps = steps;
  }

  /** The throughput including this work. */
  plus({ events, positions }: Processed, now = performance.now()): Throughput {
    const steps = this.#steps.filter(({ at }) => at > now - MEASURED_MS);
    const last = steps.at(-1);
    if (last && now - last.at < STEP_MS) {
      steps.splice(-1, 1, { at: last.at, events: last.events + events, positions: last.positions + positions });
    } else steps.push({ at: now, events, positions });
    return new Throughput(this.#since, steps);
  }

  /** The work of the last seconds, per second. */
  perSecond(now = performance.now()): Processed {
    const seconds = Math.min(MEASURED_MS, Math.max(LEAST_MS, now - this.#since)) / 1_000;
    const recent = this.#steps.filter(({ at }) => at > now - MEASURED_MS);
    const mean = (of: keyof Processed): number => Math.round((recent.reduce((sum, step) => sum + step[of], 0) * 10) / seconds) / 10;
    return { events: mean('events'), positions: mean('positions') };
  }
}
