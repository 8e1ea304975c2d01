/** Leases in the file: one row each. All but members' stay, so that tokens never go back. Times are the machine's clock. */
import type { Database } from '../../sqlite/database.js';
import { LeaseLost } from '../errors.js';
import { MEMBER } from '../members.js';
import type { HeldLease, Lease } from '../port.js';

interface Row extends Lease {
  /** Milliseconds since 1970; 0 when it was given back. */
  readonly until: number;
}

export function takeLeases(database: Database, names: readonly string[], holder: string, milliseconds: number): readonly Lease[] {
  const now = Date.now();
  const put = database.prepare(
    `INSERT INTO leases (name, holder, token, until) VALUES (?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = excluded.token, until = excluded.until`,
  );
  const taken = names.flatMap((name) => {
    const row = leaseOf(database, name);
    const own = row?.holder === holder && row.until > 0;
    if (row && !own && row.until > now) return [];
    const lease: Lease = { name, holder, token: own ? row.token : (row?.token ?? 0) + 1 };
    put.run(name, holder, lease.token, now + milliseconds);
    return [lease];
  });
  forgetMembers(database);
  return taken;
}

export function giveBackLeases(database: Database, leases: readonly Lease[]): void {
  const free = database.prepare('UPDATE leases SET until = 0 WHERE name = ? AND holder = ? AND token = ?');
  for (const { name, holder, token } of leases) free.run(name, holder, token);
  forgetMembers(database);
}

/** Deletes the members that were given back or have run out. */
function forgetMembers(database: Database): void {
  database.prepare('DELETE FROM leases WHERE name = ? || holder AND until <= ?').run(MEMBER, Date.now());
}

export function heldLeases(database: Database): readonly HeldLease[] {
  return database
    .prepare<Row>('SELECT name, holder, token, until FROM leases WHERE until > ? ORDER BY name')
    .all(Date.now())
    .map((row) => ({ ...row, until: new Date(row.until).toISOString() }));
}

/** @throws LeaseLost when it was never given, or was taken by another since. */
export function mustHold(database: Database, { name, token }: Lease): void {
  if (leaseOf(database, name)?.token !== token) throw new LeaseLost(name);
}

function leaseOf(database: Database, name: string): Row | undefined {
  return database.prepare<Row>('SELECT name, holder, token, until FROM leases WHERE name = ?').get(name);
}
