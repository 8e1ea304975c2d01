/**
 * Limits the time that a projector spends on builds that are behind: all of its time while no events arrive, otherwise a configured share in short
 * pieces.
 */

/** How long after an event the projector counts as busy, in milliseconds. */
const BUSY_MS = 1_000;

/** How long a piece of rebuild work may delay arriving events, in milliseconds. Page sizes are adapted to it. */
const PIECE_MS = 20;

const SMALLEST_PAGE = 100;

export interface RebuildThrottleOptions {
  /** 1 to 100. */
  readonly percent: number;
  /** Events per page while no events arrive. */
  readonly pageSize: number;
  /** Milliseconds, never decreasing; defaults to `performance.now`. */
  readonly clock?: () => number;
}

export class RebuildThrottle {
  readonly #options: RebuildThrottleOptions;
  readonly #clock: () => number;
  #arrivedAt = Number.NEGATIVE_INFINITY;
  #dueAt = 0;
  #size: number;

  constructor(options: RebuildThrottleOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    this.#size = options.pageSize;
  }

  /** Notes that events arrived and were projected. */
  noteEvents(events: number): void {
    if (events > 0) this.#arrivedAt = this.#clock();
  }

  /** How long rebuild work has to pause now, in milliseconds. */
  pauseMs(): number {
    return this.#busy() ? Math.max(0, this.#dueAt - this.#clock()) : 0;
  }

  /** Runs a piece of rebuild work, and computes the pause after it. */
  async run(work: (size: number) => Promise<void>): Promise<void> {
    const { percent, pageSize } = this.#options;
    const started = this.#clock();
    await work(this.#busy() ? this.#size : pageSize);
    const ended = this.#clock();
    const took = Math.max(1, ended - started);
    if (this.#busy()) this.#size = Math.round(Math.min(pageSize, Math.max(SMALLEST_PAGE, (this.#size * PIECE_MS) / took)));
    this.#dueAt = ended + (took * (100 - percent)) / percent;
  }

  #busy(): boolean {
    return this.#clock() - this.#arrivedAt < BUSY_MS;
  }
}
