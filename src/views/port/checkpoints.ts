/** Checkpoints of processes that follow the log and keep no documents, such as process managers. */
import type { Position } from '../../kernel/event.js';
import type { Lease, LeaseStore } from '../../leases/port.js';

/** A step of the process that has this checkpoint. */
export interface CheckpointMove {
  readonly name: string;
  /** The position that the step began at. */
  readonly from: Position;
  readonly to: Position;
  /** The lease that the step was done under. */
  readonly lease: Lease;
}

export interface Checkpoints {
  /** @returns 0 when the checkpoint was never moved. @throws ViewsUnavailable */
  read(name: string): Promise<Position>;
  /**
   * @throws CheckpointMoved when the checkpoint is not at `from`, LeaseLost when another holder has the lease: it was not moved.
   * @throws ViewsUnavailable when the engine can't write.
   */
  move(move: CheckpointMove): Promise<void>;
  /** Sets the checkpoint to 0. @throws LeaseLost, ViewsUnavailable */
  reset(name: string, lease: Lease): Promise<void>;
}

/** Checkpoints with the leases that they are moved under. Apart from read models, which may be deleted and rebuilt. */
export interface CheckpointStore extends Checkpoints {
  readonly leases: LeaseStore;
  close(): Promise<void>;
}
