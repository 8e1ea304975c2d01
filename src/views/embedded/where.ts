/** Filters and searches as SQL conditions. Each one is true or not: what SQL would call unknown is not. */
import { fold, words } from '../../../contracts/fold.js';
import { afterPrefix, comparable, currencyColumn, filterColumn } from '../shared/columns.js';
import { conditionOf, type Comparison, type Conditions } from '../shared/condition.js';
import type { Scalar, Where } from '../port/query.js';
import type { Layout, StoredColumn } from './layout.js';
import { and, FALSE, join, or, raw, sql, type Bound, type Sql } from './sql.js';

/** The condition on current documents. @throws TypeError when a column is not declared for filters, or a value is not of its type. */
export function condition(layout: Layout, where: Where): Sql {
  return conditionOf({ ...conditions, withKey }, (name) => filterColumn(layout.model, layout.columns, name), where);
}

/** The condition on superseded documents. @throws as `condition` */
export function pastCondition(layout: Layout, where: Where): Sql {
  const pastWithKey = (keys: readonly string[]): Sql => withPastKey(layout, keys);
  return conditionOf({ ...conditions, withKey: pastWithKey }, (name) => filterColumn(layout.model, layout.columns, name), where);
}

const conditions: Omit<Conditions<Sql, StoredColumn>, 'withKey'> = {
  and,
  or,
  not: (part) => sql`((${part}) IS NOT TRUE)`,
  comparison,
  inCurrency,
  among,
};

function withKey(keys: readonly string[]): Sql {
  return keys.length > 0 ? sql`key IN (SELECT value FROM json_each(${JSON.stringify(keys)}))` : FALSE;
}

/** Past versions are found by the ids of current and of removed documents. */
function withPastKey({ current, removed }: Layout, keys: readonly string[]): Sql {
  const ids = [current, removed].map((table) => sql`SELECT id FROM ${table} WHERE ${withKey(keys)}`);
  return keys.length > 0 ? sql`id IN (${join(ids, ' UNION ALL ')})` : FALSE;
}

function inCurrency(column: StoredColumn, currency: string): Sql {
  return sql`${currencyColumn(column)} IS ${currency}`;
}

function comparison(column: StoredColumn, { op, value }: Comparison): Sql {
  const { value: stored, ordered, kind } = column;
  if (op === 'eq') return value === null ? sql`${stored} IS NULL` : equal(column, comparable(column, value));
  if (op === 'ne') return value === null ? sql`${stored} IS NOT NULL` : sql`${stored} IS NOT ${comparable(column, value)}`;
  if (value === null) return FALSE;
  if (op === 'startsWith' || op === 'contains' || op === 'agree') return textual(column, op, String(comparable(column, value)));
  const limit = comparable(column, value);
  return sql`${ordered} ${operators[op]} ${kind === 'text' ? fold(String(limit)) : limit}`;
}

const operators = { lt: raw('<'), lte: raw('<='), gt: raw('>'), gte: raw('>=') };

/**
 * The index is on folded text, so equal text is looked up there first. The `+` before a column of few values keeps SQLite from using its index:
 * without statistics it assumes that every equality is selective.
 */
function equal({ value: stored, ordered, kind, fewValues }: StoredColumn, value: Bound): Sql {
  if (fewValues) return sql`+${stored} = ${value}`;
  return kind === 'text' ? sql`(${ordered} = ${fold(String(value))} AND ${stored} = ${value})` : sql`${stored} = ${value}`;
}

/** The condition that a column has this value; uses the index of `findStatement`. @throws TypeError as `condition` does. */
export function columnEquals(layout: Layout, name: string, value: Scalar): { readonly column: StoredColumn; readonly condition: Sql } {
  const column = filterColumn(layout.model, layout.columns, name);
  const { value: stored, ordered, kind } = column;
  if (value === null) return { column, condition: sql`${ordered} IS NULL` };
  const wanted = comparable(column, value);
  const folded = kind === 'text' ? sql`${ordered} = ${fold(String(wanted))} AND ` : raw('');
  return { column, condition: sql`${folded}${stored} = ${wanted}` };
}

function textual({ spec, ordered, kind }: StoredColumn, op: 'startsWith' | 'contains' | 'agree', value: string): Sql {
  if (kind === 'int' || kind === 'decimal' || kind === 'money' || kind === 'boolean') {
    throw new TypeError(`${spec.name} is not text: ${op} is for text.`);
  }
  const wanted = fold(value);
  // Ids, choices and dates are ASCII, which folding only turns to lower case.
  const folded = kind === 'text' ? ordered : sql`lower(${ordered})`;
  if (op === 'agree') return sql`${folded} = ${wanted}`;
  if (op === 'contains') return sql`instr(${folded}, ${wanted}) > 0`;
  return startsWith(folded, wanted);
}

function startsWith(text: Sql, start: string): Sql {
  const end = afterPrefix(start);
  if (start === '') return sql`${text} IS NOT NULL`;
  return end === undefined ? sql`${text} >= ${start}` : sql`(${text} >= ${start} AND ${text} < ${end})`;
}

function among(column: StoredColumn, values: readonly Scalar[]): Sql {
  const found = JSON.stringify(values.filter((value) => value !== null).map((value) => comparable(column, value)));
  const { value: stored, ordered, kind } = column;
  const given = sql`${stored} IN (SELECT value FROM json_each(${found}))`;
  const foldedToo = () => sql`${ordered} IN (SELECT value FROM json_each(${JSON.stringify((JSON.parse(found) as string[]).map(fold))}))`;
  return or([kind === 'text' ? and([foldedToo(), given]) : given, values.includes(null) ? sql`${stored} IS NULL` : FALSE]);
}

/** The prefixes that a search asks for; none when it has no letter or digit, which finds everything. */
function wanted(layout: Layout, search: string): readonly string[] {
  if (layout.searched.length === 0) throw new TypeError(`${layout.model.name} has no searched columns.`);
  return words(search);
}

/** The condition on current documents, by the index of words. @throws TypeError when the model has no searched columns. */
export function searchCurrent(layout: Layout, search: string): Sql {
  return and(wanted(layout, search).map((word) => sql`id IN (SELECT id FROM ${layout.words} WHERE ${startsWith(raw('word'), word)})`));
}

/** The condition on superseded documents, and on current ones without an index of words: by the words in each row. */
export function searchPast(layout: Layout, search: string): Sql {
  return and(wanted(layout, search).map((word) => sql`instr(words, ${` ${word}`}) > 0`));
}
