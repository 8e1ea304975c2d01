/** Applies the changes of a batch to a build's rows. */
import type { Position } from '../../kernel/event.js';
import type { DocumentChange } from '../port/commits.js';
import { throwIfRefused, mustBeStorable, addRefusal, type Refusals } from '../shared/refusals.js';
import type { Layout } from './layout.js';
import { rowOf, type Row } from './row.js';
import type { Size, Stored, Table } from './table.js';

/** A document while a batch is applied: its last change, and its row before the batch. */
interface Latest {
  /** Undefined for a new document, until it is written. */
  id: number | undefined;
  position: Position;
  /** Undefined when it is removed. */
  row: Row | undefined;
  readonly stored: Stored | undefined;
}

/**
 * All versions but the last are inserted into the past versions, in the order of positions; the last one replaces the current row.
 * @throws DocumentRefused
 */
export function apply(layout: Layout, table: Table, changes: readonly DocumentChange[]): Size {
  const latest = new Map<string, Latest>();
  const refusals: Refusals = new Map();
  table.begin();
  for (const { key, position, document } of inOrder(changes)) {
    if (refusals.has(key)) continue;
    const before = latest.get(key);
    const stored = before ? before.stored : table.find(key);
    const since = before?.position ?? stored?.since ?? 0;
    let row: Row | undefined;
    try {
      mustBeStorable(key, position, since);
      row = document ? rowOf(layout, document) : undefined;
    } catch (failure) {
      addRefusal(refusals, key, position, failure);
      continue;
    }
    if (position > since) {
      if (before?.row) table.supersede((before.id ??= table.newId()), key, before.row, since, position);
      else if (!before && stored?.gone === 0) table.supersedeStored(stored, position);
    }
    if (!before) latest.set(key, { id: stored?.id, position, row, stored });
    else [before.position, before.row] = [position, row];
  }
  throwIfRefused(layout.name, refusals);
  for (const [key, { id, position, row, stored }] of latest) {
    if (row) table.put(id ?? table.newId(), key, position, row, stored);
    else if (id !== undefined) table.remove(id, key, position, stored);
  }
  return table.end();
}

function inOrder(changes: readonly DocumentChange[]): readonly DocumentChange[] {
  const ordered = changes.every((change, index) => index === 0 || change.position >= (changes[index - 1]?.position ?? 0));
  return ordered ? changes : changes.toSorted((a, b) => a.position - b.position);
}
