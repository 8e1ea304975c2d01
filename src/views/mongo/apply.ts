/**
 * What the changes of a batch make of a build's documents.
 *
 * Nothing here is one transaction, and a writer that lost its lease may still be at it beside the one that has it. Neither changes the
 * outcome, since projections are deterministic: at a position, a document is the same whoever works it out.
 *   - A superseded version is written under an id of its key and position: writing it again writes nothing.
 *   - A document is only ever replaced by one of a later position. Whoever comes second is refused by the server, and is right to be.
 *   - So after a crash documents may be ahead of the checkpoint. The repeated batch leaves those alone.
 *   - A removed document leaves a tombstone with its position, or a late writer would bring it back.
 */
import { MongoBulkWriteError, type AnyBulkWriteOperation, type Collection, type Document as Bson } from 'mongodb';
import type { Position } from '../../kernel/event.js';
import type { DocumentChange } from '../port.js';
import { mustBeTaken, mustFollow, note, type Refusals } from '../refusals.js';
import { idAt, type Collections, type CurrentRow, type Layout, type PastRow, type Row } from './layout.js';
import { rowOf } from './row.js';

const DUPLICATE_KEY = 11_000;

/** What a batch writes to a build. */
export interface Writes {
  readonly past: readonly PastRow[];
  readonly current: readonly CurrentRow[];
}

export interface Batch {
  /** What the build is called. */
  readonly name: string;
  readonly layout: Layout;
  readonly changes: readonly DocumentChange[];
  /** The checkpoint before it. */
  readonly from: Position;
  /** The number of this commit among those of the build. */
  readonly commit: number;
}

/** What stands for a document while a batch is worked out. */
interface Latest {
  readonly since: Position;
  readonly row: Row | undefined;
  /** Written by a commit whose checkpoint did not follow: what is of its position or older is in it already. */
  readonly ahead: boolean;
}

/** @param stored the rows of the keys that change, as they are @throws DocumentRefused */
export function writesOf({ name, layout, changes, from, commit }: Batch, stored: ReadonlyMap<string, CurrentRow>): Writes {
  const past: PastRow[] = [];
  const latest = new Map<string, Latest>();
  const refusals: Refusals = new Map();
  for (const { key, position, document } of inOrder(changes)) {
    if (refusals.has(key)) continue;
    const before = latest.get(key) ?? latestOf(stored.get(key), from, commit);
    const since = before?.since ?? 0;
    let row: Row | undefined;
    try {
      row = document ? rowOf(layout, position, document) : undefined;
      if (before?.ahead && position <= since) continue;
      mustFollow(key, position, since);
    } catch (failure) {
      note(refusals, key, position, failure);
      continue;
    }
    if (before?.row && position > since && layout.model.history) {
      past.push({ ...before.row, _id: idAt(since, key), key, until: position, commit });
    }
    if (row || before) latest.set(key, { since: position, row, ahead: false });
  }
  mustBeTaken(name, refusals);
  const current = [...latest].map(([key, { since, row }]): CurrentRow => {
    return row ? { _id: key, live: true, commit, ...row } : { _id: key, live: false, commit, since, gone: Date.now() };
  });
  return { past, current };
}

function latestOf(stored: CurrentRow | undefined, from: Position, commit: number): Latest | undefined {
  if (!stored) return undefined;
  const { since } = stored;
  const ahead = since > from || stored.commit >= commit;
  if (!stored.live) return { since, row: undefined, ahead };
  const { _id: _, live: __, commit: ___, ...row } = stored;
  return { since, row, ahead };
}

function inOrder(changes: readonly DocumentChange[]): readonly DocumentChange[] {
  return changes.toSorted((a, b) => a.position - b.position);
}

/** The superseded versions first: a reader that reads the current ones first then misses none. */
export async function write({ past, current }: Collections, writes: Writes): Promise<void> {
  await guarded(
    past,
    writes.past.map((document) => ({ insertOne: { document } })),
  );
  await guarded(
    current,
    writes.current.map((replacement) => ({
      replaceOne: { filter: { _id: replacement._id, since: { $lt: replacement.since } }, replacement, upsert: true },
    })),
  );
}

/**
 * Writes all that the store does not have already: a duplicate key is what a guard that does not hold comes to. It is also what comes of two
 * that insert at once, of whom the later one may be the newer: so what was refused is sent once more, when the document is there for sure.
 */
export async function guarded<Row extends Bson>(
  collection: Collection<Row>,
  operations: readonly AnyBulkWriteOperation<Row>[],
): Promise<void> {
  const refused = await refusedOf(collection, operations);
  await refusedOf(
    collection,
    refused.filter((operation) => !('insertOne' in operation)),
  );
}

async function refusedOf<Row extends Bson>(
  collection: Collection<Row>,
  operations: readonly AnyBulkWriteOperation<Row>[],
): Promise<readonly AnyBulkWriteOperation<Row>[]> {
  if (operations.length === 0) return [];
  try {
    await collection.bulkWrite(operations, { ordered: false });
    return [];
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError()) throw error;
    const refused = [error.writeErrors].flat();
    if (refused.length === 0 || refused.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
    return refused.flatMap(({ index }) => operations[index] ?? []);
  }
}
