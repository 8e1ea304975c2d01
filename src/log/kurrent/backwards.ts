/**
 * Reads our events from the end of the log towards its beginning, which subscriptions can't. Always from the leader, because others may
 * already have read beyond the end of a lagging node.
 */
import type { KurrentDBClient } from '@kurrent/kurrentdb-client';
import type { Position, RecordedEvent } from '../../kernel/event.js';
import type { Connection } from './connection.js';
import { fromStored, positionOf, streamsOf } from './record.js';
import { readAllBackwards } from './requests.js';

/** Events per read: one at first, because usually only the last event is wanted. */
const READS = { first: 1, most: 500 };

const WHAT = 'read the end of the log';

/**
 * Our events before a position, or from the end of the log, the last one first.
 * @throws LogUnavailable
 */
export async function* backwards(
  connection: Connection,
  prefix: string,
  before?: Position,
): AsyncGenerator<RecordedEvent, void, undefined> {
  const { answerMs } = connection.patience;
  for (let [from, count] = [before, READS.first]; ; count = READS.most) {
    const read = await connection.repeat(WHAT, (client) => {
      // The server is silent while it skips other programs' events, however long that takes: the wait goes on as long as it answers other
      // requests.
      const isAlive = async (): Promise<unknown> => {
        connection.checkOpen();
        return positionBefore(connection, client);
      };
      return readAllBackwards(client, { before: from, count, streams: streamsOf(prefix), answerMs, isAlive });
    });
    for (const event of read) {
      const own = fromStored(event, prefix);
      if (own) yield own;
    }
    const last = read.at(-1);
    if (!last || read.length < count) return;
    from = positionOf(last);
  }
}

/**
 * The position of the last record of any program, or of the last one before a place in the log; 0 if there is none.
 * @throws LogUnavailable
 */
export async function lastPosition(connection: Connection, place?: bigint): Promise<Position> {
  return connection.repeat(WHAT, (client) => positionBefore(connection, client, place));
}

async function positionBefore({ patience }: Connection, client: KurrentDBClient, place?: bigint): Promise<Position> {
  const [last] = await readAllBackwards(client, { before: place, count: 1, answerMs: patience.answerMs });
  return last ? positionOf(last) : 0;
}
