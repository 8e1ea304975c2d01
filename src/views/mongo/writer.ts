/**
 * The projector's side, and that of operations. A commit writes superseded versions, then documents, then what waits, then the checkpoint,
 * each to a majority and its journals before the next: what the checkpoint counts is never lost while the checkpoint is kept.
 */
import { MongoServerError, type CreateIndexesOptions, type Db } from 'mongodb';
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import { buildName, idOf, type Build, type BuildId, type BuildRecord } from '../builds.js';
import { BuildGone, CheckpointMoved, LeaseLost } from '../errors.js';
import type { Commit, Division, HeldLease, Lease, StoredDocument, ViewWriter } from '../port.js';
import type { Scalar } from '../query.js';
import { write, writesOf, type Writes } from './apply.js';
import { attempt, type Connection } from './connection.js';
import { checkpointOf, divided, joined, pathOf, type Checkpoint } from './division.js';
import { collectionsOf, findIndex, layoutOf, type Collections, type CurrentRow } from './layout.js';
import { giveBackLeases, heldLeases, takeLeases } from './leases.js';
import { countParked, park } from './parking.js';
import {
  beginBuild,
  entryIn,
  fieldOf,
  forget,
  makeLive,
  mustBeRegistered,
  recordsIn,
  registerIn,
  type BuildEntry,
  type Register,
  type RegisterRow,
} from './register.js';
import { sweep } from './sweep.js';
import { Tombstones } from './tombstones.js';
import { having } from './where.js';

/** Documents of the register by their names. */
type Rows = ReadonlyMap<string, RegisterRow>;

/** A commit that may be made, and what it writes. */
interface Prepared {
  readonly commit: Commit;
  readonly entry: BuildEntry;
  readonly checkpoint: Checkpoint;
  readonly collections: Collections;
  readonly writes: Writes;
}

/** Values of a build by the names of their fields, with dots where they lie in others. */
type Values = Readonly<Record<string, unknown>>;

/** Where a commit finds its build. */
interface Standing {
  readonly entry: BuildEntry;
  readonly checkpoint: Checkpoint;
}

