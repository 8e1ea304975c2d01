/** Filters and searches as SQL conditions. Each one is true or not: what SQL would call unknown is not. */
import { fold, words } from '../../kernel/fold.js';
import { afterPrefix, comparable, filterColumn } from '../columns.js';
import { conditionOf, type Comparison, type Conditions } from '../condition.js';
import type { Scalar, Where } from '../query.js';
import type { Layout, StoredColumn } from './layout.js';
import { and, FALSE, or, raw, sql, type Bound, type Sql } from './sql.js';

/** @throws TypeError when a column is not declared for filters, or a value is not of its type. */
export function condition(layout: Layout, where: Where): Sql {
  return conditionOf(conditions, (name) => filterColumn(layout.model, layout.columns, name), where);
}

const conditions: Conditions<Sql, StoredColumn> = { and, or, not: (part) => sql`((${part}) IS NOT TRUE)`, comparison, among };

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
 * Folded text has the index, so equal text is looked for there first. The sign before a column of few values keeps SQLite from beginning
 * with it: without statistics it takes any equality for a rare one.
 */
function equal({ value: stored, ordered, kind, fewValues }: StoredColumn, value: Bound): Sql {
  if (fewValues) return sql`+${stored} = ${value}`;
  return kind === 'text' ? sql`(${ordered} = ${fold(String(value))} AND ${stored} = ${value})` : sql`${stored} = ${value}`;
}

/** Documents that have this value in a column, by the index that `findStatement` makes. @throws TypeError as `condition` does. */
export function having(layout: Layout, name: string, value: Scalar): { readonly column: StoredColumn; readonly condition: Sql } {
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
  // Ids, choices and dates are ASCII, where lower case is all that folding does.
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

/** The words that a search asks for, each as the beginning of a word; none when it has no letter or digit, which finds everything. */
function wanted(layout: Layout, search: string): readonly string[] {
  if (layout.searched.length === 0) throw new TypeError(`${layout.model.name} has no searched columns.`);
  return words(search);
}

/** The condition on current documents that have their index of words. @throws TypeError when the model has no searched columns. */
export function searchCurrent(layout: Layout, search: string): Sql {
  return and(wanted(layout, search).map((word) => sql`id IN (SELECT id FROM ${layout.words} WHERE ${startsWith(raw('word'), word)})`));
}

/** The condition on superseded documents, and on current ones without an index of words: by the words kept with each. */
export function searchPast(layout: Layout, search: string): Sql {
  return and(wanted(layout, search).map((word) => sql`instr(words, ${` ${word}`}) > 0`));
}
