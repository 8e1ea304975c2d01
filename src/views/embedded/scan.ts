/** Documents with all their kept versions as they lie in the file, and what of their rows does not follow from them. */
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import type { Database } from '../../sqlite/database.js';
import type { DocumentHistory } from '../port.js';
import type { Layout } from './layout.js';
import { valuesOf } from './row.js';
import { join, sql, TRUE, type Bound, type Sql } from './sql.js';
import { wordsIn } from './table.js';

/** `id` is null of a superseded document, which has no words in the index. */
type Row = readonly [since: Position, until: Position | null, id: number | null, document: string | null, ...values: Bound[]];

interface Version {
  readonly since: Position;
  readonly until: Position | null;
  readonly document: Document;
  readonly damage: string | undefined;
}

/** @param indexed whether the build has its index of words */
export function scanned(
  database: Database,
  layout: Layout,
  indexed: boolean,
  after: string | undefined,
  limit: number,
): readonly DocumentHistory[] {
  return database.snapshot(() => {
    const read = versionReader(database, layout, indexed);
    return keysAfter(database, layout, after, limit).map((key) => {
      const versions = read(key);
      const damage = versions.flatMap((version) => version.damage ?? []).join('; ');
      return {
        key,
        versions: versions.map(({ since, until, document }) => ({ since, until, document })),
        ...(damage === '' ? {} : { damage }),
      };
    });
  });
}

function keysAfter(database: Database, { model, current, removed }: Layout, after: string | undefined, limit: number): readonly string[] {
  const behind = after === undefined ? TRUE : sql`key > ${after}`;
  const keys = [current, ...(model.history ? [removed] : [])].map(
    (table) => sql`SELECT key FROM (SELECT key FROM ${table} WHERE ${behind} ORDER BY key LIMIT ${limit})`,
  );
  const { text, values } = sql`${join(keys, ' UNION ')} ORDER BY key LIMIT ${limit}`;
  return database
    .prepare<readonly [string]>(text, { arrays: true })
    .all(...values)
    .map(([key]) => key);
}

function versionReader(database: Database, layout: Layout, indexed: boolean): (key: string) => readonly Version[] {
  const { model, current, past, removed, pastDocuments, words, sqlColumns, searched } = layout;
  const columns = join(
    sqlColumns.map(({ name }) => sql`, ${name}`),
    '',
  );
  const prepare = ({ text }: Sql) => database.prepare<Row>(text, { arrays: true });
  const now = prepare(sql`SELECT since, NULL, id, document${columns} FROM ${current} WHERE key = ?`);
  const then = model.history
    ? prepare(sql`SELECT since, until, NULL, (SELECT text FROM ${pastDocuments} WHERE id = document)${columns}
        FROM ${past} WHERE id = coalesce((SELECT id FROM ${current} WHERE key = ?1), (SELECT id FROM ${removed} WHERE key = ?1)) ORDER BY until`)
    : undefined;
  const wordOf = indexed && searched.length > 0 ? database.prepare(`SELECT 1 FROM ${words.text} WHERE word = ? AND id = ?`) : undefined;

  /** What is wrong in the row of a document. */
  const damaged = (document: Document, id: number | null, values: readonly Bound[]): readonly string[] => {
    const expected = storable(layout, document);
    if (!expected) return ['document'];
    const wrong = sqlColumns.flatMap(({ title }, index) => (values[index] === expected[index] ? [] : [title]));
    const found = id === null || !wordOf || [...wordsIn(expected.at(-1))].every((word) => wordOf.get(word, id));
    return found ? wrong : [...wrong, 'index of words'];
  };
  const versionOf = ([since, until, id, text, ...values]: Row): Version => {
    const document = parsed(text);
    const titles = document ? damaged(document, id, values) : ['document'];
    const which = until === null ? 'the current version' : `the version of ${since}`;
    return { since, until, document: document ?? {}, damage: titles.length > 0 ? `${which}: ${titles.join(', ')}` : undefined };
  };
  return (key) => [...(then?.all(key) ?? []), ...now.all(key)].map(versionOf);
}

/** Undefined when the document could not have been stored by this program. */
function storable(layout: Layout, document: Document): readonly Bound[] | undefined {
  try {
    return valuesOf(layout, document);
  } catch {
    return undefined; // Somebody else wrote it: it is told as damage.
  }
}

function parsed(text: string | null): Document | undefined {
  try {
    return JSON.parse(text ?? '') as Document;
  } catch {
    return undefined; // Somebody else wrote it: it is told as damage.
  }
}
