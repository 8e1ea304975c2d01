/** Documents of a build: as the projector reads them before it changes them, and as queries read them. */
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import type { Build, Served } from './builds.js';
import type { ListPage, ListQuery, Scalar, Selection, SummaryGroup, SummaryQuery } from './query.js';

/** A document with the position of its last change. `document` is null where the store knows of a removal. */
export interface StoredDocument {
  readonly document: Document | null;
  readonly position: Position;
}

/** What a projector reads. */
export interface DocumentSource {
  /** The documents of these keys; keys that never existed are missing from the map. May be ahead of the checkpoint after a crash. */
  load(build: Build, keys: readonly string[]): Promise<ReadonlyMap<string, StoredDocument>>;
  /** The keys of the current documents that have this value in a column declared with `filter`. */
  find(build: Build, column: string, value: Scalar): Promise<readonly string[]>;
}

/** What queries read. `asOf` on a read model without history throws `NoHistory`. */
export interface DocumentQueries {
  position(build: Served): Promise<Position>;
  /** Resolves when the build's checkpoint is at least `position`. @throws PositionTimeout after `timeoutMs` milliseconds. */
  waitFor(build: Served, position: Position, timeoutMs: number): Promise<void>;
  /** The documents of these keys, now or as of a position, in the order of the keys; null where there is none. */
  get(build: Served, keys: readonly string[], asOf?: Position): Promise<readonly (Document | null)[]>;
  /** @throws BadCursor when the cursor belongs to another list or order. */
  list(build: Served, query: ListQuery): Promise<ListPage>;
  count(build: Served, selection: Selection): Promise<number>;
  /**
   * One group per combination of values that occurs, in no particular order; exactly one group when `groupBy` is empty.
   * @throws RangeError when a sum exceeds 2^53 - 1.
   */
  summarise(build: Served, query: SummaryQuery): Promise<readonly SummaryGroup[]>;
}
