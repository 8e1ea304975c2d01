/** Commits: the outcome of one batch of events, written atomically with the checkpoint. */
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import type { Lease } from '../../leases/port.js';
import type { Build, Progress } from './builds.js';
import type { DeadLetterChange, UnappliedEvent } from './dead-letters.js';

/** The document became this at this position; null: it was removed. Positions of one document's changes increase. */
export interface DocumentChange {
  readonly key: string;
  readonly position: Position;
  readonly document: Document | null;
}

/** Replaces everything that a build holds of one key: the document, its kept versions, its words, its dead letters. */
export interface Rewrite {
  readonly key: string;
  /**
   * All versions from the first event on, oldest first; without history the last one is stored. Positions are at most the commit's `to`. Empty:
   * nothing is left of the document.
   */
  readonly versions: readonly DocumentChange[];
  /** All dead letters of the key. */
  readonly deadLetters: readonly UnappliedEvent[];
}

/** The outcome of one batch of events for one build, or for one partition: then `from` and `to` are the partition's. */
export interface Commit {
  readonly build: Build;
  /** The checkpoint that the batch began at. */
  readonly from: Position;
  /** The checkpoint after it; equal to `from` when only dead letters were retried. */
  readonly to: Position;
  readonly changes: readonly DocumentChange[];
  /**
   * How many erasures the fold knew: every document of the commit was folded, from its first event on, without what they erased. The number that
   * `raiseErasures` was last called with.
   */
  readonly erasures: number;
  /**
   * Documents that were folded anew because of an erasure, each key once. Applied before the changes and dead letters of the same key. The first commit
   * with a higher number of erasures has all rewrites that they call for.
   */
  readonly rewrites?: readonly Rewrite[];
  readonly deadLetters?: readonly DeadLetterChange[];
  /** The lease that the batch was computed under. */
  readonly lease: Lease;
  readonly progress: Progress;
}

export interface Commits {
  /**
   * Notes that folds of a build, or of a partition, know this many erasures from now on. Commits of folds that knew fewer are refused, also those
   * under way: nothing that they write is read later. Call it before folding with a higher number. Idempotent.
   * @returns the keys of which an interrupted commit that knew fewer erasures may have left something; the next commit has to rewrite them
   * @throws ErasuresMoved when the build was raised to a higher number, LeaseLost when another holder has the lease.
   * @throws BuildGone when the build was dropped.
   * @throws ViewsUnavailable when the engine can't write.
   */
  raiseErasures(build: Build, erasures: number, lease: Lease): Promise<readonly string[]>;
  /**
   * Writes documents, dead letters and checkpoints of all commits. After a crash in between, repeating the batch has the same outcome.
   * @throws CheckpointMoved when a build's checkpoint is not `from`, LeaseLost when another holder has the lease: nothing was changed.
   * @throws ErasuresMoved when `erasures` is not the number that the build was raised to: nothing was changed.
   * @throws BuildGone when the build was dropped.
   * @throws DocumentRefused when documents can't be stored: a change older than the document, an integer beyond 2^53 - 1. Lists all such
   *   documents of one build. Nothing was written.
   * @throws ViewsUnavailable when the engine can't write.
   */
  commit(commits: readonly Commit[]): Promise<void>;
}
