/** A build that several projectors catch up together: each folds the documents of some keys, under a lease of its own. */
import type { Position } from '../kernel/event.js';
import type { Build, BuildRecord } from '../views/port/builds.js';
import { partitionOf } from '../views/port/partition-of.js';

/**
 * A handler failed before it named the documents. The event's stream then becomes a dead letter, which no single partition can own: such a build
 * is caught up without partitions.
 */
export class NotPartitionable extends Error {
  override readonly name = 'NotPartitionable';
}

/** The name of the lease for a build: that of the read model, or of one partition of its build. */
export function leaseNameOf({ model: { name }, partition }: Pick<Build, 'model' | 'partition'>): string {
  return partition === undefined ? name : `${name}/${partition}`;
}

/** The build itself, or each of its partitions. */
export function partitionsOf(build: Build, { partitions }: BuildRecord): readonly Build[] {
  return partitions ? partitions.positions.map((_, partition) => ({ ...build, partition })) : [build];
}

/** The position of a build or of one partition of it. */
export function positionOf({ partition }: Build, { position, partitions }: BuildRecord): Position {
  return partition === undefined ? position : (partitions?.positions[partition] ?? 0);
}

/** How many erasures a build, or one partition of it, was folded with. */
export function erasuresOf({ partition }: Build, { erasures, partitions }: BuildRecord): number {
  return partition === undefined ? erasures : (partitions?.erasures[partition] ?? 0);
}

/** Whether a document belongs to a partition; to a build without partitions, all do. */
export function partitionFilter({ partition }: Build, { partitions }: BuildRecord): (key: string) => boolean {
  if (partition === undefined || !partitions) return () => true;
  const { length } = partitions.positions;
  return (key) => partitionOf(key, length) === partition;
}
