/**
 * Readiness: whether the live builds keep up with the log. Each must have reached the recent end of the log, and none may be beyond its end,
 * as after a restore of the log: such a build is rebuilt.
 */
import type { Position } from '../kernel/event.js';
import type { EventLog } from '../log/port.js';
import type { BuildRecord, BuildState } from '../views/port/builds.js';
import { rateNow } from '../views/serving/progress.js';
import type { ServedViews } from '../views/serving/served-views.js';
import { Heads } from './heads.js';

/** The progress of a build. */
export interface BuildProgress {
  readonly model: string;
  readonly version: number;
  readonly build: number;
  readonly state: BuildState;
  /** Whether this process answers queries from it. */
  readonly answers: boolean;
  readonly position: Position;
  /** Positions from its own to the end of the log. */
  readonly behind: number;
  /** How long it has been behind the log, in seconds, as far as this process knows, and at most since it was started; 0 if not behind. */
  readonly lagSeconds: number;
  /** Processed events per second, over the last seconds. */
  readonly rate: number;
  /** Documents with events that could not be applied. */
  readonly deadLetters: number;
  /** Why it stopped. */
  readonly error?: string;
}

export interface ReadinessReport {
  readonly ready: boolean;
  readonly head: Position;
  readonly models: readonly BuildProgress[];
}

/** How often the end of the log is noted, in milliseconds. */
const EVERY_MS = 200;

export interface ReadinessOptions {
  readonly log: Pick<EventLog, 'head' | 'end'>;
  readonly served: ServedViews;
  /** How long a read model may be behind, in milliseconds. */
  readonly lagMs: number;
}

export class Readiness {
  readonly #options: ReadinessOptions;
  readonly #heads = new Heads();
  /** Builds beyond the end of the log, by read model and number. */
  #beyond: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReadinessOptions) {
    this.#options = options;
  }

  /** Starts to watch. Read models are not ready before they have reached the current end of the log. */
  async start(): Promise<void> {
    await this.#note();
    this.#timer = setInterval(() => void this.#note().catch(() => undefined), EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The last noted end of the log. */
  get head(): Position {
    return this.#heads.last;
  }

  report(): ReadinessReport {
    const { served } = this.#options;
    const now = Date.now();
    const due = this.#heads.at(now - this.#options.lagMs) ?? Number.MAX_SAFE_INTEGER;
    const answering = served.models().map((model) => served.build(model));
    const models = served.records.map((record) =>
      this.#standing(
        record,
        now,
        answering.some(({ model, number }) => model.name === record.name && number === record.number),
      ),
    );
    const found = models.filter(({ answers }) => answers);
    const keepsUp = ({ model, build, position, error }: BuildProgress): boolean =>
      error === undefined && position >= due && !this.#beyond.has(keyOf({ name: model, number: build }));
    const ready = found.length === answering.length && found.every(keepsUp);
    return { ready, head: this.head, models };
  }

  #standing(record: BuildRecord, now: number, answers: boolean): BuildProgress {
    const { name, version, number, state, position, deadLetters, startedAt, error } = record;
    const passed = this.#heads.passed(position);
    const lagSeconds = passed === undefined ? 0 : Math.max(0, now - Math.max(passed, Date.parse(startedAt))) / 1_000;
    return {
      model: name,
      version,
      build: number,
      state,
      answers,
      position,
      behind: Math.max(0, this.head - position),
      lagSeconds,
      rate: rateNow(record, now),
      deadLetters,
      ...(error === null ? {} : { error }),
    };
  }

  async #note(): Promise<void> {
    const { log, served } = this.#options;
    // Taken before the end of the log is read: while the log grows, a build may be beyond an earlier end.
    const { records } = served;
    const head = await log.head();
    const end = records.some(({ position }) => position > head) ? await log.end() : head;
    this.#beyond = new Set(records.filter(({ position }) => position > end).map(keyOf));
    this.#heads.note(head, Date.now());
  }
}

function keyOf({ name, number }: Pick<BuildRecord, 'name' | 'number'>): string {
  return `${name} ${number}`;
}
