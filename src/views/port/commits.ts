/** Commits: the outcome of one batch of events, written atomically with the checkpoint. */
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import type { Lease } from '../../leases/port.js';
import type { Build, Progress } from './builds.js';
import type { DeadLetterChange } from './dead-letters.js';

/** The document became this at this position; null: it was removed. Positions of one document's changes increase. */
export interface DocumentChange {
  readonly key: string;
  readonly position: Position;
  readonly document: Document | null;
}

/** The outcome of one batch of events for one build, or for one partition: then `from` and `to` are the partition's. */
export interface Commit {
  readonly build: Build;
  /** The checkpoint that the batch began at. */
  readonly from: Position;
  /** The checkpoint after it; equal to `from` when only dead letters were retried. */
  readonly to: Position;
  readonly changes: readonly DocumentChange[];
  readonly deadLetters?: readonly DeadLetterChange[];
  /** The lease that the batch was computed under. */
  readonly lease: Lease;
  readonly progress: Progress;
}

export interface Commits {
  /**
   * Writes documents, dead letters and checkpoints of all commits. After a crash in between, repeating the batch has the same outcome.
   * @throws CheckpointMoved when a build's checkpoint is not `from`, LeaseLost when another holder has the lease: nothing was changed.
   * @throws BuildGone when the build was dropped.
   * @throws DocumentRefused when documents can't be stored: a change older than the document, an integer beyond 2^53 - 1. Lists all such
   *   documents of one build. Nothing was written.
   * @throws ViewsUnavailable when the engine can't write.
   */
  commit(commits: readonly Commit[]): Promise<void>;
}
