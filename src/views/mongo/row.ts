/** A document as a row in MongoDB: its JSON, and the values that queries read. */
import { BSON, Long } from 'mongodb';
import { fold, words } from '../../../contracts/fold.js';
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import { currencyOf } from '../shared/columns.js';
import type { Bound } from '../shared/cursor.js';
import { jsonOf } from '../shared/document-json.js';
import type { Layout, Row, StoredColumn } from './layout.js';

/** The size limit of a row, in bytes: MongoDB's limit is 16 MiB, and the key and some numbers are added. */
const LARGEST = 16_000_000;

/** A document with at most this many characters fits: a character takes at most three bytes, and is stored at most four times. */
const SURELY_TAKEN = 1_000_000;

/** @throws RangeError, TypeError when a document can't be stored, saying which column. */
export function rowOf({ columns, searched }: Layout, since: Position, document: Document): Row {
  const v: Record<string, Bound | Long> = {};
  const o: Record<string, string | null> = {};
  const u: Record<string, string | null> = {};
  for (const column of columns.values()) {
    const { name } = column.spec;
    const value: unknown = document[name] ?? null;
    v[name] = valueOf(column, value);
    if (column.kind === 'text') o[name] = typeof value === 'string' ? fold(value) : null;
    if (column.kind === 'money') u[name] = currencyOf(column, value);
  }
  const doc = jsonOf(document);
  const texts = searched.flatMap(({ name }) => document[name]).filter((text) => typeof text === 'string');
  const row: Row = { since, doc, v, o, u, w: [...new Set(texts.flatMap(words))] };
  if (doc.length > SURELY_TAKEN) mustFit(row);
  return row;
}

function mustFit(row: Row): void {
  const bytes = BSON.calculateObjectSize(row);
  if (bytes > LARGEST) throw new RangeError(`it takes ${bytes} bytes with what is kept to find it; expected at most ${LARGEST}.`);
}

function valueOf(column: StoredColumn, value: unknown): Bound | Long {
  if (value === null || typeof value === 'string') return value;
  if (column.kind === 'money') return exact(column, (value as { readonly amount?: number }).amount ?? null);
  if (column.kind === 'int') return exact(column, value as number);
  if (typeof value === 'boolean') return value ? 1 : 0;
  // JSON writes such numbers as null.
  if (typeof value === 'number') return Number.isFinite(value) ? value || 0 : null;
  throw new TypeError(`${column.spec.name} is of type ${typeof value}; expected one plain value.`);
}

/** An integer that the server adds exactly: the driver writes numbers beyond 32 bits as floating-point numbers. */
function exact({ spec }: StoredColumn, value: number | null): number | Long | null {
  if (value === null) return null;
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`${spec.name} is ${value}; expected a whole number up to 2^53 - 1, beyond which sums are not exact.`);
  }
  return Math.abs(value) < 2 ** 31 ? value || 0 : Long.fromNumber(value);
}
