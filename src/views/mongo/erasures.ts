/**
 * Keeps folds that knew fewer erasures from writing. Their writes may be under way and arrive at any time, so the server has to refuse them: each row
 * has the number of erasures that its fold knew, and the collections of a build have a validator that takes rows of the build's number on.
 */
import type { Lease } from '../../leases/port.js';
import { buildName, idOf } from '../port/build-identity.js';
import type { Build } from '../port/builds.js';
import { CheckpointMoved, ErasuresMoved } from '../port/errors.js';
import { partitionOf } from '../port/partition-of.js';
import type { BuildCollections } from './build-collections.js';
import { under, type GuardedRegister } from './guarded-register.js';
import type { Collections } from './layout.js';
import { checkpointOf, checkpointsOf, pathOf, type Checkpoint } from './partitions.js';
import { mustBeRegistered, type BuildEntry, type Register } from './register.js';

export interface ErasuresContext {
  readonly register: Register;
  readonly guarded: GuardedRegister;
  readonly collections: BuildCollections;
}

/** See `Commits.raiseErasures`. */
export async function raiseErasures(
  build: Build,
  erasures: number,
  lease: Lease,
  { register, guarded, collections }: ErasuresContext,
): Promise<readonly string[]> {
  const name = buildName(idOf(build));
  const entry = await mustBeRegistered(register, build);
  const checkpoint = checkpointOf(entry, build);
  if (!checkpoint) throw new CheckpointMoved(name, 0, entry.position);
  if (entry.raised > erasures) throw new ErasuresMoved(name, erasures, entry.raised);
  const { generation, raised } = entry;
  const path = pathOf(build);
  const { position, commits } = checkpoint;
  // The register first: from here on no commit of another number begins.
  await guarded.change(
    build,
    lease,
    { generation, raised, ...under(path, { position, commits }) },
    { raised: erasures, ...under(path, { raised: erasures }) },
  );
  for (let fence = erasures; ;) {
    await collections.fence(build, entry, fence);
    const now = await mustBeRegistered(register, build);
    // Another partition raised the build meanwhile, and its fence may have been replaced by this one.
    if (now.raised === fence) break;
    fence = now.raised;
  }
  const owns = ownedBy(build, entry);
  return (await keysAhead(collections.of(build, entry), checkpoint, erasures)).filter(owns);
}

function ownedBy({ partition }: Build, { partitions }: BuildEntry): (key: string) => boolean {
  if (partition === undefined || !partitions) return () => true;
  const { length } = checkpointsOf(partitions);
  return (key) => partitionOf(key, length) === partition;
}

/**
 * The keys of rows beyond the checkpoint by folds that knew fewer erasures. A retry of dead letters changes documents and versions before the
 * checkpoint, of keys that have dead letters then.
 */
async function keysAhead(
  { current, past, deadLetters }: Collections,
  { position, commits }: Checkpoint,
  erasures: number,
): Promise<readonly string[]> {
  const earlier = { erasures: { $lt: erasures } };
  const waiting = await deadLetters.distinct('key', earlier);
  const later = { commit: { $gt: commits } };
  const found = await Promise.all([
    current.distinct('_id', { live: { $in: [true, false] }, since: { $gt: position }, ...earlier }),
    past.distinct('key', { until: { $gt: position }, ...earlier }),
    deadLetters.distinct('key', { ...earlier, $or: [{ position: { $gt: position } }, later] }),
    current.distinct('_id', { _id: { $in: waiting }, ...later, ...earlier }),
    past.distinct('key', { key: { $in: waiting }, ...later, ...earlier }),
  ]);
  return [...new Set(found.flat())].sort();
}
