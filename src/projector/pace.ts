/** How fast a build goes: what was done of it over the last seconds. */
import { MEASURED_MS } from '../views/progress.js';

/** What is done within so many milliseconds is counted together. */
const STEP_MS = 100;

/** A build that was taken up just now is measured over this at least, in milliseconds: less says nothing. */
const LEAST_MS = 1_000;

export interface Done {
  /** That the build was given. */
  readonly events: number;
  /** Of the log, that it went on by. */
  readonly positions: number;
}

interface Step extends Done {
  readonly at: number;
}

export class Pace {
  readonly #since: number;
  readonly #steps: readonly Step[];

  /** @param since when the build was taken up, in milliseconds, as all times here */
  constructor(since = performance.now(), steps: readonly Step[] = []) {
    this.#since = since;
    this.#steps = steps;
  }

  /** The pace when this was done as well. */
  and({ events, positions }: Done, now = performance.now()): Pace {
    const steps = this.#steps.filter(({ at }) => at > now - MEASURED_MS);
    const last = steps.at(-1);
    if (last && now - last.at < STEP_MS) {
      steps.splice(-1, 1, { at: last.at, events: last.events + events, positions: last.positions + positions });
    } else steps.push({ at: now, events, positions });
    return new Pace(this.#since, steps);
  }

  /** What was done over the last seconds, per second. */
  perSecond(now = performance.now()): Done {
    const seconds = Math.min(MEASURED_MS, Math.max(LEAST_MS, now - this.#since)) / 1_000;
    const recent = this.#steps.filter(({ at }) => at > now - MEASURED_MS);
    const mean = (of: keyof Done): number => Math.round((recent.reduce((sum, step) => sum + step[of], 0) * 10) / seconds) / 10;
    return { events: mean('events'), positions: mean('positions') };
  }
}
