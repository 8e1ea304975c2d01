/** What the changes of a batch make of a build's rows. */
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import { DocumentRefused } from '../errors.js';
import type { DocumentChange } from '../port.js';
import type { Layout } from './layout.js';
import { mustBeStorable, rowOf, type Row } from './row.js';
import type { Size, Stored, Table } from './table.js';

/** What stands for a document while a batch is applied: its last change, and the row that was there before the batch. */
interface Latest {
  /** Undefined of one that was never there, until it is put or kept. */
  id: number | undefined;
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
export function apply(layout: Layout, table: Table, changes: readonly DocumentChange[]): Size {
  const latest = new Map<string, Latest>();
  table.begin();
  for (const change of inOrder(changes)) {
    const { key, position, document } = change;
    const before = latest.get(key);
    const stored = before ? before.stored : table.find(key);
    const since = before?.position ?? stored?.since ?? 0;
    if (key.includes('\u0000')) throw refused(layout, change, 'its key has a character U+0000.');
    if (position < since) throw refused(layout, change, `the document has been changed at ${since} already.`);
    const row = document ? storable(layout, change, document) : undefined;
    if (position > since) {
      if (before?.row) table.supersede((before.id ??= table.newId()), key, before.row, since, position);
      else if (!before && stored?.gone === 0) table.supersedeStored(stored, position);
    }
    if (!before) latest.set(key, { id: stored?.id, position, document, row, stored });
    else [before.position, before.document, before.row] = [position, document, row];
  }
  for (const [key, { id, position, document, row, stored }] of latest) {
    if (document) table.put(id ?? table.newId(), key, position, row ?? rowOf(layout, document), stored);
    else if (id !== undefined) table.remove(id, key, position, stored);
  }
  return table.end();
}

/** The document's row where versions are kept; nothing where the last one of the batch alone gets a row. @throws DocumentRefused */
function storable(layout: Layout, change: DocumentChange, document: Document): Row | undefined {
  try {
    if (layout.model.history) return rowOf(layout, document);
    mustBeStorable(layout, document);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) throw refused(layout, change, error.message);
    throw error;
  }
}

function refused({ name }: Layout, { key, position }: DocumentChange, reason: string): DocumentRefused {
  return new DocumentRefused(name, key, position, reason);
}

function inOrder(changes: readonly DocumentChange[]): readonly DocumentChange[] {
  const ordered = changes.every((change, index) => index === 0 || change.position >= (changes[index - 1]?.position ?? 0));
  return ordered ? changes : changes.toSorted((a, b) => a.position - b.position);
}
