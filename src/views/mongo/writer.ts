/** The writer. What its calls do to the register and to the collections is in files of their own; here errors are translated to the port's. */
import type { Document } from '../../kernel/projection.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import { mongoLeases } from '../../leases/mongo.js';
import type { Lease, LeaseStore } from '../../leases/port.js';
import type { Build, BuildId, BuildRecord } from '../port/builds.js';
import type { Commit } from '../port/commits.js';
import type { StoredDocument } from '../port/documents.js';
import type { Scalar } from '../port/query.js';
import type { Partitioning } from '../port/register.js';
import type { ViewWriter } from '../port/store.js';
import { BuildCollections } from './build-collections.js';
import { Committer } from './commit.js';
import { attempt, type Connection } from './connection.js';
import { raiseErasures } from './erasures.js';
import { GuardedRegister } from './guarded-register.js';
import { layoutOf } from './layout.js';
import { dropOrphanedCollections } from './orphaned-collections.js';
import { split, merge } from './partitioning.js';
import {
  beginBuild,
  unregister,
  leaseRowsIn,
  makeLive,
  mustBeRegistered,
  recordsIn,
  registerIn,
  type BuildEntry,
  type Register,
} from './register.js';
import { columnEquals } from './where.js';

export class MongoViewWriter implements ViewWriter {
  readonly leases: LeaseStore;
  readonly partitioning: Partitioning;
  readonly #connection: Connection;
  readonly #register: Register;
  readonly #guarded: GuardedRegister;
  readonly #collections: BuildCollections;
  readonly #committer: Committer;

  constructor(connection: Connection) {
    this.#connection = connection;
    const register = (this.#register = registerIn(connection.db));
    const guarded = (this.#guarded = new GuardedRegister(register));
    const collections = (this.#collections = new BuildCollections(connection, register));
    this.#committer = new Committer(guarded, collections);
    this.leases = mongoLeases(leaseRowsIn(connection.db), (work) => this.#attempt(work));
    const context = { register, guarded, collections };
    this.partitioning = {
      split: (build, partitions, until, lease) => this.#attempt(() => split(build, partitions, until, lease, context)),
      merge: (build, lease) => this.#attempt(() => merge(build, lease, context)),
    };
  }

  builds(): Promise<readonly BuildRecord[]> {
    return this.#attempt(async () => recordsIn(await this.#register.find().toArray()));
  }

  begin(model: ReadModelSpec): Promise<Build> {
    return this.#attempt(async () => {
      const build = await beginBuild(this.#register, model);
      await this.#collections.create(build, await mustBeRegistered(this.#register, build));
      return build;
    });
  }

  load(build: Build, keys: readonly string[]): Promise<ReadonlyMap<string, StoredDocument>> {
    return this.#attempt(async () => {
      const { current } = this.#collections.of(build, await mustBeRegistered(this.#register, build));
      const rows = await current.find({ _id: { $in: keys } }).toArray();
      return new Map(rows.map((row) => [row._id, { document: row.live ? (JSON.parse(row.doc) as Document) : null, position: row.since }]));
    });
  }

  async find(build: Build, column: string, value: Scalar): Promise<readonly string[]> {
    const { column: stored, filter } = columnEquals(layoutOf(build.model), column, value);
    return this.#attempt(async () => {
      const entry = await mustBeRegistered(this.#register, build);
      await this.#collections.indexForFind(build, entry, stored);
      const rows = await this.#collections
        .of(build, entry)
        .current.find({ live: true, ...filter })
        .project<{ readonly _id: string }>({ _id: 1 })
        .toArray();
      return rows.map(({ _id }) => _id).sort();
    });
  }

  raiseErasures(build: Build, erasures: number, lease: Lease): Promise<readonly string[]> {
    const context = { register: this.#register, guarded: this.#guarded, collections: this.#collections };
    return this.#attempt(() => raiseErasures(build, erasures, lease, context));
  }

  commit(commits: readonly Commit[]): Promise<void> {
    return this.#attempt(() => this.#committer.commit(commits));
  }

  reset(build: Build, lease: Lease): Promise<void> {
    return this.#attempt(async () => {
      const entry = await mustBeRegistered(this.#register, build);
      const empty: Partial<BuildEntry> = {
        generation: entry.generation + 1,
        position: 0,
        erasures: 0,
        raised: 0,
        commits: 0,
        indexed: false,
        events: 0,
        rate: 0,
        positionRate: 0,
        measuredAt: null,
        finishedAt: null,
        error: null,
        deadLetters: 0,
        partitions: null,
        ...(entry.state === 'ready' ? { state: 'building' } : {}),
      };
      await this.#guarded.change(build, lease, { generation: entry.generation }, empty);
      // Late writes go to the collections of the earlier generation, which are no longer read.
      await this.#collections.create(build, { ...entry, ...empty });
      await dropOrphanedCollections(this.#connection.patient);
    });
  }

  finalize(build: Build, lease: Lease): Promise<void> {
    return this.#attempt(async () => {
      await this.#guarded.mustHold(lease);
      const entry = await mustBeRegistered(this.#register, build);
      await this.#collections.index(build, entry);
      const { generation, state, finishedAt } = entry;
      if (state !== 'building' && finishedAt !== null) return;
      const finished = { finishedAt: finishedAt ?? new Date().toISOString(), ...(state === 'building' ? { state: 'ready' } : {}) };
      await this.#guarded.change(build, lease, { generation, state }, finished);
    });
  }

  cutOver(build: BuildId): Promise<void> {
    return this.#attempt(() => makeLive(this.#register, build));
  }

  drop(build: BuildId): Promise<void> {
    return this.#attempt(async () => {
      await unregister(this.#register, build);
      await dropOrphanedCollections(this.#connection.patient);
    });
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  #attempt<T>(work: () => Promise<T>): Promise<T> {
    return attempt(this.#connection, work);
  }
}
