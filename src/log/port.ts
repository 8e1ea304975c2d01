/** The event log: what every engine must do, no more. `test/conformance/log.ts` is the definition of each sentence here. */
import type { Metadata, Position, RecordedEvent, Stream } from '../kernel/event.js';
import { KnownError } from '../kernel/known-error.js';

/**
 * An event on its way into the log. `recordedAt` is the log's to give, except for events carried over with `importedAt`, and in a log that was
 * opened to become a copy of another.
 */
export interface EventToAppend {
  /** UUID. The same id at the same place is the same event, whatever else it says. */
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly data: unknown;
  readonly metadata: Omit<Metadata, 'recordedAt'> & { readonly recordedAt?: string };
}

/** The revision that the stream's last event must have, or `none`: there must be no event. */
export type Expected = 'none' | number;

/** Where the last event of an append stands. */
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

/** Where several appends stand that were made in order. */
export interface AppendedAll {
  /** Of each append's last event. */
  readonly revisions: readonly number[];
  /** Of the last append's last event. */
  readonly position: Position;
}

export interface EventLog {
  /**
   * Appends all events or none, durably, right after `expected`.
   * An append whose ids already stand at those places writes nothing and answers as the first time: a lost answer may be asked for again.
   * @throws WrongRevision when the stream stands elsewhere.
   * @throws EventIdTaken when an id stands elsewhere in the log (engines that can't see this say so in docs/engines.md).
   * @throws RangeError when there are no events, or two have the same id.
   * @throws LogUnavailable when the engine can't write: full disk, no connection. Whether it was written is told by appending it again.
   */
  append(stream: Stream, expected: Expected, events: readonly EventToAppend[]): Promise<Appended>;

  /**
   * Makes several appends, each as `append` does, so that their events stand in the order given. When one fails, nothing after it is written;
   * those before it may be. Streams may be named more than once. Other appends may come between.
   * @throws whatever `append` throws of the first that fails. All of them may be asked for again.
   * @throws RangeError when there are no appends.
   */
  appendAll(appends: readonly Append[]): Promise<AppendedAll>;

  /** The events of a stream from a revision on, oldest first; empty when there are none. */
  readStream(stream: Stream, from?: number, limit?: number): Promise<readonly RecordedEvent[]>;

  /**
   * Up to `limit` events after a position, in order, of the named types only when named. A page may be empty before the end of the log is reached.
   * @throws NoSuchPosition where an engine goes on from positions that it has given, and from no other.
   */
  readAll(after: Position, limit: number, types?: readonly string[]): Promise<Page>;

  /**
   * Pages of all events after a position, then of new ones as they are appended, by whatever process, until the signal aborts.
   * Never leaves out an event and never gives one twice.
   * @throws NoSuchPosition as a page.
   */
  tail(
    after: Position,
    options: { readonly limit: number; readonly types?: readonly string[]; readonly signal: AbortSignal },
  ): AsyncIterable<Page>;

  /** The position of the last event, 0 of an empty log. */
  head(): Promise<Position>;

  /**
   * Where the log ends now, for telling whether what was read before belongs to it: nothing that it ever gave as a position is beyond. Not
   * before `head`, and after it where an engine keeps what others write as well.
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

/** The stream does not stand where the append expected it. Nothing was written. */
export class WrongRevision extends Error {
  override readonly name = 'WrongRevision';

  constructor(
    readonly stream: Stream,
    readonly expected: Expected,
    readonly actual: Expected,
  ) {
    super(`${stream.type} ${stream.id}: expected revision ${expected}, but it stands at ${actual}. Load it again and decide anew.`);
  }
}

/** An event id stands elsewhere in the log. Nothing was written. */
export class EventIdTaken extends Error {
  override readonly name = 'EventIdTaken';

  constructor(
    readonly id: string,
    readonly stream: Stream,
  ) {
    super(`The event id ${id} already stands in ${stream.type} ${stream.id}. A command id is used for one command only.`);
  }
}

/** Nothing that the log ever gave stands at this position, though it goes on beyond: it can't be read from there. */
export class NoSuchPosition extends KnownError {
  override readonly name = 'NoSuchPosition';
  readonly code = 'NO_SUCH_POSITION';

  constructor(readonly position: Position) {
    super(`No event stands at position ${position}. Go on after the position of an event, as it was told.`);
  }
}

/** The log can't be opened, read or written. The message says what to do. */
export class LogUnavailable extends KnownError {
  override readonly name = 'LogUnavailable';
  readonly code = 'LOG_UNAVAILABLE';
  /** What was tried in vain, such as "read the log within 15.0 s"; undefined where nothing was tried. Names no host. */
  readonly attempt: string | undefined;

  constructor(message: string, { attempt, ...options }: ErrorOptions & { readonly attempt?: string } = {}) {
    super(message, options);
    this.attempt = attempt;
  }
}
