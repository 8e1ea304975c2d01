/** The limit of a rebuild: read the plain table, fold both read models in memory, write the changed documents every 5,000 events. */
import { DatabaseSync } from '@photostructure/sqlite';
import type { DealEvent } from '../deal/contract.js';
import { emptyMonth, type DealDoc, type MonthDoc } from '../deal/read-models.js';
import type { PlainEvent, PlainLog } from './log.js';

const PAGE = 5_000;

/** A document with the position of its last change, and the documents superseded since it was written. */
interface Kept<Doc> {
  document: Doc;
  since: number;
}

/**
 * Builds both read models into a new file: tables `deals` and `months` of current documents, and `superseded` when versions are kept.
 * @returns the number of documents of each
 */
export function rebuildPlain(log: PlainLog, file: string, versions: boolean): { readonly deals: number; readonly months: number } {
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;
    CREATE TABLE deals (key TEXT PRIMARY KEY, since INTEGER NOT NULL, document TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE months (key TEXT PRIMARY KEY, since INTEGER NOT NULL, document TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE superseded (until INTEGER NOT NULL, key TEXT NOT NULL, since INTEGER NOT NULL, document TEXT NOT NULL, PRIMARY KEY (until, key)) WITHOUT ROWID`);
  const upsert = (table: string) =>
    database.prepare(
      `INSERT INTO ${table} VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET since = excluded.since, document = excluded.document`,
    );
  const tables = { deals: upsert('deals'), months: upsert('months') };
  const supersede = database.prepare('INSERT INTO superseded VALUES (?, ?, ?, ?)');
  const deals = new Map<string, Kept<DealDoc>>();
  const months = new Map<string, Kept<MonthDoc>>();

  for (let after = 0; ;) {
    const events = log.page(after, PAGE);
    if (events.length === 0) break;
    const changed = { deals: new Set<string>(), months: new Set<string>() };
    database.exec('BEGIN');
    const put = <Doc>(documents: Map<string, Kept<Doc>>, touched: Set<string>, key: string, position: number, document: Doc): void => {
      const before = documents.get(key);
      if (versions && before) supersede.run(position, key, before.since, JSON.stringify(before.document));
      documents.set(key, { document, since: position });
      touched.add(key);
    };
    for (const { stream, position, ...event } of events) {
      put(deals, changed.deals, stream, position, dealAfter(deals.get(stream)?.document, stream, event));
      const month = monthAfter(months, event);
      if (month) put(months, changed.months, month.id, position, month);
    }
    for (const key of changed.deals) write(tables.deals, key, deals.get(key));
    for (const key of changed.months) write(tables.months, key, months.get(key));
    database.exec('COMMIT');
    after = events.at(-1)?.position ?? after;
  }
  const count = (table: string) => (database.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { readonly n: number }).n;
  const counts = { deals: count('deals'), months: count('months') };
  database.close();
  return counts;
}

function write(statement: { run(...values: (string | number)[]): unknown }, key: string, kept: Kept<unknown> | undefined): void {
  if (kept) statement.run(key, kept.since, JSON.stringify(kept.document));
}

function dealAfter(before: DealDoc | undefined, id: string, { type, data, metadata }: PlainEvent): DealDoc {
  const event = { type, data } as DealEvent;
  const changedAt = metadata.occurredAt;
  if (event.type === 'DealOpened') {
    const { name, ownerId, stage, amount } = event.data;
    return { id, name, ownerId, status: 'open', stage, amount, calls: 0, changedAt, stages: [{ stage, since: changedAt }] };
  }
  if (!before) throw new RangeError(`The deal ${id} was not opened.`);
  switch (event.type) {
    case 'DealStageChanged':
      return { ...before, stage: event.data.to, changedAt, stages: [...before.stages, { stage: event.data.to, since: changedAt }] };
    case 'DealCallLogged':
      return { ...before, calls: before.calls + 1, changedAt };
    case 'DealWon':
      return { ...before, status: 'won', changedAt };
    case 'DealLost':
      return { ...before, status: 'lost', changedAt };
  }
}

function monthAfter(months: ReadonlyMap<string, Kept<MonthDoc>>, { type, data, metadata }: PlainEvent): MonthDoc | undefined {
  const event = { type, data } as DealEvent;
  if (event.type !== 'DealWon' && event.type !== 'DealLost') return undefined;
  const { ownerId, amount } = event.data;
  const empty = emptyMonth(metadata.occurredAt.slice(0, 7), ownerId);
  const before = months.get(empty.id)?.document ?? empty;
  const plus = (sums: MonthDoc['wonAmount']) => ({ ...sums, [amount.currency]: (sums[amount.currency] ?? 0) + amount.amount });
  return event.type === 'DealWon'
    ? { ...before, won: before.won + 1, wonAmount: plus(before.wonAmount) }
    : { ...before, lost: before.lost + 1, lostAmount: plus(before.lostAmount) };
}
