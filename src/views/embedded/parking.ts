/** Events that wait for their documents, in the file. */
import { parseStreamName, streamName, type Position } from '../../kernel/event.js';
import type { Database } from '../../sqlite/database.js';
import type { Build } from '../builds.js';
import type { ParkedDocument, ParkingChange, WaitingEvent } from '../port.js';
import { and, join, raw, sql, TRUE, type Sql } from './sql.js';

type Row = Omit<WaitingEvent, 'stream'> & { readonly stream: string };

const columns = raw('key, position, id, type, stream, revision, error, attempts, parked_at AS parkedAt');

export function park(database: Database, { model, number }: Build, changes: readonly ParkingChange[]): void {
  const put = database.prepare(
    `INSERT OR REPLACE INTO parking (name, number, key, position, id, type, stream, revision, error, attempts, parked_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const remove = database.prepare('DELETE FROM parking WHERE name = ? AND number = ? AND key = ? AND position = ?');
  for (const change of changes) {
    const { key, position } = change;
    if ('done' in change) {
      remove.run(model.name, number, toStored(key), position);
    } else {
      const { id, type, stream, revision, error, attempts, parkedAt } = change;
      put.run(model.name, number, toStored(key), position, id, type, streamName(stream), revision, error, attempts, parkedAt);
    }
  }
}

export interface ParkedOptions {
  readonly first: number;
  readonly after?: string;
  readonly keys?: readonly string[];
}

/** The first event of each document that waits, and how many there are. */
export function parkedIn(database: Database, build: Build, { first, after, keys }: ParkedOptions): readonly ParkedDocument[] {
  const condition = and([
    ofBuild(build),
    after === undefined ? TRUE : sql`key > ${toStored(after)}`,
    keys === undefined ? TRUE : sql`key IN (SELECT value FROM json_each(${JSON.stringify(keys.map(toStored))}))`,
  ]);
  // Of a group with a minimum SQLite takes the other columns from the row that has it.
  const { text, values } = sql`SELECT ${join([columns, raw('min(position), count(*) AS waiting')])} FROM parking
    WHERE ${condition} GROUP BY key ORDER BY key LIMIT ${first}`;
  return database
    .prepare<Row & { readonly waiting: number }>(text)
    .all(...values)
    .map((row) => ({ first: eventOf(row), waiting: row.waiting }));
}

export interface WaitingOptions {
  readonly first: number;
  readonly after?: Position;
}

export function waitingIn(database: Database, build: Build, key: string, { first, after = -1 }: WaitingOptions): readonly WaitingEvent[] {
  const { text, values } = sql`SELECT ${columns} FROM parking
    WHERE ${and([ofBuild(build), sql`key = ${toStored(key)}`, sql`position > ${after}`])} ORDER BY position LIMIT ${first}`;
  return database
    .prepare<Row>(text)
    .all(...values)
    .map(eventOf);
}

function ofBuild({ model, number }: Build): Sql {
  return sql`name = ${model.name} AND number = ${number}`;
}

function eventOf({ key, position, id, type, stream, revision, error, attempts, parkedAt }: Row): WaitingEvent {
  return { key: fromStored(key), position, id, type, stream: parseStreamName(stream), revision, error, attempts, parkedAt };
}

/** The driver ends text at its first U+0000, which a key may begin with: written otherwise, in a way that keeps keys apart and in order. */
function toStored(key: string): string {
  return key.replaceAll('\u0001', '\u0001\u0002').replaceAll('\u0000', '\u0001\u0001');
}

function fromStored(key: string): string {
  return key.replaceAll('\u0001\u0001', '\u0000').replaceAll('\u0001\u0002', '\u0001');
}
