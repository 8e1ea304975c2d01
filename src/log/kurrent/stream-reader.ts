/** Reads single streams, from the leader. */
import { StreamDeletedError, type KurrentDBClient } from '@kurrent/kurrentdb-client';
import type { RecordedEvent, Stream } from '../../kernel/event.js';
import type { Connection } from './connection.js';
import { asDeleted } from './failure.js';
import { fromStored, storedName } from './record.js';
import { readStream } from './requests.js';

export class StreamReader {
  readonly #connection: Connection;
  readonly #prefix: string;

  constructor(connection: Connection, prefix: string) {
    this.#connection = connection;
    this.#prefix = prefix;
  }

  /**
   * Our events of a stream from a revision on, oldest first; none if the stream does not exist or was soft-deleted.
   * @throws LogUnavailable
   */
  async read(stream: Stream, from = 0, limit = Infinity): Promise<readonly RecordedEvent[]> {
    if (limit <= 0) return [];
    const name = storedName(stream, this.#prefix);
    try {
      return await this.#connection.repeat(`read the stream ${name}`, (client) => this.#collect(client, name, from, limit));
    } catch (error) {
      throw error instanceof StreamDeletedError ? asDeleted(name, this.#connection.shown) : error;
    }
  }

  async #collect(client: KurrentDBClient, name: string, from: number, limit: number): Promise<readonly RecordedEvent[]> {
    const count = Math.min(limit, Number.MAX_SAFE_INTEGER);
    const events: RecordedEvent[] = [];
    for (let next = from; ;) {
      const stored = await readStream(client, name, { from: next, count, answerMs: this.#connection.patience.answerMs });
      for (const one of stored) {
        const event = fromStored(one, this.#prefix);
        if (event && events.length < limit) events.push(event);
      }
      const last = stored.at(-1);
      // The count includes events that other programs have written to the stream.
      if (!last || stored.length < count || events.length >= limit) return events;
      next = Number(last.revision) + 1;
    }
  }
}
