/**
 * Reads all events in the order of the log, through filtered subscriptions: unlike the client's reads, they say how far the server has
 * looked when it finds nothing, and they can be ended.
 *
 * Positions are log offsets, and the server takes only those that a record begins at. An event's own is one. A checkpoint of a catch-up may
 * be the place after a record, where the next one will stand: it is replaced by the last record before it.
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

/** Records that the server looks at between two checkpoints: `window` at a time. Few enough to be looked at well within an answer's time. */
const CHECKPOINTS = { maxSearchWindow: 1000, checkpointInterval: 4 };

/** Events that the client may hold for us. */
const BUFFER = { least: 16, most: 1000 };

export interface Stretch {
  readonly page: Page;
  /** All that was there has been given; what follows is new, or nothing where the server has been silent for as long as an answer may take. */
  readonly caughtUp: boolean;
}

interface Reading {
  readonly limit: number;
  readonly node: Node;
  readonly types: readonly string[] | undefined;
  readonly signal: AbortSignal;
  /** Who leaves out what is of other types: the server, or we, who then know how far we are at every event. */
  readonly leftOutBy: 'server' | 'us';
}

export class AllReader {
  constructor(
    private readonly connection: Connection,
    private readonly prefix: string,
    private readonly landmarks: Landmarks,
  ) {}

  /**
   * One page, as the port has it. A node that fails, or comes to an end before a place that is known to be taken, is left for the leader.
   * @param known the last place that is known to be taken
   */
  async page(after: Position, reading: Omit<Reading, 'node' | 'leftOutBy'>, known: Position): Promise<Page> {
    let node = this.connection.reading;
    let asked = node;
    const page = await this.connection.repeat(
      'read the log',
      (client) => {
        [asked, node] = [node, 'leader'];
        return this.pageFrom(client, after, { ...reading, node: asked });
      },
      () => node,
    );
    if (page.position > after || known <= after || asked === 'leader') return page;
    return this.connection.repeat('read the log', (client) => this.pageFrom(client, after, { ...reading, node: 'leader' }));
  }

  /**
   * Of named types: the server leaves out the others while there is much to read, which doesn't tell exactly where the end is, so the last
   * stretch is read with the others.
   */
  private async pageFrom(client: KurrentDBClient, after: Position, reading: Omit<Reading, 'leftOutBy'>): Promise<Page> {
    if (reading.types?.length) {
      const { page } = await this.first(this.follow(client, after, { ...reading, leftOutBy: 'server' }), after);
      if (page.position > after) return page;
    }
    return (await this.first(this.follow(client, after, { ...reading, leftOutBy: 'us' }), after)).page;
  }

  /**
   * Pages after a position, for ever, until the signal aborts. Ends with an error when the subscription breaks; what was given until then was
   * given once, and the last page's position is where to go on.
   * @throws whatever the client throws, NoAnswer, NoSuchPosition, LogUnavailable
   */
  async *follow(client: KurrentDBClient, after: Position, reading: Reading): AsyncGenerator<Stretch, void, undefined> {
    const { limit, types, signal } = reading;
    const wanted = types && new Set(types);
    const feed = this.subscribe(client, after, reading);
    let events: RecordedEvent[] = [];
    let [position, given, caughtUp] = [after, after, false];
    let recordedAt = this.landmarks.recordedAt(after) ?? 0;
    const stretch = (): Stretch => {
      const page = { events, position };
      const last = events.at(-1);
      if (last) this.landmarks.note(last.position, recordedAt);
      [events, given] = [[], position];
      return { page, caughtUp };
    };
    try {
      while (!signal.aborted) {
        let message = feed.takeNow();
        if (!message && (!caughtUp || position === given)) message = await this.next(feed, signal, caughtUp);
        if (!message) {
          if (caughtUp) yield stretch();
          continue;
        }
        if (message.kind === 'event') {
          const at = positionOf(message.event);
          if (at <= position) continue;
          position = at;
          const event = fromStored(message.event, this.prefix);
          if (event) recordedAt = Math.max(recordedAt, Date.parse(event.metadata.recordedAt));
          if (event && (!wanted || wanted.has(event.type))) events.push(recorded(event, recordedAt));
          if (events.length >= limit) yield stretch();
          continue;
        }
        if (message.kind === 'checkpoint') position = Math.max(position, await this.recordAt(message.position));
        else caughtUp = true;
        if (message.kind === 'caughtUp' || (!caughtUp && position > given)) yield stretch();
      }
    } catch (error) {
      if (error instanceof UnknownError && after > 0 && (await this.isNoPosition(client, after, reading))) throw new NoSuchPosition(after);
      throw error;
    } finally {
      feed.close();
    }
  }

