/**
 * Reads single streams. Through a subscription, which ends when it has caught up: the client's own reads can't be stopped, and one that the
 * server never answers would keep the process alive.
 */
import { setMaxListeners } from 'node:events';
import { START, StreamDeletedError } from '@kurrent/kurrentdb-client';
import type { RecordedEvent, Stream } from '../../kernel/event.js';
import type { Connection } from './connection.js';
import { asDeleted } from './failure.js';
import { Feed } from './feed.js';
import { fromStored, storedName } from './record.js';

/** Reads end by themselves. */
const NEVER = new AbortController().signal;
setMaxListeners(0, NEVER);

export class StreamReader {
  constructor(
    private readonly connection: Connection,
    private readonly prefix: string,
  ) {}

  /**
   * Our events of a stream from a revision on, oldest first, as the leader has them.
   * @throws LogUnavailable
   */
  async read(stream: Stream, from = 0, limit = Infinity): Promise<readonly RecordedEvent[]> {
    if (limit <= 0) return [];
    const name = storedName(stream, this.prefix);
    try {
      return await this.connection.repeat(`read the stream ${name}`, (client) => {
        const fromRevision = from > 0 ? BigInt(from - 1) : START;
        return this.collect(new Feed(() => client.subscribeToStream(name, { fromRevision, requiresLeader: true })), limit);
      });
    } catch (error) {
      throw error instanceof StreamDeletedError ? asDeleted(name, this.connection.shown) : error;
    }
  }

  private async collect(feed: Feed, limit: number): Promise<readonly RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    try {
      for (;;) {
        const message = await feed.next(NEVER, this.connection.patience.answerMs);
        if (!message || message.kind === 'caughtUp') return events;
        const event = message.kind === 'event' ? fromStored(message.event, this.prefix) : undefined;
        if (event) events.push(event);
        if (events.length >= limit) return events;
      }
    } finally {
      feed.close();
    }
  }
}
