/** A log for importing a history by a single writer: appends are buffered and written in order, many at once. */
import { streamName, type Position, type RecordedEvent, type Stream } from '../kernel/event.js';
import { acceptEvents } from './accepted-events.js';
import { EventIdTaken, LogUnavailable, WrongRevision } from './port.js';
import type { Append, Appended, AppendedAll, EventLog, EventToAppend, Expected, Page } from './port.js';

/** Buffered events are written when there are this many. */
const AT_ONCE = 500;

/**
 * Wraps a log. Nobody else may append meanwhile: the ends of streams are known from this writer's appends, without reading them.
 * An append of imported events returns before it is written, with the lowest possible position. It is written together with others, at the
 * latest before a read that depends on it, or when the log is closed. If writing fails, every later call fails.
 * @param placed types of events whose exact position is needed: they are written at once
 */
export function gathered(log: EventLog, placed: readonly string[]): EventLog {
  return new GatheredLog(log, new Set(placed));
}

/** Buffered appends, and the events that reads will return for them. */
class AppendBuffer {
  readonly appends: Append[] = [];
  events = 0;
  readonly #streams = new Map<string, RecordedEvent[]>();

  add(append: Append, recorded: readonly RecordedEvent[]): void {
    const name = streamName(append.stream);
    this.appends.push(append);
    this.events += recorded.length;
    this.#streams.set(name, [...(this.#streams.get(name) ?? []), ...recorded]);
  }

  of(name: string): readonly RecordedEvent[] {
    return this.#streams.get(name) ?? [];
  }
}

class GatheredLog implements EventLog {
  #buffered = new AppendBuffer();
  #writing = new AppendBuffer();
  #written: Promise<void> = Promise.resolve();
  #failure: unknown;
  /** The lowest possible position of the last event. */
  #position: Position | undefined;
  /** Whether the log was read to its end, or was empty at first: then streams that are not in `ends` don't exist. */
  #allKnown = false;
  /** The position up to which the log was read from its beginning. */
  #readTo: Position = 0;
  /** The revision of the last event of known streams; -1 for those without events. */
  readonly #ends = new Map<string, number>();

  readonly #log: EventLog;
  readonly #placed: ReadonlySet<string>;

  constructor(log: EventLog, placed: ReadonlySet<string>) {
    this.#log = log;
    this.#placed = placed;
  }

  async append(stream: Stream, expected: Expected, events: readonly EventToAppend[]): Promise<Appended> {
    this.#checkWorking();
    acceptEvents(events, Date.now());
    const name = streamName(stream);
    await this.#findEnd(stream, name);
    const [before, end] = [this.#position ?? 0, this.#ends.get(name) ?? -1];
    const recorded = events.flatMap((event, index) => this.#toRecord(event, stream, end + 1 + index, before + 1 + index));
    if (recorded.length < events.length || (expected === 'none' ? -1 : expected) !== end) {
      const appended = await (await this.#settled()).append(stream, expected, events);
      this.#ends.set(name, Math.max(end, appended.revision));
      this.#position = Math.max(this.#position ?? 0, appended.position);
      return appended;
    }
    this.#buffered.add({ stream, expected, events }, recorded);
    this.#ends.set(name, end + events.length);
    this.#position = before + events.length;
    const appended = { revision: end + events.length, position: this.#position };
    if (this.#buffered.events >= AT_ONCE) {
      const earlier = this.#written;
      void this.#write();
      await earlier;
      this.#checkWorking();
    }
    return appended;
  }

  async appendAll(appends: readonly Append[]): Promise<AppendedAll> {
    return (await this.#settled()).appendAll(appends);
  }

  async readStream(stream: Stream, from = 0, limit?: number): Promise<readonly RecordedEvent[]> {
    this.#checkWorking();
    const name = streamName(stream);
    if (from > (this.#ends.get(name) ?? Infinity)) return [];
    const waiting = [...this.#writing.of(name), ...this.#buffered.of(name)];
    const first = waiting[0]?.revision ?? Infinity;
    if (from >= first) return waiting.slice(from - first, limit === undefined ? undefined : from - first + limit);
    return (await this.#settled()).readStream(stream, from, limit);
  }

  async readAll(after: Position, limit: number, types?: readonly string[]): Promise<Page> {
    const page = await (await this.#settled()).readAll(after, limit, types);
    if (after === this.#readTo && types === undefined) this.#noteEnds(page, after);
    return page;
  }

  async *tail(...tail: Parameters<EventLog['tail']>): AsyncIterable<Page> {
    yield* (await this.#settled()).tail(...tail);
  }

  async newest(limit: number): Promise<readonly RecordedEvent[]> {
    return (await this.#settled()).newest(limit);
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

  /** @throws LogUnavailable when buffered appends can't be written; the log is closed in any case. */
  async close(): Promise<void> {
    try {
      await this.#settled();
    } finally {
      await this.#log.close();
    }
  }

  /** Notes the ends of streams in a page. Reading the whole log before an import saves reading each stream. */
  #noteEnds({ events, position }: Page, after: Position): void {
    for (const { stream, revision } of events) {
      const name = streamName(stream);
      this.#ends.set(name, Math.max(revision, this.#ends.get(name) ?? -1));
    }
    this.#readTo = position;
    this.#allKnown ||= position === after;
  }

  /** Makes the end of a stream known. */
  async #findEnd(stream: Stream, name: string): Promise<void> {
    if (this.#position === undefined) {
      const head = await this.#log.head();
      this.#position ??= head;
      this.#allKnown ||= head === 0;
    }
    if (this.#ends.has(name) || this.#allKnown) return;
    const end = (await this.#log.readStream(stream)).at(-1)?.revision ?? -1;
    if (!this.#ends.has(name)) this.#ends.set(name, end);
  }

  /** The event as reads will return it; none if that is not known before it is appended. */
  #toRecord(event: EventToAppend, stream: Stream, revision: number, position: Position): readonly RecordedEvent[] {
    const { recordedAt } = event.metadata;
    if (recordedAt === undefined || this.#placed.has(event.type)) return [];
    return [{ ...event, stream, revision, position, metadata: { ...event.metadata, recordedAt } }];
  }

  /** Writes the buffer after earlier writes; appends meanwhile go to a new buffer. Never rejects. */
  #write(): Promise<void> {
    this.#written = this.#written.then(() => this.#writeNow());
    return this.#written;
  }

  async #writeNow(): Promise<void> {
    const { appends, events } = this.#buffered;
    if (events === 0 || this.#failure !== undefined) return;
    this.#writing = this.#buffered;
    this.#buffered = new AppendBuffer();
    try {
      const { position } = await this.#log.appendAll(appends);
      this.#position = Math.max(this.#position ?? 0, position);
      this.#writing = new AppendBuffer();
    } catch (error) {
      this.#failure = error instanceof WrongRevision || error instanceof EventIdTaken ? disturbed(error) : error;
    }
  }

  /** The log, after everything is written. */
  async #settled(): Promise<EventLog> {
    await this.#write();
    this.#checkWorking();
    return this.#log;
  }

  #checkWorking(): void {
    if (this.#failure !== undefined) throw this.#failure as Error;
  }
}

function disturbed({ stream }: WrongRevision | EventIdTaken): LogUnavailable {
  return new LogUnavailable(
    `Another process appended to the log during the import of a history: see ${streamName(stream)}. What was written remains. ` +
      'Make sure that nothing else appends, and run the same command again to continue.',
  );
}