  /** The next message; undefined when nothing new has come for as long as an answer may take. @throws NoAnswer where there should be more */
  private async next(feed: Feed, signal: AbortSignal, caughtUp: boolean): Promise<Message | undefined> {
    try {
      return await feed.next(signal, this.connection.patience.answerMs);
    } catch (error) {
      if (caughtUp && error instanceof NoAnswer) return undefined;
      throw error;
    }
  }

  private subscribe(client: KurrentDBClient, after: Position, { limit, types, node, leftOutBy }: Reading): Feed {
    const fromPosition = after > 0 ? { commit: BigInt(after), prepare: BigInt(after) } : START;
    const highWaterMark = Math.min(Math.max(limit, BUFFER.least), BUFFER.most);
    return new Feed((reached) => {
      const checkpointReached = (_: unknown, position: Parameters<typeof reached>[0]) => reached(position);
      const filter =
        types && leftOutBy === 'server'
          ? eventTypeFilter({ regex: typesAmong(types), checkpointReached, ...CHECKPOINTS })
          : streamNameFilter({ regex: streamsOf(this.prefix), checkpointReached, ...CHECKPOINTS });
      return client.subscribeToAll({ fromPosition, filter, requiresLeader: node === 'leader' }, { highWaterMark });
    });
  }

  /**
   * Whether it is the position that the server refuses, which versions of it say in words that mean other failures too: it takes the last one
   * that it gave, and not this one before it. (One that is beyond may be of a node that has come further.)
   */
  private async isNoPosition(client: KurrentDBClient, position: Position, reading: Reading): Promise<boolean> {
    const last = await lastPosition(this.connection);
    return position < last && (await this.takes(client, last, reading)) && !(await this.takes(client, position, reading));
  }

  /** Whether the server lets a subscription begin after a position. */
  private async takes(client: KurrentDBClient, position: Position, reading: Reading): Promise<boolean> {
    const feed = this.subscribe(client, position, reading);
    try {
      await feed.next(reading.signal, this.connection.patience.answerMs);
      return true;
    } catch (error) {
      if (error instanceof UnknownError) return false;
      throw error;
    } finally {
      feed.close();
    }
  }

  /** The first stretch that gets on, or the one that ends at the log's end. */
  private async first(stretches: AsyncGenerator<Stretch, void, undefined>, after: Position): Promise<Stretch> {
    for await (const stretch of stretches) {
      if (stretch.caughtUp || stretch.page.position > after) return stretch;
    }
    return { page: { events: [], position: after }, caughtUp: false };
  }

  /** The record that a checkpoint is at; the last one before it where it is between two. */
  private async recordAt({ commit, prepare }: (Message & { kind: 'checkpoint' })['position']): Promise<Position> {
    return commit === prepare ? toPosition(commit) : lastPosition(this.connection, commit);
  }
}

/** The event with the time that readers along the log know it by: never less than that of one before. */
function recorded(event: RecordedEvent, recordedAt: number): RecordedEvent {
  return { ...event, metadata: { ...event.metadata, recordedAt: new Date(recordedAt).toISOString() } };
}
