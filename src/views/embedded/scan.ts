/** Documents with all kept versions as they are in the file, and how their rows differ from what the documents require. */
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import type { Database } from '../../sqlite/database.js';
import type { DocumentHistory } from '../port/audit.js';
import type { Layout } from './layout.js';
import { valuesOf } from './row.js';
import { join, raw, sql, TRUE, type Bound, type Sql } from './sql.js';
import type { OrphanedRowsByKey } from './orphaned-rows.js';
import { wordsIn } from './table.js';

/** `id` is null for a superseded document, which has no words in the index. */
type Row = readonly [
  since: Position,
  until: Position | null,
  id: number | null,
  stray: Astray,
  document: string | null,
  ...values: Bound[],
];

/** Damage: a row that its key's document does not refer to; a row that a document refers to, with another key. */
type Astray = 'link to its document' | 'key' | null;

interface Version {
  readonly stray: Astray;
  readonly since: Position;
  readonly until: Position | null;
  readonly document: Document;
  readonly damage: string | undefined;
}

/**
 * A page of a scan.
 * @param indexed whether the build has its index of words
 */
export function scanned(
  database: Database,
  layout: Layout,
  indexed: boolean,
  strays: OrphanedRowsByKey,
  after: string | undefined,
  limit: number,
): readonly DocumentHistory[] {
  return database.snapshot(() => {
    const read = historyReader(database, layout, indexed, strays);
    return keysAfter(database, layout, strays, after, limit).map(read);
  });
}

/** The histories of these keys. @param indexed whether the build has its index of words */
export function historiesOf(database: Database, layout: Layout, indexed: boolean, keys: readonly string[]): readonly DocumentHistory[] {
  return database.snapshot(() => keys.map(historyReader(database, layout, indexed, new Map())));
}

function keysAfter(
  database: Database,
  { model, current, removed }: Layout,
  strays: OrphanedRowsByKey,
  after: string | undefined,
  limit: number,
): readonly string[] {
  const behind = after === undefined ? TRUE : sql`key > ${after}`;
  const stray = sql`(SELECT value AS key FROM json_each(${JSON.stringify([...strays.keys()])}))`;
  const keys = [current, ...(model.history ? [removed] : []), ...(strays.size > 0 ? [stray] : [])].map(
    (table) => sql`SELECT key FROM (SELECT key FROM ${table} WHERE ${behind} ORDER BY key LIMIT ${limit})`,
  );
  const { text, values } = sql`${join(keys, ' UNION ')} ORDER BY key LIMIT ${limit}`;
  return database
    .prepare<readonly [string]>(text, { arrays: true })
    .all(...values)
    .map(([key]) => key);
}

function historyReader(database: Database, layout: Layout, indexed: boolean, strays: OrphanedRowsByKey): (key: string) => DocumentHistory {
  const read = versionReader(database, layout, indexed);
  return (key) => {
    const astray = strays.get(key);
    const versions = read(key, astray?.rows ?? []);
    const damage = versions.flatMap((version) => version.damage ?? []);
    if (astray?.words) damage.push('an index of words that has more than that');
    return {
      key,
      versions: versions.filter(({ stray }) => stray !== 'key').map(({ since, until, document }) => ({ since, until, document })),
      ...(damage.length === 0 ? {} : { damage: damage.join('; ') }),
    };
  };
}

/** The versions that a key's document refers to, and those with the same key and other ids. */
function versionReader(database: Database, layout: Layout, indexed: boolean): (key: string, ids: readonly number[]) => readonly Version[] {
  const { model, current, past, removed, pastDocuments, words, sqlColumns, searched } = layout;
  const columns = join(
    sqlColumns.map(({ name }) => sql`, ${name}`),
    '',
  );
  const prepare = ({ text }: Sql) => database.prepare<Row>(text, { arrays: true });
  const now = prepare(sql`SELECT since, NULL, id, NULL, document${columns} FROM ${current} WHERE key = ?`);
  const superseded = (stray: Sql, which: Sql) =>
    prepare(sql`SELECT since, until, NULL, ${stray}, (SELECT text FROM ${pastDocuments} WHERE id = document)${columns}
      FROM ${past} WHERE ${which} ORDER BY until`);
  const own = join(
    [current, removed].map((table) => sql`SELECT id FROM ${table} WHERE key = ?1`),
    ' UNION ALL ',
  );
  const then = model.history ? superseded(raw(`iif(key = ?1, NULL, 'key')`), sql`id IN (${own})`) : undefined;
  const besides = model.history
    ? superseded(raw(`'link to its document'`), sql`key = ?1 AND id IN (SELECT value FROM json_each(?2))`)
    : undefined;
  const wordOf = indexed && searched.length > 0 ? database.prepare(`SELECT 1 FROM ${words.text} WHERE word = ? AND id = ?`) : undefined;

  /** How a document's row is damaged. */
  const damaged = (document: Document, id: number | null, values: readonly Bound[]): readonly string[] => {
    const expected = storable(layout, document);
    if (!expected) return ['document'];
    const wrong = sqlColumns.flatMap(({ title }, index) => (values[index] === expected[index] ? [] : [title]));
    const found = id === null || !wordOf || [...wordsIn(expected.at(-1))].every((word) => wordOf.get(word, id));
    return found ? wrong : [...wrong, 'index of words'];
  };
  const versionOf = ([since, until, id, stray, text, ...values]: Row): Version => {
    const document = parsed(text);
    const titles = [...(document ? damaged(document, id, values) : ['document']), ...(stray === null ? [] : [stray])];
    const which = until === null ? 'the current version' : `the version of ${since}`;
    return { stray, since, until, document: document ?? {}, damage: titles.length > 0 ? `${which}: ${titles.join(', ')}` : undefined };
  };
  return (key, ids) => {
    const past = then?.all(key) ?? [];
    if (ids.length > 0) past.push(...(besides?.all(key, JSON.stringify(ids)) ?? []));
    return [...past.sort(([, a], [, b]) => Number(a) - Number(b)), ...now.all(key)].map(versionOf);
  };
}

/** Undefined when the document could not have been stored by this program. */
function storable(layout: Layout, document: Document): readonly Bound[] | undefined {
  try {
    return valuesOf(layout, document);
  } catch {
    return undefined; // Not written by this program: reported as damage.
  }
}

function parsed(text: string | null): Document | undefined {
  try {
    return JSON.parse(text ?? '') as Document;
  } catch {
    return undefined; // Not written by this program: reported as damage.
  }
}
