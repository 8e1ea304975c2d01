/**
 * Commits: superseded versions are written first, then documents, dead letters and the checkpoint, each to a majority and its journals before
 * the next. So a checkpoint that survives a failure never covers documents that did not.
 */
import { mustHold } from '../../leases/mongo.js';
import { buildName, idOf } from '../port/build-identity.js';
import type { Commit } from '../port/commits.js';
import { BuildGone, CheckpointMoved, ErasuresMoved } from '../port/errors.js';
import { isFenced, write, writesOf, type Writes } from './apply.js';
import type { BuildCollections } from './build-collections.js';
import { countDeadLetters, writeDeadLetters } from './dead-letters.js';
import { under, type GuardedRegister } from './guarded-register.js';
import { layoutOf, type Collections, type CurrentRow } from './layout.js';
import { checkpointOf, pathOf, type Checkpoint } from './partitions.js';
import { entryIn, type BuildEntry, type RegisterRow } from './register.js';
import { Tombstones } from './tombstones.js';

/** The state of a build, or of a partition, before a commit. */
interface Before {
  readonly entry: BuildEntry;
  readonly checkpoint: Checkpoint;
}

/** A commit that passed all checks, and what it writes. */
interface Prepared extends Before {
  readonly commit: Commit;
  readonly collections: Collections;
  readonly writes: Writes;
}

export class Committer {
  readonly #register: GuardedRegister;
  readonly #collections: BuildCollections;
  readonly #tombstones = new Tombstones();
  /** The lease under which the documents with dead letters were last counted, by collection name. */
  readonly #counted = new Map<string, string>();

  constructor(register: GuardedRegister, collections: BuildCollections) {
    this.#register = register;
    this.#collections = collections;
  }

  /** See `Commits`. */
  async commit(commits: readonly Commit[]): Promise<void> {
    const before = await this.#mayCommit(commits);
    // All commits are prepared before anything is written, so that a refusal leaves nothing behind.
    const prepared = await Promise.all(commits.map((commit, index) => this.#prepare(commit, before[index])));
    try {
      await Promise.all(prepared.map(({ collections, writes }) => write(collections, writes)));
      await Promise.all(
        prepared.map(({ commit: { rewrites = [], deadLetters = [], erasures, lease }, checkpoint, collections }) => {
          const stamp = { commit: checkpoint.commits + 1, token: lease.token, erasures };
          return writeDeadLetters(collections.deadLetters, rewrites, deadLetters, stamp);
        }),
      );
    } catch (failure) {
      // Somebody raised the build meanwhile: reports who, or to which number.
      if (isFenced(failure)) await this.#mayCommit(commits);
      throw failure;
    }
    try {
      for (const each of prepared) await this.#advance(each);
    } catch (failure) {
      this.#counted.clear();
      throw failure;
    }
    await Promise.all(prepared.map(({ commit, collections }) => this.#tombstones.clear(commit.build.model, collections, commit.from)));
  }

  /** @throws LeaseLost, BuildGone, CheckpointMoved, ErasuresMoved */
  async #mayCommit(commits: readonly Commit[]): Promise<readonly Before[]> {
    const rows = await this.#register.rows(commits.flatMap(({ build, lease }) => [build.model.name, lease.name]));
    return commits.map((commit) => mayCommit(rows, commit));
  }

  /** @throws DocumentRefused */
  async #prepare(commit: Commit, before: Before | undefined): Promise<Prepared> {
    const { build, changes, erasures, rewrites = [], from } = commit;
    const name = buildName(idOf(build));
    if (!before) throw new BuildGone(name);
    const { entry, checkpoint } = before;
    const collections = this.#collections.of(build, entry);
    const keys = [...new Set(changes.map(({ key }) => key))];
    const rows = keys.length > 0 ? await collections.current.find({ _id: { $in: keys } }, { promoteLongs: false }).toArray() : [];
    const stored = new Map<string, CurrentRow>(rows.map((row) => [row._id, row]));
    const writes = writesOf(
      { name, layout: layoutOf(build.model), changes, erasures, rewrites, from, commit: checkpoint.commits + 1 },
      stored,
    );
    return { commit, entry, checkpoint, collections, writes };
  }

  /** Moves the checkpoint: the write that makes the commit effective. Refused when the checkpoint or the lease has changed. */
  async #advance({ commit, entry, checkpoint, collections }: Prepared): Promise<void> {
    const { build, to, from, erasures, rewrites = [], deadLetters = [], lease, progress } = commit;
    const { finishedAt, error, ...rest } = progress;
    const { commits } = checkpoint;
    const path = pathOf(build);
    const { collectionName } = collections.deadLetters;
    // The first commit under a lease counts, since an interrupted commit of an earlier holder may have left dead letters.
    const counter = `${lease.name} ${lease.token}`;
    const isCounted = rewrites.length + deadLetters.length === 0 && this.#counted.get(collectionName) === counter;
    await this.#register.change(
      build,
      lease,
      {
        generation: entry.generation,
        raised: erasures,
        ...under(path, { position: from, commits }),
        ...(path === '' ? { partitions: null } : {}),
      },
      {
        ...under(path, { ...rest, position: to, erasures, commits: commits + 1 }),
        // A partition that stopped stops the whole build: other partitions don't clear its error.
        ...(build.partition === undefined || error !== null ? { error } : {}),
        ...(entry.finishedAt === null && finishedAt !== null ? { finishedAt } : {}),
        ...(isCounted ? {} : { deadLetters: await countDeadLetters(collections.deadLetters) }),
      },
    );
    this.#counted.set(collectionName, counter);
  }
}

/** @throws LeaseLost, BuildGone, CheckpointMoved, ErasuresMoved */
function mayCommit(rows: ReadonlyMap<string, RegisterRow>, { build, from, erasures, lease }: Commit): Before {
  mustHold(rows.get(lease.name), lease);
  const entry = entryIn(rows.get(build.model.name), build);
  if (!entry) throw new BuildGone(buildName(idOf(build)));
  const checkpoint = checkpointOf(entry, build);
  if (checkpoint?.position !== from) throw new CheckpointMoved(buildName(idOf(build)), from, (checkpoint ?? entry).position);
  const other = [entry, checkpoint].find(({ raised }) => raised !== erasures);
  if (other) throw new ErasuresMoved(buildName(idOf(build)), erasures, other.raised);
  return { entry, checkpoint };
}
