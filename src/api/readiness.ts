/** Whether the read models keep up with the log: each must have reached what the log held a moment ago. */
import type { Position } from '../kernel/event.js';
import type { Progress } from '../projector/projector.js';

export interface Standing extends Progress {
  readonly behind: number;
}

export interface ReadinessReport {
  readonly ready: boolean;
  readonly head: Position;
  readonly models: readonly Standing[];
}

/** How often the log's head is noted, in milliseconds. */
const EVERY_MS = 200;

export class Readiness {
  #progress: readonly Progress[] = [];
  readonly #heads: { readonly at: number; readonly head: Position }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: {
      readonly head: () => Promise<Position>;
      /** How many read models there must be. */
      readonly expected: number;
      /** How long a read model may be behind. */
      readonly lagMs: number;
    },
  ) {}

  /** Begins to watch; what the log holds now must be projected before anything is ready. */
  async start(): Promise<void> {
    await this.#note();
    this.#timer = setInterval(() => void this.#note().catch(() => undefined), EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  onProgress(progress: readonly Progress[]): void {
    this.#progress = progress;
  }

  report(): ReadinessReport {
    const head = this.#heads.at(-1)?.head ?? 0;
    const due = this.#heads[0]?.head ?? Number.MAX_SAFE_INTEGER;
    const models = this.#progress.map((model) => ({ ...model, behind: Math.max(0, head - model.position) }));
    const ready = models.length >= this.options.expected && models.every(({ position, error }) => error === undefined && position >= due);
    return { ready, head, models };
  }

  /** Keeps the heads of the last `lagMs`, and the one before them. */
  async #note(): Promise<void> {
    const head = await this.options.head();
    const now = Date.now();
    this.#heads.push({ at: now, head });
    while ((this.#heads[1]?.at ?? now) < now - this.options.lagMs) this.#heads.shift();
  }
}
