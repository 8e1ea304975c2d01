/**
 * Reads all events in the order of the log, through filtered subscriptions: unlike the client's reads, they report how far the server has
 * searched when it finds nothing, and they can be cancelled.
 *
 * Positions are log offsets, and the server accepts only those at which a record begins, such as an event's. A checkpoint during catch-up may
 * be the offset after a record: it is replaced by the position of the last record before it.
 */
import { START, UnknownError, eventTypeFilter, streamNameFilter, type KurrentDBClient } from '@kurrent/kurrentdb-client';
import type { Position, RecordedEvent } from '../../kernel/event.js';
import { NoSuchPosition, type Page } from '../port.js';
import { lastPosition } from './backwards.js';
import type { Connection, Node } from './connection.js';
import { NoAnswer } from './failure.js';
import { Feed, type Message } from './feed.js';
import type { Landmarks } from './landmarks.js';
import { fromStored, positionOf, streamsOf, toPosition, typesAmong } from './record.js';

/** The number of records that the server searches between two checkpoints: few enough to stay well within the timeout. */
const CHECKPOINTS = { maxSearchWindow: 1000, checkpointInterval: 4 };

/** The client's buffer, in events. */
const BUFFER = { least: 16, most: 1000 };

export interface Stretch {
  readonly page: Page;
  /** All existing events have been returned. What follows is new, or empty when the server was silent for the timeout. */
  readonly caughtUp: boolean;
}

interface Reading {
  readonly limit: number;
  readonly node: Node;
  readonly types: readonly string[] | undefined;
  readonly signal: AbortSignal;
  /** Who filters by type: the server, or the client, which then makes progress with every event. */
  readonly filteredBy: 'server' | 'client';
}

export class AllReader {
  readonly #connection: Connection;
  readonly #prefix: string;
  readonly #landmarks: Landmarks;

  constructor(connection: Connection, prefix: string, landmarks: Landmarks) {
    this.#connection = connection;
    this.#prefix = prefix;
    this.#landmarks = landmarks;
  }

