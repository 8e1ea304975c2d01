/** What a store of read models may refuse. */
import type { Position } from '../kernel/event.js';
import { KnownError } from '../kernel/known-error.js';

/** Another projector moved the checkpoint. Read it again and go on from there. */
export class CheckpointMoved extends KnownError {
  override readonly name = 'CheckpointMoved';
  readonly code = 'CHECKPOINT_MOVED';

  constructor(
    readonly build: string,
    readonly expected: Position,
    readonly actual: Position,
  ) {
    super(`The checkpoint of ${build} is at ${actual}, not at ${expected}: another projector works on it.`);
  }
}

/** The lease ran out and another projector has it now. */
export class LeaseLost extends KnownError {
  override readonly name = 'LeaseLost';
  readonly code = 'LEASE_LOST';

  constructor(readonly lease: string) {
    super(`Another projector has taken over ${lease}.`);
  }
}

/** The build was dropped. */
export class BuildGone extends KnownError {
  override readonly name = 'BuildGone';
  readonly code = 'BUILD_GONE';

  constructor(readonly build: string) {
    super(`${build} is not there: it was dropped.`);
  }
}

/** A build can't take the place that it was to take, or what was asked of builds can't be begun yet. */
export class NotReady extends KnownError {
  override readonly name = 'NotReady';
  readonly code = 'NOT_READY';

  constructor(
    message: string,
    /** The input that named it. */
    readonly field = 'build',
  ) {
    super(message);
  }
}

/** A change that a store can't take. */
export interface Refusal {
  readonly key: string;
  readonly position: Position;
  readonly reason: string;
}

/** A document can't be stored as its handler made it. */
export class DocumentRefused extends Error {
  override readonly name = 'DocumentRefused';

  constructor(
    readonly build: string,
    readonly key: string,
    /** Of the change that was refused. */
    readonly position: Position,
    readonly reason: string,
    /** The first of each other document of the same build that was refused. */
    readonly others: readonly Refusal[] = [],
  ) {
    super(`${build} ${key}, position ${position}: ${reason}`);
  }
}

/** A build did not reach a position in time. */
export class NotYetThere extends KnownError {
  override readonly name = 'NotYetThere';
  readonly code = 'NOT_YET_THERE';

  constructor(
    readonly model: string,
    readonly wanted: Position,
    readonly at: Position,
  ) {
    super(`${model} is at position ${at} and did not reach ${wanted} in time. Ask again, or ask without minPosition.`);
  }
}

/** The cursor was not made by this query. */
export class BadCursor extends KnownError {
  override readonly name = 'BadCursor';
  readonly code = 'BAD_CURSOR';
}

/** The read model keeps no superseded documents, so it can't be asked as of a past moment. */
export class NoHistory extends KnownError {
  override readonly name = 'NoHistory';
  readonly code = 'NO_HISTORY';

  constructor(readonly model: string) {
    super(`${model} keeps no past versions, so it can't be asked as of a past moment.`);
  }
}

/** The store can't be opened, read or written. The message says what to do. */
export class ViewsUnavailable extends KnownError {
  override readonly name = 'ViewsUnavailable';
  readonly code = 'VIEWS_UNAVAILABLE';
}

/** Sums are exact up to 2^53 - 1 or not told. */
export function inexactSum(cause?: unknown): RangeError {
  return new RangeError('A sum exceeds what is exact: 2^53 - 1. Group by more, or sum up fewer documents.', { cause });
}
