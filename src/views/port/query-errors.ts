/** Errors of queries, and of an engine that can't answer. */
import type { Position } from '../../kernel/event.js';
import { KnownError } from '../../kernel/known-error.js';

/** A build did not reach a position in time. */
export class PositionTimeout extends KnownError {
  override readonly name = 'PositionTimeout';
  readonly code = 'POSITION_TIMEOUT';

  constructor(
    readonly model: string,
    readonly wanted: Position,
    readonly at: Position,
  ) {
    super(`${model} is at position ${at} and did not reach ${wanted} in time. Try again, or query without minPosition.`);
  }
}

/** The cursor belongs to another list or order, or is malformed. */
export class BadCursor extends KnownError {
  override readonly name = 'BadCursor';
  readonly code = 'BAD_CURSOR';
}

/** The read model keeps no superseded documents, so it can't be queried as of a past moment. */
export class NoHistory extends KnownError {
  override readonly name = 'NoHistory';
  readonly code = 'NO_HISTORY';

  constructor(readonly model: string) {
    super(`${model} keeps no past versions, so it can't be queried as of a past moment.`);
  }
}

/** The store can't be opened, read or written. The message says what to do. */
export class ViewsUnavailable extends KnownError {
  override readonly name = 'ViewsUnavailable';
  readonly code = 'VIEWS_UNAVAILABLE';
}