  /**
   * One page, as the port defines it. If a node fails, or ends before a known position, the leader is used instead.
   * @param known the highest known position
   */
  async page(after: Position, reading: Omit<Reading, 'node' | 'filteredBy'>, known: Position): Promise<Page> {
    let node = this.#connection.reading;
    let asked = node;
    const page = await this.#connection.repeat(
      'read the log',
      (client) => {
        [asked, node] = [node, 'leader'];
        return this.#pageFrom(client, after, { ...reading, node: asked });
      },
      () => node,
    );
    if (page.position > after || known <= after || asked === 'leader') return page;
    return this.#connection.repeat('read the log', (client) => this.#pageFrom(client, after, { ...reading, node: 'leader' }));
  }

  /**
   * With types, the server filters first. That does not give the exact end of the log, so at the end the client
   * filters.
   */
  async #pageFrom(client: KurrentDBClient, after: Position, reading: Omit<Reading, 'filteredBy'>): Promise<Page> {
    if (reading.types?.length) {
      const { page } = await this.#first(this.follow(client, after, { ...reading, filteredBy: 'server' }), after);
      if (page.position > after) return page;
    }
    return (await this.#first(this.follow(client, after, { ...reading, filteredBy: 'client' }), after)).page;
  }

  /**
   * Pages after a position, until the signal aborts. Throws when the subscription breaks: nothing is returned twice, and
   * the last page's position is where to continue.
   * @throws NoAnswer, NoSuchPosition, LogUnavailable and the client's errors
   */
  async *follow(client: KurrentDBClient, after: Position, reading: Reading): AsyncGenerator<Stretch, void, undefined> {
    const { limit, types, signal } = reading;
    const wanted = types && new Set(types);
    const feed = this.#subscribe(client, after, reading);
    let events: RecordedEvent[] = [];
    let [position, given, caughtUp] = [after, after, false];
    let recordedAt = this.#landmarks.recordedAt(after) ?? 0;
    const stretch = (): Stretch => {
      const page = { events, position };
      const last = events.at(-1);
      if (last) this.#landmarks.note(last.position, recordedAt);
      [events, given] = [[], position];
      return { page, caughtUp };
    };
    try {
      while (!signal.aborted) {
        let message = feed.takeNow();
        if (!message && (!caughtUp || position === given)) message = await this.#next(feed, signal, caughtUp);
        if (!message) {
          if (caughtUp) yield stretch();
          continue;
        }
        if (message.kind === 'event') {
          const at = positionOf(message.event);
          if (at <= position) continue;
          position = at;
          const event = fromStored(message.event, this.#prefix);
          if (event) recordedAt = Math.max(recordedAt, Date.parse(event.metadata.recordedAt));
          if (event && (!wanted || wanted.has(event.type))) events.push(recorded(event, recordedAt));
          if (events.length >= limit) yield stretch();
          continue;
        }
        if (message.kind === 'checkpoint') position = Math.max(position, await this.#recordAt(message.position));
        else caughtUp = true;
        if (message.kind === 'caughtUp' || (!caughtUp && position > given)) yield stretch();
      }
    } catch (error) {
      if (error instanceof UnknownError && after > 0 && (await this.#isInvalidPosition(client, after, reading))) {
        throw new NoSuchPosition(after);
      }
      throw error;
    } finally {
      feed.close();
    }
  }

  /** The next message; after catching up, undefined when none arrives within the timeout. @throws NoAnswer before that */
  async #next(feed: Feed, signal: AbortSignal, caughtUp: boolean): Promise<Message | undefined> {
    try {
      return await feed.next(signal, this.#connection.patience.answerMs);
    } catch (error) {
      if (caughtUp && error instanceof NoAnswer) return undefined;
      throw error;
    }
  }

  #subscribe(client: KurrentDBClient, after: Position, { limit, types, node, filteredBy }: Reading): Feed {
    const fromPosition = after > 0 ? { commit: BigInt(after), prepare: BigInt(after) } : START;
    const highWaterMark = Math.min(Math.max(limit, BUFFER.least), BUFFER.most);
    return new Feed((reached) => {
      const checkpointReached = (_: unknown, position: Parameters<typeof reached>[0]) => reached(position);
      const filter =
        types && filteredBy === 'server'
          ? eventTypeFilter({ regex: typesAmong(types), checkpointReached, ...CHECKPOINTS })
          : streamNameFilter({ regex: streamsOf(this.#prefix), checkpointReached, ...CHECKPOINTS });
      return client.subscribeToAll({ fromPosition, filter, requiresLeader: node === 'leader' }, { highWaterMark });
    });
  }

  /**
   * Whether the server refuses the position. Some versions have no specific error for that, so it is tested: the server accepts the position of
   * the last record and not this one. (A position beyond it may come from a node that has more.)
   */
  async #isInvalidPosition(client: KurrentDBClient, position: Position, reading: Reading): Promise<boolean> {
    const last = await lastPosition(this.#connection);
    return position < last && (await this.#takes(client, last, reading)) && !(await this.#takes(client, position, reading));
  }

  /** Whether the server accepts a subscription after a position. */
  async #takes(client: KurrentDBClient, position: Position, reading: Reading): Promise<boolean> {
    const feed = this.#subscribe(client, position, reading);
    try {
      await feed.next(reading.signal, this.#connection.patience.answerMs);
      return true;
    } catch (error) {
      if (error instanceof UnknownError) return false;
      throw error;
    } finally {
      feed.close();
    }
  }

  /** The first stretch that makes progress or has caught up. */
  async #first(stretches: AsyncGenerator<Stretch, void, undefined>, after: Position): Promise<Stretch> {
    for await (const stretch of stretches) {
      if (stretch.caughtUp || stretch.page.position > after) return stretch;
    }
    return { page: { events: [], position: after }, caughtUp: false };
  }

  /** The position of the record at a checkpoint, or of the last one before it. */
  async #recordAt({ commit, prepare }: (Message & { kind: 'checkpoint' })['position']): Promise<Position> {
    return commit === prepare ? toPosition(commit) : lastPosition(this.#connection, commit);
  }
}

/** The event with its recorded time, adjusted so that times never decrease along the log. */
function recorded(event: RecordedEvent, recordedAt: number): RecordedEvent {
  return { ...event, metadata: { ...event.metadata, recordedAt: new Date(recordedAt).toISOString() } };
}
