/** One page of a list: the statement that finds it, and the JSON that its rows become. */
import type { Database } from '../../sqlite/database.js';
import { sortColumn } from '../shared/columns.js';
import { decodeCursor, encodeCursor, fingerprint } from '../shared/cursor.js';
import type { ListPage, ListQuery, Order } from '../port/query.js';
import type { Layout } from './layout.js';
import { pastDocument, sourcesOf } from './selection.js';
import { and, FALSE, identifier, join, or, raw, sql, TRUE, type Bound, type Sql } from './sql.js';

export interface PageQuery {
  readonly query: Sql;
  readonly first: number;
  readonly fingerprint: string;
}

interface Term {
  readonly column: Sql;
  readonly descending: boolean;
}

/** A row: the document, the values that it is ordered by, its key. One row more than requested is read, to know whether there is a next page. */
type PageRow = readonly [document: string, ...place: Bound[]];

/**
 * @param indexed whether the build has its indexes
 * @throws TypeError when the order, a filter or the search does not fit the read model.
 * @throws BadCursor when the cursor belongs to another order.
 */
export function pageQuery(layout: Layout, { orderBy, first, after, ...selection }: ListQuery, indexed: boolean): PageQuery {
  const terms = termsOf(layout, orderBy);
  const print = fingerprint(
    layout.model.name,
    orderBy.map(({ column, descending }) => `${descending ? '-' : '+'}${column}`),
  );
  const place = after === undefined ? undefined : decodeCursor(print, after, terms.length);
  const starts = place ? startsAfter(terms, place) : [TRUE];
  const columns = join([raw('document'), ...terms.map(({ column }, index) => sql`${column} AS ${nth(index)}`)]);
  // Superseded documents are read by id only for the rows on the page.
  const document =
    selection.asOf === undefined ? raw('document') : sql`iif(typeof(document) = 'integer', ${pastDocument(layout)}, document)`;
  const places = terms.map((_, index) => nth(index));
  const order = join(terms.map(({ descending }, index) => sql`${nth(index)} ${raw(descending ? 'DESC' : 'ASC')}`));
  const end = sql`ORDER BY ${order} LIMIT ${first + 1}`;
  const branches = sourcesOf(layout, selection, indexed).flatMap(({ table, condition }) =>
    starts.map((start) => sql`SELECT ${columns} FROM ${table} WHERE ${and([condition, start])} ${end}`),
  );
  const [only] = branches;
  const together = join(
    branches.map((branch) => sql`SELECT * FROM (${branch})`),
    ' UNION ALL ',
  );
  const merged = sql`SELECT ${join([document, ...places])} FROM (${together}) ${end}`;
  return { query: only && branches.length === 1 ? only : merged, first, fingerprint: print };
}

/** Reads the page, in the form of the port. */
export function readPage(database: Database, { query, first, fingerprint: print }: PageQuery): ListPage {
  const rows = database.prepare<PageRow>(query.text, { arrays: true }).all(...query.values);
  const items = rows.slice(0, first).map(([document, ...place]) => {
    return `{"key":${JSON.stringify(place.at(-1))},"cursor":"${encodeCursor(print, place)}","document":${document}}`;
  });
  return { json: `[${items.join(',')}]`, hasNext: rows.length > first };
}

/** The columns to order by, then the key, in the direction of the last column so that one index serves both. */
function termsOf(layout: Layout, orderBy: readonly Order[]): readonly Term[] {
  const terms = orderBy.map(({ column: name, descending }): Term => {
    return { column: sortColumn(layout.model, layout.columns, name).ordered, descending };
  });
  return [...terms, { column: raw('key'), descending: terms.at(-1)?.descending ?? false }];
}

function nth(index: number): Sql {
  return identifier(`o${index}`);
}

/**
 * Conditions of which each row after the place meets exactly one. Each begins with a range that an index can seek. Null comes before every value,
 * and every column may be null.
 */
function startsAfter(terms: readonly Term[], place: readonly Bound[]): readonly Sql[] {
  const [term] = terms;
  const [value = null] = place;
  if (!term || terms.length === 1) return [after(terms, place)];
  const { column, descending } = term;
  const none = sql`${column} IS NULL`;
  if (value === null) {
    const ties = and([none, after(terms.slice(1), place.slice(1))]);
    return descending ? [ties] : [ties, sql`${column} IS NOT NULL`];
  }
  // For one column and the key, SQLite can seek both in one comparison.
  const pair = terms.length === 2 ? sql`(${column}, key) ${raw(descending ? '<' : '>')} (${value}, ${place[1] ?? null})` : undefined;
  const values = pair ?? and([sql`${column} ${raw(descending ? '<=' : '>=')} ${value}`, after(terms, place)]);
  return descending ? [values, none] : [values];
}

/** Whether a row comes after the place. */
function after([term, ...others]: readonly Term[], [value = null, ...rest]: readonly Bound[]): Sql {
  if (!term) return FALSE;
  return or([ahead(term, value), and([sql`${term.column} IS ${value}`, after(others, rest)])]);
}

function ahead({ column, descending }: Term, value: Bound): Sql {
  if (value === null) return descending ? FALSE : sql`${column} IS NOT NULL`;
  return descending ? sql`(${column} < ${value} OR ${column} IS NULL)` : sql`${column} > ${value}`;
}
