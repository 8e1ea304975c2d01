/** Builds: copies of read models, of several versions or of the same one. */
import type { Position } from '../../kernel/event.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';

/** The build that answers queries of a version of a read model. While no build exists, the position is 0 and there are no documents. */
export interface Served {
  readonly model: ReadModelSpec;
  /** Undefined while there is no build. */
  readonly number: number | undefined;
  /** The partition, from 0; absent for the whole build. See `Divided`. */
  readonly partition?: number;
}

/** One copy of a read model. Documents of two builds never mix. */
export interface Build extends Served {
  /** Counted from 1 per read model, across versions. */
  readonly number: number;
}

/** Identifies a build, also in a program that doesn't have its version. */
export interface BuildId {
  readonly name: string;
  readonly version: number;
  readonly number: number;
}

/**
 * `building`: catches up beside the live build. `ready`: has caught up and follows the log. `live`: answers queries.
 * `retired`: was live before; follows the log, so that a rollback is possible.
 */
export type BuildState = 'building' | 'ready' | 'live' | 'retired';

/** The progress of a build, as measured by its projector. */
export interface Progress {
  /** Events of the read model's types that were applied. */
  readonly events: number;
  /** The end of the log when it was last read. */
  readonly head: Position;
  /** Events applied per second, over the last seconds before `measuredAt`. `rateNow` gives the current value. */
  readonly rate: number;
  /** Log positions passed per second, over the same time. */
  readonly positionRate: number;
  /** When `rate` and `positionRate` were measured, ISO 8601; null before the first measurement. */
  readonly measuredAt: string | null;
  /** When the build first caught up with the log, ISO 8601; null before that. */
  readonly finishedAt: string | null;
  /** Why the build stopped; null while it runs. Contains no personal data. */
  readonly error: string | null;
}

/** A build's entry in the register. */
export interface BuildRecord extends BuildId, Progress {
  /** `shapeOf` the columns that the build was created with. */
  readonly shape: string;
  readonly state: BuildState;
  readonly position: Position;
  /** How many erasures its documents are folded with: those of its last commit; 0 before that. */
  readonly erasures: number;
  /** When the build was registered, ISO 8601. */
  readonly startedAt: string;
  /** When the build last became live or was retired, ISO 8601; null before that. */
  readonly servedAt: string | null;
  /** How many documents have dead letters. */
  readonly deadLetters: number;
  /** Present while the build is partitioned. Position, erasures and progress are then those of the slowest partition. */
  readonly partitions?: Partitions;
}

/** The partitions of a build that several processes catch up together. Each has the documents of some keys, and its own checkpoint. */
export interface Partitions {
  /** The position at which the partitions are merged. */
  readonly until: Position;
  /** The position of each partition. */
  readonly positions: readonly Position[];
  /** How many erasures the documents of each partition are folded with. */
  readonly erasures: readonly number[];
}
