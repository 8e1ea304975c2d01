/** The event log on EventStoreDB or KurrentDB, for several machines. See docs/engines.md. */
import { UnknownError } from '@kurrent/kurrentdb-client';
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Position, RecordedEvent, Stream } from '../kernel/event.js';
import { acceptEvents, toMilliseconds, type AcceptedEvent } from './accepted-events.js';
import { parseAddress } from './kurrent/address.js';
import { AllReader } from './kurrent/all-reader.js';
import { Appender, type AcceptedAppend } from './kurrent/appender.js';
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
  /** Refuses appends. */
  readonly readOnly?: boolean;
  /** Streams are named `<prefix><type>-<id>`, so that several Daybooks can share a server. Empty by default. */
  readonly prefix?: string;
  /** The time in milliseconds since 1970. Defaults to the system clock. */
  readonly clock?: () => number;
  /** How long the server may be silent before a call fails, in milliseconds. Defaults to 5,000. */
  readonly answerMs?: number;
  /** How long a call is retried after transient failures, in milliseconds. Defaults to 15,000. A tail fails only when a reachable server refuses it. */
  readonly retryMs?: number;
  /** The log becomes a copy of another log of Daybook: events keep their recorded times. */
  readonly copying?: boolean;
}

/**
 * Opens the log and reads its last event, to check that the server is reachable and accepts the user.
 * @throws LogUnavailable when the connection string is invalid, or the server can't be reached, is too old, or refuses the user.
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
  readonly #prefix: string;
  readonly #clock: () => number;
  readonly #readOnly: boolean;
  readonly #copying: boolean;
  readonly #known = new KnownIds();
  readonly #landmarks = new Landmarks();
  readonly #closing = new AbortController();
  readonly #streams: StreamReader;
  readonly #all: AllReader;
  readonly #last: LastEvent;
  readonly #appender: Appender;
  /** The latest known recorded time of an event, in milliseconds since 1970. */
  #recordedAt = 0;
  /** The highest known position of any record. The log never ends before it, even if a lagging node says so. */
  #reached: Position = 0;
  readonly #connection: Connection;

  constructor(connection: Connection, { prefix = '', clock = Date.now, readOnly = false, copying = false }: KurrentLogOptions) {
    this.#connection = connection;
    [this.#prefix, this.#clock, this.#readOnly, this.#copying] = [prefix, clock, readOnly, copying];
    // Every read and tail adds a listener.
    setMaxListeners(0, this.#closing.signal);
    this.#streams = new StreamReader(connection, prefix);
    this.#all = new AllReader(connection, prefix, this.#landmarks);
    this.#last = new LastEvent(connection, prefix, this.#all, this.#closing.signal);
    this.#appender = new Appender(connection, this.#streams, this.#known, prefix, (event) => this.#timeFor(event));
  }

  async open(): Promise<void> {
    await checkServer(this.#connection);
    await this.head();
  }

  async append(stream: Stream, expected: Expected, events: readonly EventToAppend[]): Promise<Appended> {
    return this.#wrote(await this.#appender.append(this.#accept({ stream, expected, events })));
  }

  async appendAll(appends: readonly Append[]): Promise<AppendedAll> {
    if (appends.length === 0) throw new RangeError('There are no appends.');
    return this.#wrote(await this.#appender.appendAll(appends.map((append) => this.#accept(append))));
  }

  async readStream(stream: Stream, from = 0, limit?: number): Promise<readonly RecordedEvent[]> {
    const events = await this.#streams.read(stream, from, limit);
    this.#known.saw(storedName(stream, this.#prefix), from, events, (events.at(-1)?.revision ?? from - 1) + 1);
    return events;
  }

  async readAll(after: Position, limit: number, types?: readonly string[]): Promise<Page> {
    this.#checkOpen();
    const page = await this.#all.page(this.#last.onFrom(after), { limit, types, signal: this.#closing.signal }, this.#last.position);
    this.#checkOpen();
    if (page.position > after) this.#saw(page);
    return page;
  }

  async *tail(
    after: Position,
    { limit, types, signal: aborted }: { readonly limit: number; readonly types?: readonly string[]; readonly signal: AbortSignal },
  ): AsyncGenerator<Page, void, undefined> {
    const signal = AbortSignal.any([aborted, this.#closing.signal]);
    let position = after;
    let refusedSince: number | undefined;
    let node = this.#connection.reading;
    // The position of our last event when the server last reported to have caught up. If the node has not returned that event by the next time, it lags.
    let due = 0;
    for (let failures = 0; !signal.aborted; failures += 1) {
      const client = this.#connection.client(node);
      try {
        // While catching up, the server filters by type. After that we do, because then every new event reports progress.
        for (const filteredBy of types?.length ? (['server', 'client'] as const) : (['client'] as const)) {
          for await (const { page, caughtUp } of this.#all.follow(client, this.#last.onFrom(position), {
            limit,
            types,
            signal,
            node,
            filteredBy,
          })) {
            [failures, refusedSince] = [0, undefined];
            if (page.position > position) {
              position = page.position;
              this.#saw(page);
              yield page;
            } else if (caughtUp) {
              if (due > position) throw new LeftBehind();
              due = this.#last.position;
              // A failure concerns only callers of `head`.
              this.head().catch(() => undefined);
            }
            if (signal.aborted) return;
            if (caughtUp && filteredBy === 'server') break;
          }
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof NoSuchPosition) throw error;
        due = 0;
        // A lagging or isolated node may not know the position; the leader does.
        if (error instanceof LeftBehind || error instanceof UnknownError) node = 'leader';
        // An unreachable server may come back. One that keeps refusing, such as a position beyond its end, will not change.
        refusedSince = error instanceof UnknownError ? (refusedSince ?? performance.now()) : undefined;
        const refused = performance.now() - (refusedSince ?? Infinity) > this.#connection.patience.retryMs;
        if (refused || verdictOf(error) === 'answered') throw asUnavailable(error, 'read the log', this.#connection.shown);
        if (verdictOf(error) === 'unknown') this.#connection.renew(client);
      }
      await delay(backOff(failures), undefined, { signal }).catch(() => undefined);
    }
  }

  async newest(limit: number): Promise<readonly RecordedEvent[]> {
    this.#checkOpen();
    const events: RecordedEvent[] = [];
    for await (const event of backwards(this.#connection, this.#prefix)) if (events.push(event) === limit) break;
    return events.toReversed();
  }

  async head(): Promise<Position> {
    this.#checkOpen();
    const last = await this.#last.look();
    this.#checkOpen();
    if (last) this.#recordedAt = Math.max(this.#recordedAt, Date.parse(last.metadata.recordedAt));
    return this.#last.position;
  }

  async end(): Promise<Position> {
    this.#checkOpen();
    this.#reached = Math.max(this.#reached, this.#last.position, await lastPosition(this.#connection));
    return this.#reached;
  }

  async positionAt(instant: string): Promise<Position> {
    const at = toMilliseconds(instant);
    this.#checkOpen();
    return positionAt(at, {
      page: (after, limit) => this.readAll(after, limit),
      last: () => this.#last.look(),
      backwards: (before) => backwards(this.#connection, this.#prefix, before),
      landmarks: this.#landmarks,
    });
  }

  /** Waits for running appends, and ends tails and connections. Idempotent. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    await this.#appender.settled();
    this.#connection.close();
  }

  /**
   * An event's recorded time: its own when it is imported into a log that has nothing later, otherwise now. It is never before the latest
   * known recorded time.
   */
  #timeFor({ recordedAt }: AcceptedEvent): number {
    // A copy keeps the times of its source.
    if (this.#copying && recordedAt !== undefined) return (this.#recordedAt = Math.max(this.#recordedAt, recordedAt));
    const kept = recordedAt !== undefined && recordedAt >= this.#recordedAt;
    this.#recordedAt = kept ? recordedAt : Math.max(this.#recordedAt, this.#clock());
    return this.#recordedAt;
  }

  #accept({ stream, expected, events }: Append): AcceptedAppend {
    this.#checkOpen();
    if (this.#readOnly) throw new LogUnavailable(`The event log ${this.#connection.shown} was opened read-only.`);
    return { stream, expected, events: acceptEvents(events, this.#clock(), this.#copying) };
  }

  #wrote<T extends { readonly position: Position }>(appended: T): T {
    this.#last.wrote(appended.position);
    this.#reached = Math.max(this.#reached, appended.position);
    return appended;
  }

  #saw({ events, position }: Page): void {
    this.#last.saw(events);
    this.#reached = Math.max(this.#reached, position);
  }

  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw new LogUnavailable(`The event log ${this.#connection.shown} is closed.`);
  }
}
