/**
 * Leases in MongoDB. A lease is a field of the document that it protects, so that work under it is guarded in the same atomic write. Times are
 * the server's clock.
 */
import { MongoServerError, type Collection, type Document as Bson } from 'mongodb';
import { LeaseLost } from './errors.js';
import { MEMBER } from './members.js';
import type { HeldLease, Lease, LeaseStore } from './port.js';

export interface LeaseRow {
  readonly _id: string;
  /** `until` in milliseconds since 1970; 0 when the lease was released. */
  readonly lease?: { readonly holder: string; readonly token: number; readonly until: number };
}

const DUPLICATE_KEY = 11_000;

/** The server's clock, in milliseconds since 1970. */
const now = { $toLong: '$$NOW' };

/** @param attempt runs each call, and translates the driver's errors */
export function mongoLeases(rows: Collection<LeaseRow>, attempt: <T>(work: () => Promise<T>) => Promise<T>): LeaseStore {
  return {
    acquire: (names, holder, milliseconds) =>
      attempt(async () => {
        const acquired = await Promise.all(names.map((name) => acquire(rows, name, holder, milliseconds)));
        await deleteExpiredMembers(rows);
        return acquired.flatMap((lease) => lease ?? []);
      }),
    release: (leases) =>
      attempt(async () => {
        for (const { name, holder, token } of leases) {
          await rows.updateOne({ _id: name, 'lease.holder': holder, 'lease.token': token }, { $set: { 'lease.until': 0 } });
        }
        await deleteExpiredMembers(rows);
      }),
    held: () => attempt(() => heldLeases(rows)),
  };
}

async function acquire(rows: Collection<LeaseRow>, name: string, holder: string, milliseconds: number): Promise<Lease | undefined> {
  const me = { $literal: holder };
  const until = { $ifNull: ['$lease.until', 0] };
  const own = { $and: [{ $eq: ['$lease.holder', me] }, { $gt: [until, 0] }] };
  const free = { $lte: [until, now] };
  const token = { $ifNull: ['$lease.token', 0] };
  const lease = { holder: me, token: { $cond: [own, token, { $add: [token, 1] }] }, until: { $add: [now, milliseconds] } };
  const take: Bson[] = [{ $set: { lease: { $cond: [{ $or: [own, free] }, lease, '$lease'] } } }];
  const row = await retryOnDuplicate(() => rows.findOneAndUpdate({ _id: name }, take, { upsert: true, returnDocument: 'after' }));
  return row?.lease?.holder === holder ? { name, holder, token: row.lease.token } : undefined;
}

/** When two clients insert the same document at once, one of them gets a duplicate-key error. */
async function retryOnDuplicate<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return work();
    throw error;
  }
}

/** Other documents stay, so that their tokens never decrease. A member that is renewed meanwhile stays, or is created again. */
async function deleteExpiredMembers(rows: Collection<LeaseRow>): Promise<void> {
  const isMember = { $eq: ['$_id', { $concat: [MEMBER, '$lease.holder'] }] };
  await rows.deleteMany({ $expr: { $and: [isMember, { $lte: ['$lease.until', now] }] } });
}

async function heldLeases(rows: Collection<LeaseRow>): Promise<readonly HeldLease[]> {
  const found = await rows
    .find({ $expr: { $gt: ['$lease.until', now] } })
    .sort({ _id: 1 })
    .toArray();
  return found.flatMap(({ _id: name, lease }) =>
    lease ? [{ name, holder: lease.holder, token: lease.token, until: new Date(lease.until).toISOString() }] : [],
  );
}

/** @throws LeaseLost when the token is no longer current. */
export function mustHold(row: LeaseRow | null | undefined, { name, token }: Lease): void {
  if (row?.lease?.token !== token) throw new LeaseLost(name);
}
