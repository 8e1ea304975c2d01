/** Failures that mean that another process, or an operator, changed the work meanwhile. */
import { LeaseLost } from '../leases/errors.js';
import { BuildGone, CheckpointMoved } from '../views/port/errors.js';
import { NotPartitionable } from './partitions.js';

/** Whether the failure is no error: the register or the leases have changed, and are read again. */
export function isPreempted(failure: unknown): boolean {
  return [CheckpointMoved, LeaseLost, BuildGone, NotPartitionable].some((kind) => failure instanceof kind);
}
