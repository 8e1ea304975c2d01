/** What a document becomes in the file: its JSON, and the values of its SQL columns. */
import { fold, words } from '../../kernel/fold.js';
import type { Document } from '../../kernel/projection.js';
import type { Layout, StoredColumn } from './layout.js';
import type { Bound } from './sql.js';

export interface Row {
  /** In the order of the layout's `sqlColumns`. */
  readonly values: readonly Bound[];
  /** The words of all searched columns, each with a blank before it; undefined when nothing is searched. */
  readonly words: string | undefined;
  readonly document: string;
}

/** @throws RangeError when an integer is not exact (beyond 2^53 - 1), naming document and column. */
export function rowOf(layout: Layout, key: string, document: Document): Row {
  const values: Bound[] = [];
  for (const column of layout.columns.values()) push(values, layout, key, column, document[column.spec.name]);
  return { values, words: layout.searched.length > 0 ? wordsOf(layout, document) : undefined, document: JSON.stringify(document) };
}

function push(values: Bound[], layout: Layout, key: string, column: StoredColumn, value: unknown): void {
  if (column.kind === 'text') {
    values.push(typeof value === 'string' ? value : null, typeof value === 'string' ? folded(value).text : null);
  } else if (column.kind === 'money') {
    const { amount, currency } = (value ?? {}) as { amount?: number; currency?: string };
    values.push(exact(amount ?? null, layout, key, column), currency ?? null);
  } else if (column.kind === 'int') {
    values.push(exact((value ?? null) as number | null, layout, key, column));
  } else if (typeof value === 'boolean') {
    values.push(value ? 1 : 0);
  } else {
    values.push((value ?? null) as Bound);
  }
}

function exact(value: number | null, { model }: Layout, key: string, { spec }: StoredColumn): number | null {
  if (value === null || Number.isSafeInteger(value)) return value;
  throw new RangeError(
    `${model.name} ${key}: ${spec.name} is ${value}; expected a whole number up to 2^53 - 1, beyond which sums are not exact.`,
  );
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

/** The versions of a document mostly repeat its texts, and folding one takes longer than writing it: the latest are remembered. */
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
