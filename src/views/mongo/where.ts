/** Filters and searches as MongoDB's. Each one is true or not, null included. Values stand only where a value is expected, never an operator. */
import type { Document as Bson } from 'mongodb';
import { fold, words } from '../../../contracts/fold.js';
import { afterPrefix, comparable, currencyColumn, filterColumn } from '../shared/columns.js';
import { conditionOf, type Comparison, type Conditions } from '../shared/condition.js';
import type { Scalar, Where } from '../port/query.js';
import type { Layout, StoredColumn } from './layout.js';

export type Condition = Readonly<Bson>;

export const TRUE: Condition = {};
const FALSE: Condition = { _id: { $in: [] } };

export function and(parts: readonly Condition[]): Condition {
  if (parts.includes(FALSE)) return FALSE;
  const left = parts.filter((part) => part !== TRUE);
  return left.length > 1 ? { $and: left } : (left[0] ?? TRUE);
}

export function or(parts: readonly Condition[]): Condition {
  if (parts.includes(TRUE)) return TRUE;
  const left = parts.filter((part) => part !== FALSE);
  return left.length > 1 ? { $or: left } : (left[0] ?? FALSE);
}

function not(part: Condition): Condition {
  if (part === TRUE) return FALSE;
  return part === FALSE ? TRUE : { $nor: [part] };
}

/**
 * @param key the field that holds the key
 * @throws TypeError when a column is not declared for filters, or a value is not of its type.
 */
export function condition(layout: Layout, where: Where, key: '_id' | 'key'): Condition {
  const withKey = (keys: readonly string[]): Condition => (keys.length > 0 ? { [key]: { $in: keys } } : FALSE);
  return conditionOf({ ...conditions, withKey }, (name) => filterColumn(layout.model, layout.columns, name), where);
}

const conditions: Omit<Conditions<Condition, StoredColumn>, 'withKey'> = { and, or, not, comparison, inCurrency, among };

/** Documents that have this value in a column. @throws as `condition` */
export function columnEquals(layout: Layout, name: string, value: Scalar): { readonly column: StoredColumn; readonly filter: Condition } {
  const column = filterColumn(layout.model, layout.columns, name);
  return { column, filter: equal(column, value) };
}

function inCurrency(column: StoredColumn, currency: string): Condition {
  return { [currencyColumn(column)]: { $eq: currency } };
}

function comparison(column: StoredColumn, { op, value }: Comparison): Condition {
  if (op === 'eq') return equal(column, value);
  if (op === 'ne') return { [column.value]: { $ne: value === null ? null : comparable(column, value) } };
  if (value === null) return FALSE;
  if (op === 'startsWith' || op === 'contains' || op === 'agree') return textual(column, op, String(comparable(column, value)));
  const given = comparable(column, value);
  return { [column.ordered]: compared(op, column.kind === 'text' ? fold(String(given)) : given) };
}

/** Null is neither below nor above anything, which the server holds too: it compares values of one type. */
function compared(op: 'lt' | 'lte' | 'gt' | 'gte', limit: string | number): Condition {
  switch (op) {
    case 'lt':
      return { $lt: limit };
    case 'gt':
      return { $gt: limit };
    case 'gte':
      return { $gte: limit };
    case 'lte':
      // The same range as $lte, whose end SecantusDB omits.
      return { $ne: null, $not: { $gt: limit } };
  }
}

/** Folded text has the index, so equal text is looked for there first. */
function equal(column: StoredColumn, value: Scalar): Condition {
  if (value === null) return { [column.value]: { $eq: null } };
  const wanted = comparable(column, value);
  return column.kind === 'text'
    ? { [column.ordered]: { $eq: fold(String(wanted)) }, [column.value]: { $eq: wanted } }
    : { [column.value]: { $eq: wanted } };
}

function textual({ spec, ordered, kind }: StoredColumn, op: 'startsWith' | 'contains' | 'agree', value: string): Condition {
  if (kind === 'int' || kind === 'decimal' || kind === 'money' || kind === 'boolean') {
    throw new TypeError(`${spec.name} is not text: ${op} is for text.`);
  }
  const wanted = fold(value);
  if (kind === 'text' && op === 'agree') return { [ordered]: { $eq: wanted } };
  if (kind === 'text' && op === 'startsWith') return { [ordered]: wanted === '' ? { $ne: null } : prefix(wanted) };
  // Ids, choices and dates are ASCII, which folding only turns to lower case. A literal needs no escaping, unlike a pattern.
  const text = kind === 'text' ? `$${ordered}` : { $toLower: `$${ordered}` };
  const at = { $indexOfBytes: [text, { $literal: wanted }] };
  const holds = { contains: { $gte: [at, 0] }, startsWith: { $eq: [at, 0] }, agree: { $eq: [text, { $literal: wanted }] } }[op];
  return { [ordered]: { $ne: null }, $expr: holds };
}

function prefix(start: string): Condition {
  const end = afterPrefix(start);
  return end === undefined ? { $gte: start } : { $gte: start, $lt: end };
}

function among(column: StoredColumn, values: readonly Scalar[]): Condition {
  const wanted = values.filter((value) => value !== null).map((value) => comparable(column, value));
  const folded = column.kind === 'text' ? { [column.ordered]: { $in: wanted.map((value) => fold(String(value))) } } : {};
  const given = wanted.length > 0 ? { ...folded, [column.value]: { $in: wanted } } : FALSE;
  return or([given, values.includes(null) ? { [column.value]: { $eq: null } } : FALSE]);
}

/**
 * Documents that have, for each word of the search, a word with that prefix; all documents when the search has no letter or digit. Uses ranges of the
 * index of words.
 * @throws TypeError when the model has no searched columns.
 */
export function searchCondition(layout: Layout, search: string): Condition {
  if (layout.searched.length === 0) throw new TypeError(`${layout.model.name} has no searched columns.`);
  const wanted = words(search);
  return wanted.length === 0 ? TRUE : { w: { $all: wanted.map((word) => ({ $elemMatch: prefix(word) })) } };
}
