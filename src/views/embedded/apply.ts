/** What the changes of a batch make of a build's rows. */
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import { DocumentRefused } from '../errors.js';
import type { DocumentChange } from '../port.js';
import type { Layout } from './layout.js';
import { mustBeStorable, rowOf, type Row } from './row.js';
import type { Stored, Table } from './table.js';

/** What stands for a document while a batch is applied: its last change, and the row that was there before the batch. */
interface Latest {
  position: Position;
  document: Document | null;
  /** Of the document, where versions are kept. */
  row: Row | undefined;
  readonly stored: Stored | undefined;
}

/**
 * Each version but the last goes to the past at once, in the order of positions, where that table grows; the last replaces the current row.
 * @throws DocumentRefused
 */
export function apply(layout: Layout, table: Table, changes: readonly DocumentChange[]): void {
  const keeps = layout.model.history;
  const latest = new Map<string, Latest>();
  for (const { key, position, document } of inOrder(changes)) {
    if (key.includes('\u0000')) throw new DocumentRefused(layout.name, key, position, 'its key has a character U+0000.');
    const before = latest.get(key);
    const stored = before ? before.stored : table.find(key);
    const since = before?.position ?? stored?.since ?? 0;
    if (position < since) {
      throw new DocumentRefused(layout.name, key, position, `the document has been changed at ${since} already.`);
    }
    const row = document
      ? checked(layout, key, position, () => (keeps ? rowOf(layout, document) : mustBeStorable(layout, document)))
      : undefined;
    if (position > since && keeps) {
      if (before?.row) table.supersede(key, before.row, since, position);
      else if (!before && stored) table.supersedeStored(stored, position);
    }
    if (before) [before.position, before.document, before.row] = [position, document, row ?? undefined];
    else latest.set(key, { position, document, row: row ?? undefined, stored });
  }
  for (const [key, { position, document, row, stored }] of latest) {
    if (document) table.put(key, position, row ?? checked(layout, key, position, () => rowOf(layout, document)), stored);
    else if (stored) table.remove(stored);
  }
}

/** @throws DocumentRefused when the document is not of a form that can be stored. */
function checked<T>({ name }: Layout, key: string, position: Position, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) throw new DocumentRefused(name, key, position, error.message);
    throw error;
  }
}

function inOrder(changes: readonly DocumentChange[]): readonly DocumentChange[] {
  const ordered = changes.every((change, index) => index === 0 || change.position >= (changes[index - 1]?.position ?? 0));
  return ordered ? changes : changes.toSorted((a, b) => a.position - b.position);
}
