/** A build that several projectors bring up together: each folds the documents of some keys, under a lease of its own. */
import type { Position } from '../kernel/event.js';
import { partitionOf, type Build, type BuildRecord } from '../views/builds.js';

/**
 * An event of which can't be told whose documents it changes keeps its whole stream waiting, in every partition alike: such a build is
 * brought up in one.
 */
export class Indivisible extends Error {
  override readonly name = 'Indivisible';
}

/** The lease to work on a build under: of the read model, or of one partition of what is built of it. */
export function leaseNameOf({ model: { name }, partition }: Pick<Build, 'model' | 'partition'>): string {
  return partition === undefined ? name : `${name}/${partition}`;
}

/** What there is to work on of a build that is registered: the whole of it, or each of its partitions. */
export function workOf(build: Build, { divided }: BuildRecord): readonly Build[] {
  return divided ? divided.positions.map((_, partition) => ({ ...build, partition })) : [build];
}

/** Where a build or a partition of it stands. */
export function standsAt({ partition }: Build, { position, divided }: BuildRecord): Position {
  return partition === undefined ? position : (divided?.positions[partition] ?? 0);
}

/** Whether a document is of a partition; of a build in one, all are. */
export function isOfPartition({ partition }: Build, { divided }: BuildRecord): (key: string) => boolean {
  if (partition === undefined || !divided) return () => true;
  const { length } = divided.positions;
  return (key) => partitionOf(key, length) === partition;
}
