/** The read-model store: what every engine must do, no more. `test/conformance/views.ts` is the definition of each sentence here. */
import type { Position } from '../kernel/event.js';
import type { Document } from '../kernel/projection.js';
import type { ReadModelSpec } from '../kernel/read-model.js';
import type { Distribution } from '../kernel/distribution.js';
import type { Moneys } from '../kernel/money.js';

/** A document became this at this position; null: it was removed. Of one document's changes the positions only grow. */
export interface DocumentChange {
  readonly key: string;
  readonly position: Position;
  readonly document: Document | null;
}

/** What one batch of events made of one read model. */
export interface Commit {
  readonly model: ReadModelSpec;
  /** The checkpoint that the batch began at: the commit is refused when the store stands elsewhere, since somebody else projects too. */
  readonly from: Position;
  /** The checkpoint after it. */
  readonly to: Position;
  readonly changes: readonly DocumentChange[];
}

/** The projector's side. */
export interface ViewWriter {
  /**
   * Prepares the store for these read models; a model whose version is not there yet begins empty, at position 0. So does one whose columns
   * changed though its version did not. Versions that are not named stay as they are.
   */
  prepare(models: readonly ReadModelSpec[]): Promise<void>;
  checkpoint(model: ReadModelSpec): Promise<Position>;
  /** The current documents of these keys; those that do not exist are missing from the map. */
  load(model: ReadModelSpec, keys: readonly string[]): Promise<ReadonlyMap<string, Document>>;
  /**
   * Documents and checkpoints of all commits together, or nothing.
   * @throws CheckpointMoved when a store's checkpoint is not `from`.
   * @throws RangeError when a change is older than the document that it changes, or an integer is beyond 2^53 - 1.
   * @throws ViewsUnavailable when the engine can't write.
   */
  commit(commits: readonly Commit[]): Promise<void>;
  /** Empties a read model and takes its checkpoint to 0, to be built again in place. */
  reset(model: ReadModelSpec): Promise<void>;
  close(): Promise<void>;
}

export type Scalar = string | number | boolean | null;

/**
 * A filter on declared columns; another column or a value of another type is a TypeError. Text is compared as it stands by `eq`, `ne`, `in`
 * and `notIn`, without case and accents (`kernel/fold`) by the others; ids, users, choices, days and instants are ordered as they stand.
 * Money is compared by its amount in minor units. Every condition holds or does not, so that `not` turns it round: null is neither below
 * nor above anything, and begins with nothing.
 */
export type Where =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Where[] }
  | { readonly kind: 'not'; readonly of: Where }
  /** `agree`: equal without case and accents, as duplicates are told. `ne` and `notIn` hold for null. */
  | {
      readonly kind: 'is';
      readonly column: string;
      readonly op: 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte' | 'startsWith' | 'contains' | 'agree';
      readonly value: Scalar;
    }
  | { readonly kind: 'in' | 'notIn'; readonly column: string; readonly values: readonly Scalar[] };

/** Text is ordered by its folded form, code point by code point; money by its amount; null comes before everything. */
export interface Order {
  readonly column: string;
  readonly descending: boolean;
}

/** What a list is cut from. */
export interface Selection {
  readonly where?: Where;
  /** Words that all must begin a word of a searched column, without case and accents. Text without a letter or a digit finds everything. */
  readonly search?: string;
  /** As of after the event at this position; now when absent, or when the read model has not come that far. */
  readonly asOf?: Position;
}

export interface ListQuery extends Selection {
  /** Ties are broken by key, in the direction of the last column; by key alone, ascending, when there is none. */
  readonly orderBy: readonly Order[];
  readonly first: number;
  /** A cursor that a page of the same order gave. */
  readonly after?: string;
}

export interface ListPage {
  /** The documents as a JSON array of `{key, cursor, document}`. */
  readonly json: string;
  readonly hasNext: boolean;
}

export interface SummaryQuery extends Selection {
  readonly groupBy: readonly string[];
  readonly measures: readonly string[];
}

export interface SummaryGroup {
  /** The value of each column grouped by, as it stands. */
  readonly by: Readonly<Record<string, Scalar>>;
  readonly count: number;
  /** Numbers summed, null when there is none; money summed by currency; distributions merged. */
  readonly measures: Readonly<Record<string, number | Moneys | Distribution | null>>;
}

/**
 * The reader's side. A read model that was not prepared, or whose columns are other ones, stands at position 0 and has no documents.
 * `asOf` of a model without history is refused with `NoHistory`.
 */
export interface ViewReader {
  position(model: ReadModelSpec): Promise<Position>;
  /** Resolves when the read model's checkpoint is at least `position`. @throws NotYetThere after `timeoutMs`. */
  reached(model: ReadModelSpec, position: Position, timeoutMs: number): Promise<void>;
  /** The documents of these keys, now or as of a position, in the order of the keys; null where there is none. */
  get(model: ReadModelSpec, keys: readonly string[], asOf?: Position): Promise<readonly (Document | null)[]>;
  /** @throws BadCursor when the cursor is not one of this order. */
  list(model: ReadModelSpec, query: ListQuery): Promise<ListPage>;
  count(model: ReadModelSpec, selection: Selection): Promise<number>;
  /**
   * One group per combination of values that occurs, in no particular order; exactly one when grouped by nothing.
   * @throws RangeError when a sum is beyond 2^53 - 1.
   */
  summarise(model: ReadModelSpec, query: SummaryQuery): Promise<readonly SummaryGroup[]>;
  close(): Promise<void>;
}

/** Another projector moved the checkpoint. Nothing was written; read it again and go on from there. */
export class CheckpointMoved extends Error {
  override readonly name = 'CheckpointMoved';

  constructor(
    readonly model: string,
    readonly expected: Position,
    readonly actual: Position,
  ) {
    super(`The checkpoint of ${model} is at ${actual}, not at ${expected}: another projector works on it.`);
  }
}

/** A read model did not reach a position in time. */
export class NotYetThere extends Error {
  override readonly name = 'NotYetThere';

  constructor(
    readonly model: string,
    readonly wanted: Position,
    readonly at: Position,
  ) {
    super(`${model} is at position ${at} and did not reach ${wanted} in time. Ask again, or ask without minPosition.`);
  }
}

/** The cursor was not made by this query. */
export class BadCursor extends Error {
  override readonly name = 'BadCursor';
}

/** The read model keeps no superseded documents, so it can't be asked as of a past moment. */
export class NoHistory extends Error {
  override readonly name = 'NoHistory';

  constructor(readonly model: string) {
    super(`${model} keeps no past versions, so it can't be asked as of a past moment.`);
  }
}

/** The store can't be opened, read or written. The message says what to do. */
export class ViewsUnavailable extends Error {
  override readonly name = 'ViewsUnavailable';
}
