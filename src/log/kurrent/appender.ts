/**
 * Appends, always with the exact state that the stream must be in: only then does the server recognise an append that it has already taken,
 * and answers it as the first time. That is what makes it safe to send one again when its answer was lost.
 */
import { MaxAppendSizeExceededError, NO_STREAM, StreamDeletedError, WrongExpectedVersionError } from '@kurrent/kurrentdb-client';
import type { Stream } from '../../kernel/event.js';
import type { AcceptedEvent } from '../accepted-events.js';
import { EventIdTaken, WrongRevision, type Appended, type Expected } from '../port.js';
import type { Connection } from './connection.js';
import { asDeleted } from './failure.js';
import type { KnownIds } from './known-ids.js';
import { storedName, storedSize, toPosition, toStored } from './record.js';
import type { StreamReader } from './stream-reader.js';

/** What the server takes in one append unless it is configured otherwise, in bytes. */
const LARGEST_APPEND = 1_048_576;

export class Appender {
  /** The last append to each stream that has one under way. */
  private readonly underWay = new Map<string, Promise<unknown>>();

  /** @param timed gives each event the time that it is recorded at, in milliseconds since 1970 */
  constructor(
    private readonly connection: Connection,
    private readonly reader: StreamReader,
    private readonly known: KnownIds,
    private readonly prefix: string,
    private readonly timed: (event: AcceptedEvent) => number,
  ) {}

  /**
   * Appends to one stream are made in the order that they are asked for; those to different streams at the same time.
   * @throws WrongRevision, EventIdTaken, RangeError, LogUnavailable as the port says
   */
  append(stream: Stream, expected: Expected, events: readonly AcceptedEvent[]): Promise<Appended> {
    const name = storedName(stream, this.prefix);
    const before = this.underWay.get(name) ?? Promise.resolve();
    const appended = before.then(() => this.appendNow(stream, name, expected, events));
    const over = appended
      .catch(() => undefined)
      .then(() => {
        if (this.underWay.get(name) === over) this.underWay.delete(name);
      });
    this.underWay.set(name, over);
    return appended;
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.underWay.values());
  }

  private async appendNow(stream: Stream, name: string, expected: Expected, events: readonly AcceptedEvent[]): Promise<Appended> {
    const stored = events.map((event) => toStored(event, this.timed(event)));
    const size = stored.reduce((sum, event) => sum + storedSize(event), 0);
    if (size > LARGEST_APPEND) throw tooLarge(name, size, LARGEST_APPEND);
    if (expected !== 'none') await this.refuseTaken(stream, name, expected, events);
    const streamState = expected === 'none' ? NO_STREAM : BigInt(expected);
    try {
      const { nextExpectedRevision, position } = await this.connection.repeat(`append to the stream ${name}`, (client) =>
        this.connection.inTime(client.appendToStream(name, stored, { streamState, requiresLeader: true })),
      );
      const revision = Number(nextExpectedRevision);
      const first = revision - events.length + 1;
      const written = events.map(({ id }, index) => ({ id, revision: first + index }));
      this.known.saw(name, first, written, revision + 1);
      return { revision, position: toPosition(position?.commit ?? -1n) };
    } catch (error) {
      if (error instanceof WrongExpectedVersionError) return this.conflict(stream, expected, events, error);
      if (error instanceof StreamDeletedError) throw asDeleted(name, this.connection.shown);
      if (error instanceof MaxAppendSizeExceededError) throw tooLarge(name, size, error.maxAppendSize);
      throw error;
    }
  }

  /** The server would write again an id that stands in the stream before the place that it is meant for. */
  private async refuseTaken(stream: Stream, name: string, expected: number, events: readonly AcceptedEvent[]): Promise<void> {
    const from = this.known.next(name);
    if (from <= expected) {
      const unseen = await this.reader.read(stream, from, expected - from + 1);
      this.known.saw(name, from, unseen, (unseen.at(-1)?.revision ?? from - 1) + 1);
    }
    const ids = events.map(({ id }) => id);
    const taken = this.known.among(name, ids, expected);
    if (taken === undefined) return;
    // Where the stream stands elsewhere, that is what is wrong.
    const last = (await this.reader.read(stream, expected)).at(-1)?.revision ?? this.known.next(name) - 1;
    throw last === expected ? new EventIdTaken(taken, stream) : new WrongRevision(stream, expected, last);
  }

  /**
   * A stream that was deleted and written again goes on counting, so the server doesn't find the events of an append that began it again
   * where it compares ids: we do.
   */
  private async conflict(
    stream: Stream,
    expected: Expected,
    events: readonly AcceptedEvent[],
    { actualState }: WrongExpectedVersionError,
  ): Promise<Appended> {
    if (expected === 'none') {
      const first = await this.reader.read(stream, 0, events.length);
      const last = first.at(-1);
      const same = first.length === events.length && first.every(({ id }, index) => id === events[index]?.id);
      if (same && last) return { revision: last.revision, position: last.position };
    }
    throw new WrongRevision(stream, expected, typeof actualState === 'bigint' ? Number(actualState) : 'none');
  }
}

function tooLarge(name: string, size: number, largest: number): RangeError {
  return new RangeError(
    `An append to ${name} takes ${size} bytes, and EventStoreDB takes ${largest} at a time. Append fewer events at once, or keep large contents elsewhere.`,
  );
}
