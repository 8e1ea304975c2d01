/**
 * Reads our events from the end of the log towards its beginning, which subscriptions can't. Always as the leader has it: what a node that lags
 * takes for the end, others have read beyond.
 */
import {
  BACKWARDS,
  END,
  streamNameFilter,
  type AllStreamResolvedEvent,
  type KurrentDBClient,
  type ReadPosition,
} from '@kurrent/kurrentdb-client';
import type { Position, RecordedEvent } from '../../kernel/event.js';
import type { Connection } from './connection.js';
import { NoAnswer } from './failure.js';
import { fromStored, streamsOf } from './record.js';

/** Events per read: few at first, since most often the first one is looked for. */
const READS = { first: 1, most: 500 };

/**
 * Our events before a position, or from the end of the log, the last one first.
 * @throws LogUnavailable
 */
export async function* backwards(
  connection: Connection,
  prefix: string,
  before?: Position,
): AsyncGenerator<RecordedEvent, void, undefined> {
  const filter = streamNameFilter({ regex: streamsOf(prefix) });
  let fromPosition: ReadPosition = before === undefined ? END : placeBefore(before);
  for (let maxCount = READS.first; ; maxCount = READS.most) {
    const read = await connection.repeat('read the end of the log', (client) =>
      lookedFor(connection, client, client.readAll({ direction: BACKWARDS, fromPosition, maxCount, filter, requiresLeader: true })),
    );
    let last: Position | undefined;
    for (const { event } of read) {
      if (!event) continue;
      last = Number(event.position.commit);
      const own = fromStored(event, prefix);
      if (own) yield own;
    }
    if (last === undefined || read.length < maxCount) return;
    fromPosition = placeBefore(last);
  }
}

/** The last position that the server has given to anything; 0 where it has given none. @throws LogUnavailable */
export async function lastPosition(connection: Connection): Promise<Position> {
  return connection.repeat('read the end of the log', (client) => askLastPosition(connection, client));
}

async function askLastPosition(connection: Connection, client: KurrentDBClient): Promise<Position> {
  const read = client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1, requiresLeader: true });
  const [last] = await connection.inTime(collected(read));
  return Number(last?.event?.position.commit ?? 0);
}

/**
 * What a filtered read finds. The server says nothing while it passes over what others have written, however long that takes: it is waited
 * for as long as the server answers something else in the meantime.
 */
async function lookedFor(
  connection: Connection,
  client: KurrentDBClient,
  read: AsyncIterable<AllStreamResolvedEvent>,
): Promise<readonly AllStreamResolvedEvent[]> {
  for (const found = collected(read); ;) {
    try {
      return await connection.inTime(found);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      connection.checkOpen();
      await askLastPosition(connection, client);
    }
  }
}

async function collected(events: AsyncIterable<AllStreamResolvedEvent>): Promise<readonly AllStreamResolvedEvent[]> {
  const all = [];
  for await (const event of events) all.push(event);
  return all;
}

function placeBefore(position: Position): ReadPosition {
  return { commit: BigInt(position), prepare: BigInt(position) };
}
