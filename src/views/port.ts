/**
 * The read-model store: what every engine must do, no more. `test/conformance/views.ts` is the definition of each sentence here.
 * The reader's questions are in `query.ts`, the register of builds in `builds.ts`, its errors in `errors.ts`.
 */
import type { Position, Stream } from '../kernel/event.js';
import type { Document } from '../kernel/projection.js';
import type { ReadModelSpec } from '../kernel/read-model.js';
import type { Build, BuildId, BuildRecord, Progress, Served } from './builds.js';
import type { ListPage, ListQuery, Scalar, Selection, SummaryGroup, SummaryQuery } from './query.js';

/** A document became this at this position; null: it was removed. Of one document's changes the positions only grow. */
export interface DocumentChange {
  readonly key: string;
  readonly position: Position;
  readonly document: Document | null;
}

/** An event that has not been applied to a document: the handler could not take it, or an earlier one of the same document waits. */
export interface WaitingEvent {
  /** The document's; of an event whose documents could not even be named, `keyOfStream` of its stream. */
  readonly key: string;
  readonly position: Position;
  readonly id: string;
  readonly type: string;
  readonly stream: Stream;
  readonly revision: number;
  /** Why the handler could not take it; null when it waits behind one. */
  readonly error: string | null;
  /** How often it was tried; 0 when it waits behind another. */
  readonly attempts: number;
  /** When it was parked, ISO 8601. */
  readonly parkedAt: string;
}

/** A change of what waits: an event that waits now, or (again) with another error; or one that waits no longer. */
export type ParkingChange = WaitingEvent | { readonly key: string; readonly position: Position; readonly done: true };

/** What one batch of events made of one build, or of one partition of it: then `from` and `to` are the partition's own. */
export interface Commit {
  readonly build: Build;
  /** The checkpoint that the batch began at: the commit is refused when the store stands elsewhere, since somebody else projects too. */
  readonly from: Position;
  /** The checkpoint after it; equal to `from` when only what waited was tried again. */
  readonly to: Position;
  readonly changes: readonly DocumentChange[];
  readonly parking?: readonly ParkingChange[];
  /** Under which the batch was worked out. */
  readonly lease: Lease;
  readonly progress: Progress;
}

/** The right to project a read model until it runs out or is given back. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  /** Grows with every change of holder: what was worked out under an earlier one is refused. */
  readonly token: number;
}

/** Leases that are held now. */
export interface HeldLease extends Lease {
  /** When it runs out unless it is taken again, ISO 8601. */
  readonly until: string;
}

/** A document as the store has it. `document` is null where it knows of a removal. */
export interface StoredDocument {
  readonly document: Document | null;
  /** The position of its last change. */
  readonly position: Position;
}

/** Who may project what: leases with fencing tokens. Nothing is kept of members (see `members.ts`) that are no more. */
export interface LeaseStore {
  /**
   * Takes those of the leases that are free, have run out, or are this holder's already, for so long.
   * @returns those that the holder has now
   */
  take(names: readonly string[], holder: string, milliseconds: number): Promise<readonly Lease[]>;
  giveBack(leases: readonly Lease[]): Promise<void>;
  held(): Promise<readonly HeldLease[]>;
}

/** How several processes bring up one build at the same time, where the engine takes writes from several. */
export interface Division {
  /**
   * Divides a build that is being built into partitions, each with a checkpoint at 0. From then on only partitions take commits.
   * @returns whether it is divided now: not when it was written to, or emptied, before
   */
  divide(build: Build, partitions: number, until: Position, lease: Lease): Promise<boolean>;
  /** Makes one build of the partitions again, at `until`. @returns false while one of them is not there yet */
  join(build: Build, lease: Lease): Promise<boolean>;
}

