/** The event log on EventStoreDB or KurrentDB: for users who outgrow one machine. What it relies on stands in docs/engines.md. */
import { UnknownError } from '@kurrent/kurrentdb-client';
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Position, RecordedEvent, Stream } from '../kernel/event.js';
import { acceptEvents, toMilliseconds, type AcceptedEvent } from './accepted-events.js';
import { parseAddress } from './kurrent/address.js';
import { AllReader } from './kurrent/all-reader.js';
import { Appender } from './kurrent/appender.js';
import { backwards, lastPosition } from './kurrent/backwards.js';
import { backOff, Connection, type Patience } from './kurrent/connection.js';
import { asUnavailable, LeftBehind, verdictOf } from './kurrent/failure.js';
import { KnownIds } from './kurrent/known-ids.js';
import { Landmarks } from './kurrent/landmarks.js';
import { LastEvent } from './kurrent/last-event.js';
import { positionAt } from './kurrent/moments.js';
import { storedName } from './kurrent/record.js';
import { checkServer } from './kurrent/server.js';
import { StreamReader } from './kurrent/stream-reader.js';
import {
  LogUnavailable,
  NoSuchPosition,
  type Append,
  type Appended,
  type AppendedAll,
  type EventLog,
  type EventToAppend,
  type Expected,
  type Page,
} from './port.js';

export interface KurrentLogOptions {
  /** The connection string, with TLS, certificates and users as the client has them: `kurrentdb://user:password@host:2113?tls=true`. */
  readonly url: string;
  /** Reads and tails what others append; an append is refused. */
  readonly readOnly?: boolean;
  /** Streams are named `<prefix><type>-<id>`, so that several Daybooks share a server. Nothing unless given. */
  readonly prefix?: string;
  /** The time in milliseconds since 1970; the system's unless given. */
  readonly clock?: () => number;
  /** How long the server may say nothing before a call is given up, in milliseconds; 5,000 unless given. */
  readonly answerMs?: number;
  /** How long a call is made again after failures that may pass, in milliseconds; 15,000 unless given. A tail gives up only where the server is there and refuses. */
  readonly retryMs?: number;
  /** It is made a copy of another log of Daybook: events bring the times that they were recorded at there. */
  readonly copying?: boolean;
}

/**
 * Opens the log and asks for its last event, which shows that the server is there and lets the user in.
 * @throws LogUnavailable when the connection string is none, the server can't be reached, is too old, or doesn't let the user in.
 */
export async function openKurrentLog(options: KurrentLogOptions): Promise<EventLog> {
  const { answerMs = 5000, retryMs = 15_000 } = options;
  const log = new KurrentLog(new Connection(parseAddress(options.url), { answerMs, retryMs } satisfies Patience), options);
  try {
    await log.open();
    return log;
  } catch (error) {
    await log.close();
    throw error;
  }
}

class KurrentLog implements EventLog {
  private readonly prefix: string;
  private readonly clock: () => number;
  private readonly readOnly: boolean;
  private readonly copying: boolean;
  private readonly known = new KnownIds();
  private readonly landmarks = new Landmarks();
  private readonly closing = new AbortController();
  private readonly streams: StreamReader;
  private readonly all: AllReader;
  private readonly last: LastEvent;
  private readonly appender: Appender;
  /** The latest time that an event is known to be recorded at, in milliseconds since 1970. */
  private recordedAt = 0;
  /** The last position known to be taken, by whomever: the log never ends before it, whatever a node says that has not heard of it. */
  private reached: Position = 0;

  constructor(
    private readonly connection: Connection,
    { prefix = '', clock = Date.now, readOnly = false, copying = false }: KurrentLogOptions,
  ) {
    [this.prefix, this.clock, this.readOnly, this.copying] = [prefix, clock, readOnly, copying];
    // As many reads and tails as there are listen to it.
    setMaxListeners(0, this.closing.signal);
    this.streams = new StreamReader(connection, prefix);
    this.all = new AllReader(connection, prefix, this.landmarks);
    this.last = new LastEvent(connection, prefix, this.all, this.closing.signal);
    this.appender = new Appender(connection, this.streams, this.known, prefix, (event) => this.timeFor(event));
  }

  async open(): Promise<void> {
    await checkServer(this.connection);
    await this.head();
  }

  async append(stream: Stream, expected: Expected, events: readonly EventToAppend[]): Promise<Appended> {
    this.checkOpen();
    if (this.readOnly) throw new LogUnavailable(`The event log ${this.connection.shown} was opened for reading only.`);
    const accepted = acceptEvents(events, this.clock(), this.copying);
    const appended = await this.appender.append(stream, expected, accepted);
    this.last.wrote(appended.position);
    this.reached = Math.max(this.reached, appended.position);
    return appended;
  }

