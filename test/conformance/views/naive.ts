/** What filters, orders and moments mean, said once more in the plainest way: the measure that engines are held against. */
import { fold, words } from '../../../contracts/fold.js';
import type { Document } from '../../../src/kernel/projection.js';
import type { DocumentChange } from '../../../src/views/port/commits.js';
import type { Order, Scalar, Selection, Where } from '../../../src/views/port/query.js';
import { deals } from './deals.js';

const comparisons = new Map(deals.columns.map(({ name, kind }) => [name, kind.compared]));

/** Documents by key as of a position: the last change at or before it. */
export function documentsAsOf(changes: readonly DocumentChange[], position: number): ReadonlyMap<string, Document> {
  const documents = new Map<string, Document>();
  for (const { key, document } of changes.filter((each) => each.position <= position)) {
    if (document) documents.set(key, document);
    else documents.delete(key);
  }
  return documents;
}

function matches(key: string, document: Document, where: Where): boolean {
  switch (where.kind) {
    case 'and':
      return where.of.every((part) => matches(key, document, part));
    case 'or':
      return where.of.some((part) => matches(key, document, part));
    case 'not':
      return !matches(key, document, where.of);
    case 'in':
      return where.values.includes(valueOf(document, where.column));
    case 'notIn':
      return !where.values.includes(valueOf(document, where.column));
    case 'currency':
      return currencyOf(document, where.column) === where.currency;
    case 'key':
      return where.keys.includes(key);
    case 'is':
      return compared(document, where);
  }
}

function compared(document: Document, { column, op, value }: Extract<Where, { kind: 'is' }>): boolean {
  const own = valueOf(document, column);
  if (op === 'eq') return own === value;
  if (op === 'ne') return own !== value;
  if (own === null || value === null) return false;
  switch (op) {
    case 'startsWith':
      return fold(String(own)).startsWith(fold(String(value)));
    case 'contains':
      return fold(String(own)).includes(fold(String(value)));
    case 'agree':
      return fold(String(own)) === fold(String(value));
    case 'lt':
      return compare(column, own, value) < 0;
    case 'lte':
      return compare(column, own, value) <= 0;
    case 'gt':
      return compare(column, own, value) > 0;
    case 'gte':
      return compare(column, own, value) >= 0;
  }
}

/** Every word asked for begins a word of a searched column. */
function found(document: Document, search: string): boolean {
  const texts = deals.columns.filter((column) => column.search).flatMap(({ name }) => document[name] ?? []);
  const has = texts.flatMap((text) => words(text as string));
  return words(search).every((word) => has.some((own) => own.startsWith(word)));
}

/** The keys of a list in its order. */
export function listed(
  documents: ReadonlyMap<string, Document>,
  { where, search }: Selection,
  orderBy: readonly Order[],
): readonly string[] {
  return [...documents]
    .filter(([key, document]) => (!where || matches(key, document, where)) && (search === undefined || found(document, search)))
    .sort(([leftKey, left], [rightKey, right]) => {
      for (const { column, descending } of orderBy) {
        const order = compare(column, valueOf(left, column), valueOf(right, column));
        if (order !== 0) return descending ? -order : order;
      }
      return orderBy.at(-1)?.descending ? byCodePoint(rightKey, leftKey) : byCodePoint(leftKey, rightKey);
    })
    .map(([key]) => key);
}

function compare(column: string, left: Scalar, right: Scalar): number {
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  if (typeof left === 'string' && typeof right === 'string') {
    return comparisons.get(column) === 'text' ? byCodePoint(fold(left), fold(right)) : byCodePoint(left, right);
  }
  return Number(left) - Number(right);
}

function byCodePoint(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function currencyOf(document: Document, column: string): string | null {
  return (document[column] as { readonly currency: string } | null | undefined)?.currency ?? null;
}

function valueOf(document: Document, column: string): Scalar {
  const value = document[column] ?? null;
  return typeof value === 'object' && value !== null ? (value as { amount: number }).amount : (value as Scalar);
}