/** The projector's side, and that of operations. */
export interface ViewWriter extends LeaseStore {
  /** Absent where one process does all that the engine takes. */
  readonly division?: Division;
  builds(): Promise<readonly BuildRecord[]>;
  /**
   * Registers an empty build of this read model at position 0: live at once when the read model has no live build, else building beside it.
   * When one of this version and these columns is being built already, it is that one.
   */
  begin(model: ReadModelSpec): Promise<Build>;
  /** The documents of these keys; those that never existed are missing from the map. May be ahead of the checkpoint after a crash. */
  load(build: Build, keys: readonly string[]): Promise<ReadonlyMap<string, StoredDocument>>;
  /** The keys of the current documents that have this value in a column declared with `filter`. */
  find(build: Build, column: string, value: Scalar): Promise<readonly string[]>;
  /**
   * Documents, what waits, and checkpoint of all commits, so that whatever happens in between, repeating the batch has the same outcome.
   * @throws CheckpointMoved when a build's checkpoint is not `from`, LeaseLost when its lease was taken by another: nothing was changed
   *   in its outcome.
   * @throws BuildGone when the build was dropped.
   * @throws DocumentRefused when a document can't be stored: a change older than the document, an integer beyond 2^53 - 1. It tells all
   *   such documents of one build. Nothing was written.
   * @throws ViewsUnavailable when the engine can't write.
   */
  commit(commits: readonly Commit[]): Promise<void>;
  /** Empties a build and takes its checkpoint to 0, to be built again in place and in one: what it was made of is void. */
  reset(build: Build, lease: Lease): Promise<void>;
  /**
   * Makes a build that has caught up fit to serve, with all its indexes, and a `building` one `ready`. Repeating it does nothing. It may take
   * minutes, and commits may come meanwhile, of the same build too.
   * @throws LeaseLost when another has the lease, also when that was taken meanwhile: then the build is no more ready than before.
   */
  complete(build: Build, lease: Lease): Promise<void>;
  /**
   * Makes a build the live one of its read model in one step, and the live one a retired one.
   * @throws NotReady when it is not ready, or retired, or is behind the live one.
   */
  cutOver(build: BuildId): Promise<void>;
  /** Takes a build and all it holds away. @throws NotReady when it is the live one. */
  drop(build: BuildId): Promise<void>;
  close(): Promise<void>;
}

/** A document with every version of it that the store keeps, oldest first. */
export interface DocumentHistory {
  /** What is stored without any key is told under a name of its own, which begins with `@`. */
  readonly key: string;
  readonly versions: readonly { readonly since: Position; readonly until: Position | null; readonly document: Document }[];
  /** What of the document's stored form does not follow from the document: an index, a column. */
  readonly damage?: string;
}

/** Documents of one key that wait. */
export interface ParkedDocument {
  /** The event that can't be taken. */
  readonly first: WaitingEvent;
  /** How many events wait, this one counted. */
  readonly waiting: number;
}

/**
 * The reader's side. A build that is not there stands at position 0 and has no documents.
 * `asOf` of a model without history is refused with `NoHistory`.
 */
export interface ViewReader {
  builds(): Promise<readonly BuildRecord[]>;
  /** Calls back, soon after, when something was committed or registered: by this process or another. @returns how to stop that */
  onChange(listener: () => void): () => void;
  position(build: Served): Promise<Position>;
  /** Resolves when the build's checkpoint is at least `position`. @throws NotYetThere after `timeoutMs`. */
  reached(build: Served, position: Position, timeoutMs: number): Promise<void>;
  /** The documents of these keys, now or as of a position, in the order of the keys; null where there is none. */
  get(build: Served, keys: readonly string[], asOf?: Position): Promise<readonly (Document | null)[]>;
  /** @throws BadCursor when the cursor is not one of this order. */
  list(build: Served, query: ListQuery): Promise<ListPage>;
  count(build: Served, selection: Selection): Promise<number>;
  /**
   * One group per combination of values that occurs, in no particular order; exactly one when grouped by nothing.
   * @throws RangeError when a sum is beyond 2^53 - 1.
   */
  summarise(build: Served, query: SummaryQuery): Promise<readonly SummaryGroup[]>;
  /**
   * Everything that queries are answered from, by the keys that it is stored under, in their order: documents with all their kept versions,
   * removed ones too where versions are kept, and what lies there without a document. Read in parts, while writers go on: what is superseded
   * meanwhile is told as it was or as it is.
   * @param part how many keys are read at a time; 500 unless said otherwise
   */
  scan(build: Served, part?: number): AsyncIterable<DocumentHistory>;
  /** The same of these keys, in the order of the keys, as far as their documents lead to it; without versions where there is nothing. */
  histories(build: Served, keys: readonly string[]): Promise<readonly DocumentHistory[]>;
  /** Documents that wait, in the order of their keys; of these keys alone when given. */
  parked(
    build: Served,
    options: { readonly first: number; readonly after?: string; readonly keys?: readonly string[] },
  ): Promise<readonly ParkedDocument[]>;
  /** What waits for one document, oldest first. */
  waiting(build: Served, key: string, options: { readonly first: number; readonly after?: Position }): Promise<readonly WaitingEvent[]>;
  close(): Promise<void>;
}
