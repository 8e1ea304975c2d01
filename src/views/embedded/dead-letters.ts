/** Dead letters in the file: one row per unapplied event. */
import { parseStreamName, streamName } from '../../kernel/event.js';
import type { Database } from '../../sqlite/database.js';
import type { Build } from '../port/builds.js';
import type { DeadLetter, DeadLetterChange, DeadLetterOptions, UnappliedEvent, UnappliedEventOptions } from '../port/dead-letters.js';
import { and, join, raw, sql, TRUE, type Sql } from './sql.js';

type Row = Omit<UnappliedEvent, 'stream'> & { readonly stream: string };

const columns = raw('key, position, id, type, stream, revision, error, attempts, since');

export function writeDeadLetters(database: Database, { model, number }: Build, changes: readonly DeadLetterChange[]): void {
  const put = database.prepare(
    `INSERT OR REPLACE INTO dead_letters (name, number, key, position, id, type, stream, revision, error, attempts, since)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const remove = database.prepare('DELETE FROM dead_letters WHERE name = ? AND number = ? AND key = ? AND position = ?');
  for (const change of changes) {
    const { key, position } = change;
    if ('done' in change) {
      remove.run(model.name, number, toStored(key), position);
    } else {
      const { id, type, stream, revision, error, attempts, since } = change;
      put.run(model.name, number, toStored(key), position, id, type, streamName(stream), revision, error, attempts, since);
    }
  }
}

export function deleteDeadLetters(database: Database, { model, number }: Build, keys: readonly string[]): void {
  const remove = database.prepare('DELETE FROM dead_letters WHERE name = ? AND number = ? AND key = ?');
  for (const key of keys) remove.run(model.name, number, toStored(key));
}

/** The first unapplied event of each dead letter, and how many there are. */
export function deadLettersIn(database: Database, build: Build, { first, after, keys }: DeadLetterOptions): readonly DeadLetter[] {
  const condition = and([
    ofBuild(build),
    after === undefined ? TRUE : sql`key > ${toStored(after)}`,
    keys === undefined ? TRUE : sql`key IN (SELECT value FROM json_each(${JSON.stringify(keys.map(toStored))}))`,
  ]);
  // In a group with min(), SQLite takes the other columns from the row with the minimum.
  const { text, values } = sql`SELECT ${join([columns, raw('min(position), count(*) AS eventCount')])} FROM dead_letters
    WHERE ${condition} GROUP BY key ORDER BY key LIMIT ${first}`;
  return database
    .prepare<Row & { readonly eventCount: number }>(text)
    .all(...values)
    .map((row) => ({ first: eventOf(row), eventCount: row.eventCount }));
}

export function unappliedEventsIn(
  database: Database,
  build: Build,
  key: string,
  { first, after = -1 }: UnappliedEventOptions,
): readonly UnappliedEvent[] {
  const { text, values } = sql`SELECT ${columns} FROM dead_letters
    WHERE ${and([ofBuild(build), sql`key = ${toStored(key)}`, sql`position > ${after}`])} ORDER BY position LIMIT ${first}`;
  return database
    .prepare<Row>(text)
    .all(...values)
    .map(eventOf);
}

function ofBuild({ model, number }: Build): Sql {
  return sql`name = ${model.name} AND number = ${number}`;
}

function eventOf({ key, position, id, type, stream, revision, error, attempts, since }: Row): UnappliedEvent {
  return { key: fromStored(key), position, id, type, stream: parseStreamName(stream), revision, error, attempts, since };
}

/** The driver ends text at the first U+0000, which a key may contain. This escape keeps keys distinct and in order. */
function toStored(key: string): string {
  return key.replaceAll('\u0001', '\u0001\u0002').replaceAll('\u0000', '\u0001\u0001');
}

function fromStored(key: string): string {
  return key.replaceAll('\u0001\u0001', '\u0000').replaceAll('\u0001\u0002', '\u0001');
}
