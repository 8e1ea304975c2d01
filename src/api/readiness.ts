/**
 * Whether the builds that answer keep up with the log: each must have reached what the log held a moment ago, and none may be beyond its end,
 * as after a restore: such a build is built again.
 */
import type { Position } from '../kernel/event.js';
import type { EventLog } from '../log/port.js';
import type { BuildRecord, BuildState } from '../views/builds.js';
import { rateNow } from '../views/progress.js';
import type { ServedViews } from '../views/served.js';
import { Heads } from './heads.js';

/** Where a build stands. */
export interface Standing {
  readonly model: string;
  readonly version: number;
  readonly build: number;
  readonly state: BuildState;
  /** Whether queries are answered from it here. */
  readonly answers: boolean;
  readonly position: Position;
  /** Positions between the end of the log and it. */
  readonly behind: number;
  /** How long ago the log first ended beyond it, in seconds, as far as that is known here, and not before it was begun; 0 when it is not behind. */
  readonly lagSeconds: number;
  /** Events that it was given per second, over the last seconds. */
  readonly rate: number;
  /** Documents that wait as dead letters. */
  readonly parked: number;
  /** Why it does not go on. */
  readonly error?: string;
}

export interface ReadinessReport {
  readonly ready: boolean;
  readonly head: Position;
  readonly models: readonly Standing[];
}

/** How often the log's head is noted, in milliseconds. */
const EVERY_MS = 200;

export interface ReadinessOptions {
  readonly log: Pick<EventLog, 'head' | 'end'>;
  readonly served: ServedViews;
  /** How long a read model may be behind. */
  readonly lagMs: number;
}

export class Readiness {
  readonly #options: ReadinessOptions;
  readonly #heads = new Heads();
  /** Builds that were made of another log than there is, by their numbers and read models. */
  #beyond: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReadinessOptions) {
    this.#options = options;
  }

  /** Begins to watch; what the log holds now must be projected before anything is ready. */
  async start(): Promise<void> {
    await this.#note();
    this.#timer = setInterval(() => void this.#note().catch(() => undefined), EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The end of the log as it was noted last. */
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
    const keepsUp = ({ model, build, position, error }: Standing): boolean =>
      error === undefined && position >= due && !this.#beyond.has(keyOf({ name: model, number: build }));
    const ready = found.length === answering.length && found.every(keepsUp);
    return { ready, head: this.head, models };
  }

  #standing(record: BuildRecord, now: number, answers: boolean): Standing {
    const { name, version, number, state, position, parked, startedAt, error } = record;
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
      parked,
      ...(error === null ? {} : { error }),
    };
  }

  async #note(): Promise<void> {
    const { log, served } = this.#options;
    // Read before the end of the log is: while it grows, a build may be beyond the end as it was.
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
