/** The event log: what every engine must do, no more. `test/conformance/log.ts` is the definition of each sentence here. */
import type { Metadata, Position, RecordedEvent, SealedPart, Stream } from '../kernel/event.js';
import { KnownError } from '../kernel/known-error.js';

/**
 * An event to append. The log sets `recordedAt`, except for imported events (`importedAt`), and in a log that was opened as a copy of another.
 */
export interface EventToAppend {
  /** UUID. The same id at the same place is the same event, whatever else it says. */
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly data: unknown;
  /** The encrypted fields, which are not in `data`. Absent when nothing is sealed. */
  readonly sealed?: readonly SealedPart[];
  readonly metadata: Omit<Metadata, 'recordedAt'> & { readonly recordedAt?: string };
}

/** The revision that the stream's last event must have, or `none`: there must be no event. */
export type Expected = 'none' | number;

/** The place of the last event of an append. */
export interface Appended {
  readonly revision: number;
  readonly position: Position;
}

/** An append among several that are made in order. */
export interface Append {
  readonly stream: Stream;
  readonly expected: Expected;
  readonly events: readonly EventToAppend[];
}

/** The places of several appends made in order. */
export interface AppendedAll {
  /** Of each append's last event. */
  readonly revisions: readonly number[];
  /** Of the last append's last event. */
  readonly position: Position;
}

export interface EventLog {
  /**
   * Appends all events or none, durably, directly after `expected`. Idempotent: an append whose ids are already at those revisions writes nothing and
   * returns the first result.
   * @throws WrongRevision when the stream is at another revision.
   * @throws EventIdTaken when an id is elsewhere in the log (engines that can't detect this are named in docs/engines.md).
   * @throws RangeError when there are no events, two have the same id, or one can't be stored: an id that is no UUID, a list of sealed parts that is empty
   *   or has a malformed key id, acknowledged codes that are empty or not CONSTANT_CASE, an `occurredAt` or `importedAt` in another form than ISO 8601
   *   in UTC with milliseconds.
   * @throws LogUnavailable when the engine can't write: full disk, no connection. Append again to find out whether it was written.
   */
  append(stream: Stream, expected: Expected, events: readonly EventToAppend[]): Promise<Appended>;

  /**
   * Makes several appends, each like `append`, in the given order. When one fails, none after it is written; those before it may be. A stream may occur
   * several times. Other appends may come between.
   * @throws as `append`, for the first that fails. All of them may be repeated.
   * @throws RangeError when there are no appends.
   */
  appendAll(appends: readonly Append[]): Promise<AppendedAll>;

  /** The events of a stream from a revision on, oldest first; empty when there are none. */
  readStream(stream: Stream, from?: number, limit?: number): Promise<readonly RecordedEvent[]>;

  /**
   * Up to `limit` events after a position, in order; only of the named types if given. A page may be empty before the end of the log.
   * @throws NoSuchPosition where an engine accepts only positions that it has returned.
   */
  readAll(after: Position, limit: number, types?: readonly string[]): Promise<Page>;

  /**
   * Pages of all events after a position, then of new ones as any process appends them, until the signal aborts. Every event is returned exactly once.
   * @throws NoSuchPosition as `readAll`.
   */
  tail(
    after: Position,
    options: { readonly limit: number; readonly types?: readonly string[]; readonly signal: AbortSignal },
  ): AsyncIterable<Page>;

  /** The last events, up to `limit`, in order. */
  newest(limit: number): Promise<readonly RecordedEvent[]>;

  /** The position of the last event, 0 of an empty log. */
  head(): Promise<Position>;

  /**
   * The upper bound of all positions that this log has returned: a position beyond it belongs to another log. At least `head`; greater where the engine
   * also stores other applications' events.
   */
  end(): Promise<Position>;

  /** The last event's position of those recorded at or before an instant (ISO 8601), 0 when there is none. */
  positionAt(instant: string): Promise<Position>;

  close(): Promise<void>;
}

export interface Page {
  readonly events: readonly RecordedEvent[];
  /** Everything up to here has been read: where to go on, also when the types left nothing. */
  readonly position: Position;
}

/** The stream is at another revision than the append expected. Nothing was written. */
export class WrongRevision extends Error {
  override readonly name = 'WrongRevision';

  constructor(
    readonly stream: Stream,
    readonly expected: Expected,
    readonly actual: Expected,
  ) {
    super(`${stream.type} ${stream.id} is at revision ${actual}, not ${expected}. Load it again and repeat the decision.`);
  }
}

/** An event id is already elsewhere in the log. Nothing was written. */
export class EventIdTaken extends Error {
  override readonly name = 'EventIdTaken';

  constructor(
    readonly id: string,
    readonly stream: Stream,
  ) {
    super(`The event id ${id} is already in ${stream.type} ${stream.id}. Use each command id for one command only.`);
  }
}

/** The log has not returned this position, although it is before its end: the log can't be read from there. */
export class NoSuchPosition extends KnownError {
  override readonly name = 'NoSuchPosition';
  readonly code = 'NO_SUCH_POSITION';

  constructor(readonly position: Position) {
    super(`There is no event at position ${position}. Continue after a position that the log has returned.`);
  }
}

/** The log can't be opened, read or written. The message says what to do. */
export class LogUnavailable extends KnownError {
  override readonly name = 'LogUnavailable';
  readonly code = 'LOG_UNAVAILABLE';
  /** What failed, such as "read the log within 15.0 s", without naming a host; undefined when nothing was tried. */
  readonly attempt: string | undefined;

  constructor(message: string, { attempt, ...options }: ErrorOptions & { readonly attempt?: string } = {}) {
    super(message, options);
    this.attempt = attempt;
  }
}
