/** What a document becomes in the file: its JSON, and the values of its SQL columns. */
import { fold, words } from '../../../contracts/fold.js';
import type { Document } from '../../kernel/projection.js';
import { currencyOf } from '../shared/columns.js';
import { jsonOf } from '../shared/document-json.js';
import type { Layout, StoredColumn } from './layout.js';
import type { Bound } from './sql.js';

export interface Row {
  /** In the order of the layout's `sqlColumns`; last the words of all searched columns, each after a blank. */
  readonly values: readonly Bound[];
  readonly document: string;
}

/** @throws RangeError, TypeError when a document can't be stored, saying which column. */
export function rowOf(layout: Layout, document: Document): Row {
  return { values: valuesOf(layout, document), document: jsonOf(document) };
}

/** @throws as `rowOf` */
export function valuesOf(layout: Layout, document: Document): Bound[] {
  const values: Bound[] = [];
  for (const column of layout.columns.values()) push(values, column, document[column.spec.name]);
  if (layout.searched.length > 0) values.push(wordsOf(layout, document));
  return values;
}

function push(values: Bound[], column: StoredColumn, value: unknown): void {
  if (column.kind === 'text') {
    values.push(typeof value === 'string' ? value : null, typeof value === 'string' ? folded(value).text : null);
  } else if (column.kind === 'money') {
    const { amount } = (value ?? {}) as { amount?: number };
    values.push(exact(amount ?? null, column), currencyOf(column, value));
  } else if (column.kind === 'int') {
    values.push(exact((value ?? null) as number | null, column));
  } else {
    values.push(plain(value ?? null, column));
  }
}

function plain(value: unknown, { spec }: StoredColumn): Bound {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  // JSON writes such numbers as null.
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  throw new TypeError(`${spec.name} is of type ${typeof value}; expected one plain value.`);
}

function exact(value: number | null, { spec }: StoredColumn): number | null {
  if (value === null || Number.isSafeInteger(value)) return value;
  throw new RangeError(`${spec.name} is ${value}; expected a whole number up to 2^53 - 1, beyond which sums are not exact.`);
}

function wordsOf({ searched }: Layout, document: Document): string {
  const found = new Set<string>();
  for (const { name } of searched) {
    const value = document[name];
    for (const text of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
      if (typeof text === 'string') for (const word of folded(text).words) found.add(word);
    }
  }
  let text = '';
  for (const word of found) text += ` ${word}`;
  return text;
}

interface Folded {
  readonly text: string;
  readonly words: readonly string[];
}

/** Versions of a document mostly repeat its texts, and folding is slower than writing: the latest results are cached. */
const remembered = new Map<string, Folded>();
const REMEMBERED = 10_000;

function folded(text: string): Folded {
  const known = remembered.get(text);
  if (known) return known;
  if (remembered.size >= REMEMBERED) remembered.clear();
  const made = { text: fold(text), words: words(text) };
  remembered.set(text, made);
  return made;
}
