/**
 * Dead letters in MongoDB: one document per unapplied event. Each write is guarded by the number of the commit, and by the fencing token where two
 * projectors made a commit of the same number: a late write never overwrites a later one. An event that is done is kept for a day, so that a late
 * write can't restore it.
 */
import type { Collection, Document as Bson } from 'mongodb';
import type { Rewrite } from '../port/commits.js';
import type { DeadLetter, DeadLetterChange, DeadLetterOptions, UnappliedEvent, UnappliedEventOptions } from '../port/dead-letters.js';
import { guarded } from './apply.js';
import { idAt, type DeadLetterRow } from './layout.js';

/** The number of the commit, the token of its lease, and the erasures that it knew. The numbers continue when partitions are merged. */
type Stamp = Required<Pick<DeadLetterRow, 'commit' | 'token' | 'erasures'>>;

export async function writeDeadLetters(
  rows: Collection<DeadLetterRow>,
  rewrites: readonly Rewrite[],
  changes: readonly DeadLetterChange[],
  { commit, token, erasures }: Stamp,
): Promise<void> {
  const outdated = { erasures: { $lt: erasures } };
  const all = [...rewrites.flatMap(({ deadLetters }) => deadLetters), ...changes];
  const last = new Map(all.map((change) => [JSON.stringify([change.key, change.position]), change]));
  await guarded(
    rows,
    [...last.values()].map((change) => {
      const { key, position } = change;
      const done = 'done' in change;
      const state = done ? { done, gone: Date.now() } : { done, event: JSON.stringify(change) };
      const earlier = [{ commit: { $not: { $gte: commit } } }, { commit, token: { $lte: token } }, outdated];
      const filter = { _id: idAt(position, key), $or: earlier };
      return { replaceOne: { filter, replacement: { key, position, commit, token, erasures, ...state }, upsert: true } };
    }),
  );
  if (rewrites.length > 0) await rows.deleteMany({ key: { $in: rewrites.map(({ key }) => key) }, ...outdated });
}

/** How many dead letters there are. */
export async function countDeadLetters(rows: Collection<DeadLetterRow>): Promise<number> {
  const [row] = await rows
    .aggregate<{ readonly n: number }>([{ $match: { done: false } }, { $group: { _id: '$key' } }, { $count: 'n' }])
    .toArray();
  return row?.n ?? 0;
}

/** The first unapplied event of each dead letter, and how many there are. */
export async function deadLettersIn(
  rows: Collection<DeadLetterRow>,
  { first, after, keys }: DeadLetterOptions,
): Promise<readonly DeadLetter[]> {
  const conditions: Bson[] = [...(after === undefined ? [] : [{ key: { $gt: after } }]), ...(keys ? [{ key: { $in: keys } }] : [])];
  const found = await rows
    .aggregate<{ readonly event: string; readonly eventCount: number }>([
      { $match: { done: false, ...(conditions.length > 0 ? { $and: conditions } : {}) } },
      { $sort: { key: 1, position: 1 } },
      { $group: { _id: '$key', event: { $first: '$event' }, eventCount: { $sum: 1 } } },
      { $sort: { _id: 1 } },
      { $limit: first },
    ])
    .toArray();
  return found.map(({ event, eventCount }) => ({ first: JSON.parse(event) as UnappliedEvent, eventCount }));
}

export async function unappliedEventsIn(
  rows: Collection<DeadLetterRow>,
  key: string,
  { first, after }: UnappliedEventOptions,
): Promise<readonly UnappliedEvent[]> {
  const found = await rows
    .find({ done: false, key, ...(after === undefined ? {} : { position: { $gt: after } }) })
    .sort({ position: 1 })
    .limit(first)
    .toArray();
  return found.flatMap(({ event }) => (event === undefined ? [] : [JSON.parse(event) as UnappliedEvent]));
}