  async appendAll(appends: readonly Append[]): Promise<AppendedAll> {
    if (appends.length === 0) throw new RangeError('There are no appends to make in order.');
    const revisions: number[] = [];
    let position: Position = 0;
    for (const { stream, expected, events } of appends) {
      const appended = await this.append(stream, expected, events);
      revisions.push(appended.revision);
      position = Math.max(position, appended.position);
    }
    return { revisions, position };
  }

  async readStream(stream: Stream, from = 0, limit?: number): Promise<readonly RecordedEvent[]> {
    const events = await this.streams.read(stream, from, limit);
    this.known.saw(storedName(stream, this.prefix), from, events, (events.at(-1)?.revision ?? from - 1) + 1);
    return events;
  }

  async readAll(after: Position, limit: number, types?: readonly string[]): Promise<Page> {
    this.checkOpen();
    const page = await this.all.page(this.last.onFrom(after), { limit, types, signal: this.closing.signal }, this.last.position);
    this.checkOpen();
    if (page.position > after) this.saw(page);
    return page;
  }

  async *tail(
    after: Position,
    { limit, types, signal: asked }: { readonly limit: number; readonly types?: readonly string[]; readonly signal: AbortSignal },
  ): AsyncGenerator<Page, void, undefined> {
    const signal = AbortSignal.any([asked, this.closing.signal]);
    let position = after;
    let refusedSince: number | undefined;
    let node = this.connection.reading;
    // Where an event of ours stood when the server last had nothing new: by the next time it is given, or the node is no longer told of any.
    let due = 0;
    for (let failures = 0; !signal.aborted; failures += 1) {
      const client = this.connection.client(node);
      try {
        // The server leaves out other types while there is much to read; then we do, since only so each new event tells how far we are.
        for (const leftOutBy of types?.length ? (['server', 'us'] as const) : (['us'] as const)) {
          for await (const { page, caughtUp } of this.all.follow(client, this.last.onFrom(position), {
            limit,
            types,
            signal,
            node,
            leftOutBy,
          })) {
            [failures, refusedSince] = [0, undefined];
            if (page.position > position) {
              position = page.position;
              this.saw(page);
              yield page;
            } else if (caughtUp) {
              if (due > position) throw new LeftBehind();
              due = this.last.position;
              // Whether the leader can be asked is for those to know who ask.
              this.head().catch(() => undefined);
            }
            if (signal.aborted) return;
            if (caughtUp && leftOutBy === 'server') break;
          }
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof NoSuchPosition) throw error;
        due = 0;
        // What lags or is cut off may know nothing of the position: the leader does.
        if (error instanceof LeftBehind || error instanceof UnknownError) node = 'leader';
        // A server that is away comes back; one that is there and goes on refusing, such as a position beyond its end, doesn't.
        refusedSince = error instanceof UnknownError ? (refusedSince ?? performance.now()) : undefined;
        const refused = performance.now() - (refusedSince ?? Infinity) > this.connection.patience.retryMs;
        if (refused || verdictOf(error) === 'answered') throw asUnavailable(error, 'read the log', this.connection.shown);
        if (verdictOf(error) === 'unknown') this.connection.renew(client);
      }
      await delay(backOff(failures), undefined, { signal }).catch(() => undefined);
    }
  }

  async head(): Promise<Position> {
    this.checkOpen();
    const last = await this.last.look();
    this.checkOpen();
    if (last) this.recordedAt = Math.max(this.recordedAt, Date.parse(last.metadata.recordedAt));
    return this.last.position;
  }

  async end(): Promise<Position> {
    this.checkOpen();
    this.reached = Math.max(this.reached, this.last.position, await lastPosition(this.connection));
    return this.reached;
  }

  async positionAt(instant: string): Promise<Position> {
    const at = toMilliseconds(instant);
    this.checkOpen();
    return positionAt(at, {
      page: (after, limit) => this.readAll(after, limit),
      last: () => this.last.look(),
      backwards: (before) => backwards(this.connection, this.prefix, before),
      landmarks: this.landmarks,
    });
  }

  /** Waits for appends under way, and ends tails and connections. Calling it again does nothing. */
  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    await this.appender.settled();
    this.connection.close();
  }

  /**
   * An event's recorded time: its own where it is carried over into a log that has nothing later, otherwise now, and never before what is
   * known to be recorded already.
   */
  private timeFor({ recordedAt }: AcceptedEvent): number {
    // Of a copy the times are the source's, as readers along it know them.
    if (this.copying && recordedAt !== undefined) return (this.recordedAt = Math.max(this.recordedAt, recordedAt));
    const kept = recordedAt !== undefined && recordedAt >= this.recordedAt;
    this.recordedAt = kept ? recordedAt : Math.max(this.recordedAt, this.clock());
    return this.recordedAt;
  }

  private saw({ events, position }: Page): void {
    this.last.saw(events);
    this.reached = Math.max(this.reached, position);
  }

  private checkOpen(): void {
    if (this.closing.signal.aborted) throw new LogUnavailable(`The event log ${this.connection.shown} is closed.`);
  }
}
