/**
 * Events that wait for their documents. Guarded by the number of the commit, and by the fencing token where two projectors made one of the same
 * number: what arrives late does not come back over what was decided later, be it of a projector that lost its lease or of the same one.
 * One that waits no longer is kept for a day, so that it can't be brought back either.
 */
import type { Collection, Document as Bson } from 'mongodb';
import type { Position } from '../../kernel/event.js';
import type { ParkedDocument, ParkingChange, WaitingEvent } from '../port.js';
import { guarded } from './apply.js';
import { idAt, type WaitingRow } from './layout.js';

/** Which commit makes the changes, and under which lease. Commits go on counting when partitions are put together. */
type Stamp = Required<Pick<WaitingRow, 'commit' | 'token'>>;

export async function park(waiting: Collection<WaitingRow>, changes: readonly ParkingChange[], { commit, token }: Stamp): Promise<void> {
  const last = new Map(changes.map((change) => [JSON.stringify([change.key, change.position]), change]));
  await guarded(
    waiting,
    [...last.values()].map((change) => {
      const { key, position } = change;
      const done = 'done' in change;
      const state = done ? { done, gone: Date.now() } : { done, event: JSON.stringify(change) };
      const earlier = [{ commit: { $not: { $gte: commit } } }, { commit, token: { $lte: token } }];
      const filter = { _id: idAt(position, key), $or: earlier };
      return { replaceOne: { filter, replacement: { key, position, commit, token, ...state }, upsert: true } };
    }),
  );
}

/** How many documents wait. */
export async function countParked(waiting: Collection<WaitingRow>): Promise<number> {
  const [row] = await waiting
    .aggregate<{ readonly n: number }>([{ $match: { done: false } }, { $group: { _id: '$key' } }, { $count: 'n' }])
    .toArray();
  return row?.n ?? 0;
}

export interface ParkedOptions {
  readonly first: number;
  readonly after?: string;
  readonly keys?: readonly string[];
}

/** The first event of each document that waits, and how many there are. */
export async function parkedIn(waiting: Collection<WaitingRow>, { first, after, keys }: ParkedOptions): Promise<readonly ParkedDocument[]> {
  const conditions: Bson[] = [...(after === undefined ? [] : [{ key: { $gt: after } }]), ...(keys ? [{ key: { $in: keys } }] : [])];
  const rows = await waiting
    .aggregate<{ readonly event: string; readonly waiting: number }>([
      { $match: { done: false, ...(conditions.length > 0 ? { $and: conditions } : {}) } },
      { $sort: { key: 1, position: 1 } },
      { $group: { _id: '$key', event: { $first: '$event' }, waiting: { $sum: 1 } } },
      { $sort: { _id: 1 } },
      { $limit: first },
    ])
    .toArray();
  return rows.map(({ event, waiting: count }) => ({ first: JSON.parse(event) as WaitingEvent, waiting: count }));
}

export interface WaitingOptions {
  readonly first: number;
  readonly after?: Position;
}

export async function waitingIn(
  waiting: Collection<WaitingRow>,
  key: string,
  { first, after }: WaitingOptions,
): Promise<readonly WaitingEvent[]> {
  const rows = await waiting
    .find({ done: false, key, ...(after === undefined ? {} : { position: { $gt: after } }) })
    .sort({ position: 1 })
    .limit(first)
    .toArray();
  return rows.flatMap(({ event }) => (event === undefined ? [] : [JSON.parse(event) as WaitingEvent]));
}
