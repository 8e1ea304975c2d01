/**
 * Applies the changes of a batch to a build's documents.
 *
 * There is no transaction, and a writer that lost its lease may still write. The outcome is the same, since projections are deterministic:
 *   - A superseded version has an id of its key and position: writing it again changes nothing.
 *   - A document is only replaced by one of a later position. The server refuses the other write.
 *   - After a crash documents may be ahead of the checkpoint. The repeated batch leaves those unchanged.
 *   - A removed document leaves a tombstone with its position, so that a late write can't restore it.
 *   - A rewrite replaces the rows of folds that knew fewer erasures. Those that knew as many have the same versions, and stay. No fold that knew
 *     fewer writes any more: see `raiseErasures`.
 */
import { MongoBulkWriteError, type AnyBulkWriteOperation, type Collection, type Document as Bson } from 'mongodb';
import type { Position } from '../../kernel/event.js';
import type { DocumentChange, Rewrite } from '../port/commits.js';
import { throwIfRefused, mustBeStorable, addRefusal, type Refusals } from '../shared/refusals.js';
import { idAt, type Collections, type CurrentRow, type Layout, type PastRow, type Row } from './layout.js';
import { rowOf } from './row.js';

const DUPLICATE_KEY = 11_000;
const VALIDATION_FAILED = 121;

/** What a batch writes to a build. */
export interface Writes {
  readonly past: readonly PastRow[];
  readonly current: readonly CurrentRow[];
  /** How many erasures the fold knew. */
  readonly erasures: number;
  /** The keys that are rewritten. */
  readonly rewritten: ReadonlySet<string>;
}

export interface Batch {
  /** What the build is called. */
  readonly name: string;
  readonly layout: Layout;
  readonly changes: readonly DocumentChange[];
  readonly erasures: number;
  readonly rewrites?: readonly Rewrite[];
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
export function writesOf(
  { name, layout, changes, erasures, rewrites = [], from, commit }: Batch,
  stored: ReadonlyMap<string, CurrentRow>,
): Writes {
  const past: PastRow[] = [];
  const latest = new Map<string, Latest>();
  const refusals: Refusals = new Map();
  const rewritten = new Set(rewrites.map(({ key }) => key));
  for (const { key, position, document } of inOrder([...rewrites.flatMap(({ versions }) => versions), ...changes])) {
    if (refusals.has(key)) continue;
    const before = latest.get(key) ?? (rewritten.has(key) ? undefined : latestOf(stored.get(key), from, commit));
    const since = before?.since ?? 0;
    let row: Row | undefined;
    try {
      row = document ? rowOf(layout, position, document) : undefined;
      if (before?.ahead && position <= since) continue;
      mustBeStorable(key, position, since);
    } catch (failure) {
      addRefusal(refusals, key, position, failure);
      continue;
    }
    if (before?.row && position > since && layout.model.history) {
      past.push({ ...before.row, _id: idAt(since, key), key, until: position, commit, erasures });
    }
    if (row || before) latest.set(key, { since: position, row, ahead: false });
  }
  throwIfRefused(name, refusals);
  const current = [...latest].map(([key, { since, row }]): CurrentRow => {
    return row ? { _id: key, live: true, commit, erasures, ...row } : { _id: key, live: false, commit, erasures, since, gone: Date.now() };
  });
  return { past, current, erasures, rewritten };
}

function latestOf(stored: CurrentRow | undefined, from: Position, commit: number): Latest | undefined {
  if (!stored) return undefined;
  const { since } = stored;
  const ahead = since > from || stored.commit >= commit;
  if (!stored.live) return { since, row: undefined, ahead };
  const { _id: _, live: __, commit: ___, erasures: ____, ...row } = stored;
  return { since, row, ahead };
}

function inOrder(changes: readonly DocumentChange[]): readonly DocumentChange[] {
  return changes.toSorted((a, b) => a.position - b.position);
}

/** The superseded versions first: a reader that reads the current ones first then misses none. */
export async function write({ past, current }: Collections, { erasures, rewritten, ...writes }: Writes): Promise<void> {
  const earlier = { erasures: { $lt: erasures } };
  await guarded(
    past,
    writes.past.map((document) => {
      if (!rewritten.has(document.key)) return { insertOne: { document } };
      return { replaceOne: { filter: { _id: document._id, ...earlier }, replacement: document, upsert: true } };
    }),
  );
  if (rewritten.size > 0) await past.deleteMany({ key: { $in: [...rewritten] }, ...earlier });
  await guarded(
    current,
    writes.current.map((replacement) => {
      const { _id, since } = replacement;
      const older = rewritten.has(_id) ? { $or: [earlier, { since: { $lt: since } }] } : { since: { $lt: since } };
      return { replaceOne: { filter: { _id, ...older }, replacement, upsert: true } };
    }),
  );
  if (rewritten.size > 0) await current.deleteMany({ _id: { $in: [...rewritten] }, ...earlier });
}

/**
 * Runs guarded upserts. A guard that doesn't match gives a duplicate-key error, and so do two concurrent inserts, of which the refused one may be
 * newer. So refused writes are sent once more, when the document certainly exists.
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

/** Whether rows were refused because a later fold knows more erasures. */
export function isFenced(error: unknown): boolean {
  return error instanceof MongoBulkWriteError && [error.writeErrors].flat().some(({ code }) => code === VALIDATION_FAILED);
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
