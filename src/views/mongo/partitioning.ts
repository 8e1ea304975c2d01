/** Splits a build into partitions and merges them, in the register alone: all partitions share the build's collections. */
import type { Position } from '../../kernel/event.js';
import type { Lease } from '../../leases/port.js';
import type { Build } from '../port/builds.js';
import type { BuildCollections } from './build-collections.js';
import { countDeadLetters } from './dead-letters.js';
import type { GuardedRegister } from './guarded-register.js';
import { emptyPartitions, merged } from './partitions.js';
import { mustBeRegistered, type Register } from './register.js';

export interface PartitioningContext {
  readonly register: Register;
  readonly guarded: GuardedRegister;
  readonly collections: BuildCollections;
}

/** See `Partitioning.split`. */
export async function split(
  build: Build,
  partitions: number,
  until: Position,
  lease: Lease,
  { register, guarded }: PartitioningContext,
): Promise<boolean> {
  const { state, generation, commits, partitions: before } = await mustBeRegistered(register, build);
  if (state !== 'building' || generation > 0 || commits > 0 || before) return before !== undefined && before !== null;
  await guarded.change(build, lease, { generation, commits, partitions: null }, { partitions: emptyPartitions(partitions, until) });
  return true;
}

/** See `Partitioning.merge`. */
export async function merge(build: Build, lease: Lease, { register, guarded, collections }: PartitioningContext): Promise<boolean> {
  const entry = await mustBeRegistered(register, build);
  const { generation, partitions } = entry;
  if (!partitions) return true;
  const whole = merged(partitions);
  if (!whole) return false;
  // Partitions count dead letters concurrently, so the count that was written last may be outdated.
  const deadLetters = await countDeadLetters(collections.of(build, entry).deadLetters);
  await guarded.change(build, lease, { generation, 'partitions.until': partitions.until }, { ...whole, deadLetters });
  return true;
}
