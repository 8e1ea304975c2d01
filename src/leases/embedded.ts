/** Leases in a SQLite file, one row each. Times are the machine's clock. */
import type { Database } from '../sqlite/database.js';
import { LeaseLost } from './errors.js';
import { MEMBER } from './members.js';
import type { HeldLease, Lease, LeaseStore } from './port.js';

export const leasesTable = `CREATE TABLE leases (
  name TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, token INTEGER NOT NULL, until INTEGER NOT NULL
) STRICT, WITHOUT ROWID`;

interface Row extends Lease {
  /** Milliseconds since 1970; 0 when it was released. */
  readonly until: number;
}

/** Access to the file that the leases are in. */
export interface LeaseFile {
  read<T>(work: (database: Database) => T): Promise<T>;
  /** The same in a transaction. */
  write<T>(work: (database: Database) => T): Promise<T>;
}

export function embeddedLeases(file: LeaseFile): LeaseStore {
  return {
    acquire: (names, holder, milliseconds) => file.write((database) => acquire(database, names, holder, milliseconds)),
    release: (leases) => file.write((database) => release(database, leases)),
    held: () => file.read(heldLeases),
  };
}

function acquire(database: Database, names: readonly string[], holder: string, milliseconds: number): readonly Lease[] {
  const now = Date.now();
  const put = database.prepare(
    `INSERT INTO leases (name, holder, token, until) VALUES (?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = excluded.token, until = excluded.until`,
  );
  const acquired = names.flatMap((name) => {
    const row = leaseOf(database, name);
    const own = row?.holder === holder && row.until > 0;
    if (row && !own && row.until > now) return [];
    const lease: Lease = { name, holder, token: own ? row.token : (row?.token ?? 0) + 1 };
    put.run(name, holder, lease.token, now + milliseconds);
    return [lease];
  });
  deleteExpiredMembers(database);
  return acquired;
}

function release(database: Database, leases: readonly Lease[]): void {
  const free = database.prepare('UPDATE leases SET until = 0 WHERE name = ? AND holder = ? AND token = ?');
  for (const { name, holder, token } of leases) free.run(name, holder, token);
  deleteExpiredMembers(database);
}

/** Other rows stay, so that their tokens never decrease. */
function deleteExpiredMembers(database: Database): void {
  database.prepare('DELETE FROM leases WHERE name = ? || holder AND until <= ?').run(MEMBER, Date.now());
}

function heldLeases(database: Database): readonly HeldLease[] {
  return database
    .prepare<Row>('SELECT name, holder, token, until FROM leases WHERE until > ? ORDER BY name')
    .all(Date.now())
    .map((row) => ({ ...row, until: new Date(row.until).toISOString() }));
}

/** @throws LeaseLost when the token is no longer current. */
export function mustHold(database: Database, { name, token }: Lease): void {
  if (leaseOf(database, name)?.token !== token) throw new LeaseLost(name);
}

function leaseOf(database: Database, name: string): Row | undefined {
  return database.prepare<Row>('SELECT name, holder, token, until FROM leases WHERE name = ?').get(name);
}