export class MongoViewWriter implements ViewWriter {
  readonly division: Division = {
    divide: (build, partitions, until, lease) => this.#attempt(() => this.#divide(build, partitions, until, lease)),
    join: (build, lease) => this.#attempt(() => this.#join(build, lease)),
  };
  readonly #connection: Connection;
  readonly #register: Register;
  readonly #tombstones = new Tombstones();
  /** Builds and columns that have their index for `find`. */
  readonly #findable = new Set<string>();
  /** Under which lease it was counted last how many documents of a build wait, by the collection that they wait in. */
  readonly #counted = new Map<string, string>();

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#register = registerIn(connection.db);
  }

  builds(): Promise<readonly BuildRecord[]> {
    return this.#attempt(async () => recordsIn(await this.#register.find().toArray()));
  }

  begin(model: ReadModelSpec): Promise<Build> {
    return this.#attempt(async () => {
      const build = await beginBuild(this.#register, model);
      const entry = await mustBeRegistered(this.#register, build);
      await this.#make(build, entry);
      return build;
    });
  }

  load(build: Build, keys: readonly string[]): Promise<ReadonlyMap<string, StoredDocument>> {
    return this.#attempt(async () => {
      const { current } = this.#collections(build, await mustBeRegistered(this.#register, build));
      const rows = await current.find({ _id: { $in: keys } }).toArray();
      return new Map(rows.map((row) => [row._id, { document: row.live ? (JSON.parse(row.doc) as Document) : null, position: row.since }]));
    });
  }

  async find(build: Build, column: string, value: Scalar): Promise<readonly string[]> {
    const layout = layoutOf(build.model);
    const { column: stored, filter } = having(layout, column, value);
    return this.#attempt(async () => {
      const entry = await mustBeRegistered(this.#register, build);
      const { current } = this.#collections(build, entry);
      const index = `${current.collectionName} ${column}`;
      if (!this.#findable.has(index)) {
        await this.#patiently(build, entry).current.createIndexes([findIndex(layout, stored)], this.#quorum);
        this.#findable.add(index);
      }
      const rows = await current
        .find({ live: true, ...filter })
        .project<{ readonly _id: string }>({ _id: 1 })
        .toArray();
      return rows.map(({ _id }) => _id).sort();
    });
  }

  commit(commits: readonly Commit[]): Promise<void> {
    return this.#attempt(async () => {
      const standings = await this.#standingsOf(commits);
      // All is worked out before anything is written, so that what is refused is refused whole.
      const prepared = await Promise.all(commits.map((commit, index) => this.#prepare(commit, standings[index])));
      await Promise.all(prepared.map(({ collections, writes }) => write(collections, writes)));
      await Promise.all(
        prepared.map(({ commit: { parking = [], lease }, checkpoint, collections }) =>
          park(collections.waiting, parking, { commit: checkpoint.commits + 1, token: lease.token }),
        ),
      );
      try {
        for (const each of prepared) await this.#advance(each);
      } catch (failure) {
        this.#counted.clear();
        throw failure;
      }
      await Promise.all(prepared.map(({ commit, collections }) => this.#tombstones.clear(commit.build.model, collections, commit.from)));
    });
  }

  reset(build: Build, lease: Lease): Promise<void> {
    return this.#attempt(async () => {
      const entry = await mustBeRegistered(this.#register, build);
      const generation = entry.generation + 1;
      const empty: Partial<BuildEntry> = {
        generation,
        position: 0,
        commits: 0,
        indexed: false,
        events: 0,
        rate: 0,
        pace: 0,
        measuredAt: null,
        finishedAt: null,
        error: null,
        parked: 0,
        divided: null,
        ...(entry.state === 'ready' ? { state: 'building' } : {}),
      };
      await this.#change(build, lease, { generation: entry.generation }, empty);
      // What a writer that was late still writes goes into the collections of before: nobody looks there.
      await this.#make(build, { ...entry, ...empty });
      await sweep(this.#connection.patient);
    });
  }

  complete(build: Build, lease: Lease): Promise<void> {
    return this.#attempt(async () => {
      await this.#mustHold(lease);
      const entry = await mustBeRegistered(this.#register, build);
      await this.#index(build, entry);
      const { generation, state, finishedAt } = entry;
      if (state !== 'building' && finishedAt !== null) return;
      await this.#change(
        build,
        lease,
        { generation, state },
        {
          finishedAt: finishedAt ?? new Date().toISOString(),
          ...(state === 'building' ? { state: 'ready' } : {}),
        },
      );
    });
  }

  cutOver(build: BuildId): Promise<void> {
    return this.#attempt(() => makeLive(this.#register, build));
  }

  drop(build: BuildId): Promise<void> {
    return this.#attempt(async () => {
      await forget(this.#register, build);
      await sweep(this.#connection.patient);
    });
  }

  take(names: readonly string[], holder: string, milliseconds: number): Promise<readonly Lease[]> {
    return this.#attempt(() => takeLeases(this.#register, names, holder, milliseconds));
  }

  giveBack(leases: readonly Lease[]): Promise<void> {
    return this.#attempt(() => giveBackLeases(this.#register, leases));
  }

  held(): Promise<readonly HeldLease[]> {
    return this.#attempt(() => heldLeases(this.#register));
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  async #divide(build: Build, partitions: number, until: Position, lease: Lease): Promise<boolean> {
    const { state, generation, commits, divided: before } = await mustBeRegistered(this.#register, build);
    if (state !== 'building' || generation > 0 || commits > 0 || before) return before !== undefined && before !== null;
    await this.#change(build, lease, { generation, commits, divided: null }, { divided: divided(partitions, until) });
    return true;
  }

  async #join(build: Build, lease: Lease): Promise<boolean> {
    const entry = await mustBeRegistered(this.#register, build);
    const { generation, divided: partitions } = entry;
    if (!partitions) return true;
    const whole = joined(partitions);
    if (!whole) return false;
    // Those who bring up partitions count at the same time: what the last of them wrote may be what was true before another one parked.
    const parked = await countParked(this.#collections(build, entry).waiting);
    await this.#change(build, lease, { generation, 'divided.until': partitions.until }, { ...whole, parked });
    return true;
  }

  /** Where the builds of these commits stand, in their order. @throws LeaseLost, BuildGone, CheckpointMoved */
  async #standingsOf(commits: readonly Commit[]): Promise<readonly Standing[]> {
    const rows = await this.#rowsOf(commits.flatMap(({ build, lease }) => [build.model.name, lease.name]));
    return commits.map((commit) => mayCommit(rows, commit));
  }

  /** @throws DocumentRefused */
  async #prepare(commit: Commit, standing: Standing | undefined): Promise<Prepared> {
    const { build, changes, from } = commit;
    const name = buildName(idOf(build));
    if (!standing) throw new BuildGone(name);
    const { entry, checkpoint } = standing;
    const collections = this.#collections(build, entry);
    const keys = [...new Set(changes.map(({ key }) => key))];
    const rows = keys.length > 0 ? await collections.current.find({ _id: { $in: keys } }, { promoteLongs: false }).toArray() : [];
    const stored = new Map<string, CurrentRow>(rows.map((row) => [row._id, row]));
    const writes = writesOf({ name, layout: layoutOf(build.model), changes, from, commit: checkpoint.commits + 1 }, stored);
    return { commit, entry, checkpoint, collections, writes };
  }

  /** Moves the checkpoint: the write that counts, refused when the checkpoint or the lease is not what it was. */
  async #advance({ commit, entry, checkpoint, collections }: Prepared): Promise<void> {
    const { build, to, from, parking = [], lease, progress } = commit;
    const { finishedAt, error, ...rest } = progress;
    const { commits } = checkpoint;
    const path = pathOf(build);
    const { collectionName } = collections.waiting;
    // What is in the store since a commit that was cut short is counted by the first one that comes after it, whoever makes it.
    const counter = `${lease.name} ${lease.token}`;
    const isCounted = parking.length === 0 && this.#counted.get(collectionName) === counter;
    await this.#change(
      build,
      lease,
      { generation: entry.generation, ...under(path, { position: from, commits }), ...(path === '' ? { divided: null } : {}) },
      {
        ...under(path, { ...rest, position: to, commits: commits + 1 }),
        // One partition that stopped stops the build, whatever the others say.
        ...(build.partition === undefined || error !== null ? { error } : {}),
        ...(entry.finishedAt === null && finishedAt !== null ? { finishedAt } : {}),
        ...(isCounted ? {} : { parked: await countParked(collections.waiting) }),
      },
    );
    this.#counted.set(collectionName, counter);
  }

  /**
   * Changes what the register says of a build, while these values are as they were and the lease is held: in the same write where the
   * lease is the read model's own, looked up before where it is another's.
   * @throws LeaseLost, BuildGone, CheckpointMoved
   */
  async #change(build: Build, lease: Lease, expected: Values, values: Values): Promise<void> {
    const field = `builds.${fieldOf(build.number)}.`;
    const { name } = build.model;
    if (lease.name !== name) await this.#mustHold(lease);
    const { matchedCount } = await this.#register.updateOne(
      { _id: name, ...(lease.name === name ? { 'lease.token': lease.token } : {}), ...under(field, expected) },
      { $set: under(field, values) },
    );
    if (matchedCount === 1) return;
    const rows = await this.#rowsOf([name, lease.name]);
    mustHold(rows, lease);
    const now = entryIn(rows.get(name), build);
    if (!now) throw new BuildGone(buildName(idOf(build)));
    const { position } = checkpointOf(now, build) ?? now;
    const from = expected[`${pathOf(build)}position`];
    throw new CheckpointMoved(buildName(idOf(build)), typeof from === 'number' ? from : position, position);
  }

  async #mustHold(lease: Lease): Promise<void> {
    mustHold(await this.#rowsOf([lease.name]), lease);
  }

  async #rowsOf(names: readonly string[]): Promise<Rows> {
    const rows = await this.#register.find({ _id: { $in: [...new Set(names)] } }).toArray();
    return new Map(rows.map((row) => [row._id, row]));
  }

  /**
   * Makes the collections before anything is written to them: counts as of one moment are refused for a while where a collection is new, and
   * one that came with the first document of its kind would be new to those who count. One that answers has its indexes from then on as well;
   * others get them when they are complete.
   */
  async #make(build: Build, entry: BuildEntry): Promise<void> {
    if (entry.state !== 'building' && entry.state !== 'ready') return this.#index(build, entry);
    const { db } = this.#connection;
    const { current, past, waiting } = this.#collections(build, entry);
    for (const { collectionName } of [current, ...(build.model.history ? [past] : []), waiting]) {
      await createCollection(db, collectionName);
    }
  }

  /** Makes what is missing of the indexes; the server takes reads and writes meanwhile. */
  async #index(build: Build, { generation, indexed }: BuildEntry): Promise<void> {
    if (indexed) return;
    const collections = this.#patiently(build, { generation });
    const { indexes } = layoutOf(build.model);
    await collections.current.createIndexes([...indexes.current], this.#quorum);
    if (build.model.history) await collections.past.createIndexes([...indexes.past], this.#quorum);
    await collections.waiting.createIndexes([...indexes.waiting], this.#quorum);
    const field = `builds.${fieldOf(build.number)}.`;
    await this.#register.updateOne({ _id: build.model.name, ...under(field, { generation }) }, { $set: under(field, { indexed: true }) });
  }

  /** Indexes are there once a majority has made them: the server waits for all by itself, also for one that is down. */
  get #quorum(): CreateIndexesOptions {
    return this.#connection.replicated ? { commitQuorum: 'majority' } : {};
  }

  #collections(build: Build, { generation }: Pick<BuildEntry, 'generation'>): Collections {
    return collectionsOf(this.#connection.db, build, generation);
  }

  /** The same collections, for making indexes. */
  #patiently(build: Build, { generation }: Pick<BuildEntry, 'generation'>): Collections {
    return collectionsOf(this.#connection.patient, build, generation);
  }

  #attempt<T>(work: () => Promise<T>): Promise<T> {
    return attempt(this.#connection, work);
  }
}

const NAMESPACE_EXISTS = 48;

/** Makes it where it isn't there; another process may have done so before, or in the same instant. */
async function createCollection(db: Db, name: string): Promise<void> {
  try {
    await db.createCollection(name);
  } catch (error) {
    if (!(error instanceof MongoServerError && error.code === NAMESPACE_EXISTS)) throw error;
  }
}

/** @throws LeaseLost, BuildGone, CheckpointMoved */
function mayCommit(rows: Rows, { build, from, lease }: Commit): Standing {
  mustHold(rows, lease);
  const entry = entryIn(rows.get(build.model.name), build);
  if (!entry) throw new BuildGone(buildName(idOf(build)));
  const checkpoint = checkpointOf(entry, build);
  if (checkpoint?.position !== from) throw new CheckpointMoved(buildName(idOf(build)), from, (checkpoint ?? entry).position);
  return { entry, checkpoint };
}

/** @throws LeaseLost when it was never given, or was taken by another since. */
function mustHold(rows: Rows, { name, token }: Lease): void {
  if (rows.get(name)?.lease?.token !== token) throw new LeaseLost(name);
}

/** Each value under the name of its field. */
function under(path: string, values: Values): Values {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${path}${name}`, value]));
}
