/**
 * Leases, in the register's document of the name. Times are the server's clock. Tokens never go back, since all documents but those of members
 * stay.
 */
import { MongoServerError, type Document as Bson } from 'mongodb';
import { MEMBER } from '../members.js';
import type { HeldLease, Lease } from '../port.js';
import type { Register } from './register.js';

const DUPLICATE_KEY = 11_000;

/** The server's clock, in milliseconds since 1970. */
const now = { $toLong: '$$NOW' };

export async function takeLeases(
  register: Register,
  names: readonly string[],
  holder: string,
  milliseconds: number,
): Promise<readonly Lease[]> {
  const taken = await Promise.all(names.map((name) => takeLease(register, name, holder, milliseconds)));
  await forgetMembers(register);
  return taken.flatMap((lease) => lease ?? []);
}

async function takeLease(register: Register, name: string, holder: string, milliseconds: number): Promise<Lease | undefined> {
  const me = { $literal: holder };
  const until = { $ifNull: ['$lease.until', 0] };
  const own = { $and: [{ $eq: ['$lease.holder', me] }, { $gt: [until, 0] }] };
  const free = { $lte: [until, now] };
  const token = { $ifNull: ['$lease.token', 0] };
  const lease = { holder: me, token: { $cond: [own, token, { $add: [token, 1] }] }, until: { $add: [now, milliseconds] } };
  const take: Bson[] = [{ $set: { lease: { $cond: [{ $or: [own, free] }, lease, '$lease'] } } }];
  const row = await retried(() => register.findOneAndUpdate({ _id: name }, take, { upsert: true, returnDocument: 'after' }));
  return row?.lease?.holder === holder ? { name, holder, token: row.lease.token } : undefined;
}

/** Of two that insert the same document at once, one is told that it is there. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return work();
    throw error;
  }
}

export async function giveBackLeases(register: Register, leases: readonly Lease[]): Promise<void> {
  for (const { name, holder, token } of leases) {
    await register.updateOne({ _id: name, 'lease.holder': holder, 'lease.token': token }, { $set: { 'lease.until': 0 } });
  }
  await forgetMembers(register);
}

/** Deletes the members that were given back or have run out. One that is taken again meanwhile stays, or is made anew. */
async function forgetMembers(register: Register): Promise<void> {
  const isMember = { $eq: ['$_id', { $concat: [MEMBER, '$lease.holder'] }] };
  await register.deleteMany({ $expr: { $and: [isMember, { $lte: ['$lease.until', now] }] } });
}

export async function heldLeases(register: Register): Promise<readonly HeldLease[]> {
  const rows = await register
    .find({ $expr: { $gt: ['$lease.until', now] } })
    .sort({ _id: 1 })
    .toArray();
  return rows.flatMap(({ _id: name, lease }) =>
    lease ? [{ name, holder: lease.holder, token: lease.token, until: new Date(lease.until).toISOString() }] : [],
  );
}
