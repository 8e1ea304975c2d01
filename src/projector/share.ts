/**
 * How much of its time a projector gives to builds that are behind: all of it while nothing else arrives; a bounded part of it, in short
 * pieces, while events arrive for those that keep up.
 */

/** How long after an event the projector counts as busy with what arrives, in milliseconds. */
const BUSY_MS = 1_000;

/** How long a piece of work for those behind may keep what arrives waiting, in milliseconds: what page sizes are fitted to. */
const PIECE_MS = 20;

const SMALLEST_PAGE = 100;

export interface ShareOptions {
  /** 1 to 100. */
  readonly percent: number;
  /** Events per page while nothing arrives. */
  readonly pageSize: number;
  /** Milliseconds since some moment, never going back; `performance.now` unless said otherwise. */
  readonly clock?: () => number;
}

export class Share {
  readonly #options: ShareOptions;
  readonly #clock: () => number;
  #arrivedAt = Number.NEGATIVE_INFINITY;
  #dueAt = 0;
  #size: number;

  constructor(options: ShareOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    this.#size = options.pageSize;
  }

  /** Events arrived and were projected. */
  arrived(events: number): void {
    if (events > 0) this.#arrivedAt = this.#clock();
  }

  /** How long those behind have to wait now, in milliseconds. */
  pause(): number {
    return this.#busy() ? Math.max(0, this.#dueAt - this.#clock()) : 0;
  }

  /** Does a piece of work for those behind, and takes the pause that it costs. */
  async measure(work: (size: number) => Promise<void>): Promise<void> {
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
