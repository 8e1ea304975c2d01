/**
 * Reads our events from the end of the log towards its beginning, which subscriptions can't. Always as the leader has it: what a node that lags
 * takes for the end, others have read beyond.
 */
import type { KurrentDBClient } from '@kurrent/kurrentdb-client';
import type { Position, RecordedEvent } from '../../kernel/event.js';
import type { Connection } from './connection.js';
import { fromStored, positionOf, streamsOf } from './record.js';
import { readAllBackwards } from './requests.js';

/** Events per read: few at first, since most often the first one is looked for. */
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
      // The server says nothing while it passes over what others have written, however long that takes: it is waited for as long as it
      // answers something else in the meantime.
      const stillThere = async (): Promise<unknown> => {
        connection.checkOpen();
        return positionBefore(connection, client);
      };
      return readAllBackwards(client, { before: from, count, streams: streamsOf(prefix), answerMs, stillThere });
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
 * The position of the last record, whoever's it is, that ends before a place in the log, or of the last one of all; 0 where there is none.
 * @throws LogUnavailable
 */
export async function lastPosition(connection: Connection, place?: bigint): Promise<Position> {
  return connection.repeat(WHAT, (client) => positionBefore(connection, client, place));
}

async function positionBefore({ patience }: Connection, client: KurrentDBClient, place?: bigint): Promise<Position> {
  const [last] = await readAllBackwards(client, { before: place, count: 1, answerMs: patience.answerMs });
  return last ? positionOf(last) : 0;
}
