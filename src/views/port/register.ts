/** The register of builds: which builds exist, in which state, and which one is live. */
import type { Position } from '../../kernel/event.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import type { Lease } from '../../leases/port.js';
import type { Build, BuildId, BuildRecord } from './builds.js';

export interface BuildRegister {
  builds(): Promise<readonly BuildRecord[]>;
  /**
   * Registers an empty build of this read model at position 0. It is live at once when the read model has no live build, otherwise `building`.
   * If a build of this version and these columns is already being built, that build is returned.
   */
  begin(model: ReadModelSpec): Promise<Build>;
  /** Empties a build and sets its checkpoint to 0, without partitions, so that it is rebuilt in place. */
  reset(build: Build, lease: Lease): Promise<void>;
  /**
   * Creates all indexes of a build that has caught up, and turns `building` into `ready`. Idempotent. May take minutes; commits to the same
   * build are allowed meanwhile.
   * @throws LeaseLost when another holder has the lease, also when it changed meanwhile: the state is then unchanged.
   */
  finalize(build: Build, lease: Lease): Promise<void>;
  /**
   * Makes a build the live one of its read model and retires the previous one, in one atomic step.
   * @throws NotReady when the build is still building, or behind the live one.
   */
  cutOver(build: BuildId): Promise<void>;
  /** Drops a build and all its data. @throws NotReady when it is live. */
  drop(build: BuildId): Promise<void>;
}

/** Lets several processes catch up one build together. Only for engines that take concurrent writes. */
export interface Partitioning {
  /**
   * Splits a build that is being built into partitions, each with a checkpoint at 0. From then on only partitions take commits.
   * @param until the position at which the partitions are merged
   * @returns whether the build is partitioned now: false when it was committed to, or reset, before
   */
  split(build: Build, partitions: number, until: Position, lease: Lease): Promise<boolean>;
  /** Merges the partitions into one build at `until`. @returns false while one of them has not reached it */
  merge(build: Build, lease: Lease): Promise<boolean>;
}
