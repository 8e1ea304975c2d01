/** A log to which one writer carries over a history: its appends are gathered, and made in their order, many at once. */
import { streamName, type Position, type RecordedEvent, type Stream } from '../kernel/event.js';
import { acceptEvents } from './accepted-events.js';
import { EventIdTaken, LogUnavailable, WrongRevision } from './port.js';
import type { Append, Appended, AppendedAll, EventLog, EventToAppend, Expected, Page } from './port.js';

/** How many events are appended at once. */
const AT_ONCE = 500;

/**
 * The log, to which nobody else may write meanwhile: what a stream holds is known from what this writer did, so that it isn't asked.
 * An append of events that bring their recorded times is answered before it is made, with the least position that it can have. It is made
 * with others, at the latest when anything of the log is read that tells of it, or the log is closed. When that fails, so does every later call.
 * @param placed types of events that somebody needs the position of: they are appended at once
 */
export function gathered(log: EventLog, placed: readonly string[]): EventLog {
  return new GatheredLog(log, new Set(placed));
}

/** Appends that are not made yet, and what will be read of them. */
class Gathering {
  readonly appends: Append[] = [];
  events = 0;
  private readonly streams = new Map<string, RecordedEvent[]>();

  add(append: Append, recorded: readonly RecordedEvent[]): void {
    const name = streamName(append.stream);
    this.appends.push(append);
    this.events += recorded.length;
    this.streams.set(name, [...(this.streams.get(name) ?? []), ...recorded]);
  }

  of(name: string): readonly RecordedEvent[] {
    return this.streams.get(name) ?? [];
  }
}

class GatheredLog implements EventLog {
  #gathering = new Gathering();
  #making = new Gathering();
  #made: Promise<void> = Promise.resolve();
  #failure: unknown;
  /** Where the last event stands, at least. */
  #position: Position | undefined;
  /** Whether the log was read to its end, or held nothing at first: then what is not in `ends` is not there. */
  #allKnown = false;
  /** How far it was read, from its beginning on. */
  #readTo: Position = 0;
  /** The revision of the last event of each stream that is known; -1 of one that has none. */
  readonly #ends = new Map<string, number>();

  constructor(
    private readonly log: EventLog,
    private readonly placed: ReadonlySet<string>,
  ) {}

  async append(stream: Stream, expected: Expected, events: readonly EventToAppend[]): Promise<Appended> {
    this.#mustWork();
    acceptEvents(events, Date.now());
    const name = streamName(stream);
    await this.#learn(stream, name);
    const [before, end] = [this.#position ?? 0, this.#ends.get(name) ?? -1];
    const recorded = events.flatMap((event, index) => this.#toRecord(event, stream, end + 1 + index, before + 1 + index));
    if (recorded.length < events.length || (expected === 'none' ? -1 : expected) !== end) {
      const appended = await (await this.#settled()).append(stream, expected, events);
      this.#ends.set(name, Math.max(end, appended.revision));
      this.#position = Math.max(this.#position ?? 0, appended.position);
      return appended;
    }
    this.#gathering.add({ stream, expected, events }, recorded);
    this.#ends.set(name, end + events.length);
    this.#position = before + events.length;
    const appended = { revision: end + events.length, position: this.#position };
    if (this.#gathering.events >= AT_ONCE) {
      const earlier = this.#made;
      void this.#make();
      await earlier;
      this.#mustWork();
    }
    return appended;
  }

  async appendAll(appends: readonly Append[]): Promise<AppendedAll> {
    return (await this.#settled()).appendAll(appends);
  }

  async readStream(stream: Stream, from = 0, limit?: number): Promise<readonly RecordedEvent[]> {
    this.#mustWork();
    const name = streamName(stream);
    if (from > (this.#ends.get(name) ?? Infinity)) return [];
    const waiting = [...this.#making.of(name), ...this.#gathering.of(name)];
    const first = waiting[0]?.revision ?? Infinity;
    if (from >= first) return waiting.slice(from - first, limit === undefined ? undefined : from - first + limit);
    return (await this.#settled()).readStream(stream, from, limit);
  }

  async readAll(after: Position, limit: number, types?: readonly string[]): Promise<Page> {
    const page = await (await this.#settled()).readAll(after, limit, types);
    if (after === this.#readTo && types === undefined) this.#learnFrom(page, after);
    return page;
  }

  async *tail(...tail: Parameters<EventLog['tail']>): AsyncIterable<Page> {
    yield* (await this.#settled()).tail(...tail);
  }

  async head(): Promise<Position> {
    return (await this.#settled()).head();
  }

  async end(): Promise<Position> {
    return (await this.#settled()).end();
  }

  async positionAt(instant: string): Promise<Position> {
    return (await this.#settled()).positionAt(instant);
  }

  /** @throws LogUnavailable when what was gathered can't be appended; the log is closed all the same. */
  async close(): Promise<void> {
    try {
      await this.#settled();
    } finally {
      await this.log.close();
    }
  }

  /** Who goes over the whole log, as before a history is carried on with, saves the look at each stream. */
  #learnFrom({ events, position }: Page, after: Position): void {
    for (const { stream, revision } of events) {
      const name = streamName(stream);
      this.#ends.set(name, Math.max(revision, this.#ends.get(name) ?? -1));
    }
    this.#readTo = position;
    this.#allKnown ||= position === after;
  }

  /** Sees to it that the end of the stream is known. */
  async #learn(stream: Stream, name: string): Promise<void> {
    if (this.#position === undefined) {
      const head = await this.log.head();
      this.#position ??= head;
      this.#allKnown ||= head === 0;
    }
    if (this.#ends.has(name) || this.#allKnown) return;
    const end = (await this.log.readStream(stream)).at(-1)?.revision ?? -1;
    if (!this.#ends.has(name)) this.#ends.set(name, end);
  }

  /** What will be read of the event; nothing when that is not known before it is appended. */
  #toRecord(event: EventToAppend, stream: Stream, revision: number, position: Position): readonly RecordedEvent[] {
    const { recordedAt } = event.metadata;
    if (recordedAt === undefined || this.placed.has(event.type)) return [];
    return [{ ...event, stream, revision, position, metadata: { ...event.metadata, recordedAt } }];
  }

  /** Makes what is gathered by then, when what was gathered before has been made; more is gathered meanwhile. It never fails. */
  #make(): Promise<void> {
    this.#made = this.#made.then(() => this.#makeNow());
    return this.#made;
  }

  async #makeNow(): Promise<void> {
    const { appends, events } = this.#gathering;
    if (events === 0 || this.#failure !== undefined) return;
    this.#making = this.#gathering;
    this.#gathering = new Gathering();
    try {
      const { position } = await this.log.appendAll(appends);
      this.#position = Math.max(this.#position ?? 0, position);
      this.#making = new Gathering();
    } catch (error) {
      this.#failure = error instanceof WrongRevision || error instanceof EventIdTaken ? disturbed(error) : error;
    }
  }

  /** The log, when everything has been made. */
  async #settled(): Promise<EventLog> {
    await this.#make();
    this.#mustWork();
    return this.log;
  }

  #mustWork(): void {
    if (this.#failure !== undefined) throw this.#failure as Error;
  }
}

function disturbed({ stream }: WrongRevision | EventIdTaken): LogUnavailable {
  return new LogUnavailable(
    `Somebody else writes into the log while a history is carried over into it: see ${streamName(stream)}. What is written stays. ` +
      'See to it that nobody does, and run the same command again to go on.',
  );
}
