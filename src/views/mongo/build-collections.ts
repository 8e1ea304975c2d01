/** Creates the collections and the indexes of builds. */
import { MongoServerError, type CreateIndexesOptions, type Db } from 'mongodb';
import type { Build } from '../port/builds.js';
import type { Connection } from './connection.js';
import { under } from './guarded-register.js';
import { collectionsOf, findIndex, layoutOf, type Collections, type StoredColumn } from './layout.js';
import { fieldOf, type BuildEntry, type Register } from './register.js';

type Generation = Pick<BuildEntry, 'generation'>;

const NAMESPACE_EXISTS = 48;

export class BuildCollections {
  readonly #connection: Connection;
  readonly #register: Register;
  /** Builds and columns that have their index for `find`. */
  readonly #findable = new Set<string>();

  constructor(connection: Connection, register: Register) {
    this.#connection = connection;
    this.#register = register;
  }

  of(build: Build, { generation }: Generation): Collections {
    return collectionsOf(this.#connection.db, build, generation);
  }

  /**
   * Creates the collections before anything is written to them: on a new collection, reads as of one moment fail for a while. A build that
   * answers gets its indexes at once; others get them when they have caught up.
   */
  async create(build: Build, entry: BuildEntry): Promise<void> {
    if (entry.state !== 'building' && entry.state !== 'ready') return this.index(build, entry);
    const { db } = this.#connection;
    const { current, past, deadLetters } = this.of(build, entry);
    for (const { collectionName } of [current, ...(build.model.history ? [past] : []), deadLetters]) {
      await createCollection(db, collectionName);
    }
  }

  /**
   * Has the server refuse all writes of folds that knew fewer erasures, from here on and whenever they were sent. What is stored stays until it is
   * replaced or deleted.
   */
  async fence(build: Build, entry: Generation, erasures: number): Promise<void> {
    const { db } = this.#connection;
    const { current, past, deadLetters } = this.of(build, entry);
    for (const { collectionName } of [current, ...(build.model.history ? [past] : []), deadLetters]) {
      await createCollection(db, collectionName);
      await db.command({ collMod: collectionName, validator: { erasures: { $gte: erasures } }, writeConcern: { w: 'majority', j: true } });
    }
  }

  /** Creates the missing indexes; the server takes reads and writes meanwhile. */
  async index(build: Build, { generation, indexed }: BuildEntry): Promise<void> {
    if (indexed) return;
    const collections = this.#patiently(build, { generation });
    const { indexes } = layoutOf(build.model);
    await collections.current.createIndexes([...indexes.current], this.#quorum);
    if (build.model.history) await collections.past.createIndexes([...indexes.past], this.#quorum);
    await collections.deadLetters.createIndexes([...indexes.deadLetters], this.#quorum);
    const field = `builds.${fieldOf(build.number)}.`;
    await this.#register.updateOne({ _id: build.model.name, ...under(field, { generation }) }, { $set: under(field, { indexed: true }) });
  }

  /** Creates the index that `find` needs for a column, once. */
  async indexForFind(build: Build, generation: Generation, column: StoredColumn): Promise<void> {
    const { current } = this.#patiently(build, generation);
    const index = `${current.collectionName} ${column.spec.name}`;
    if (this.#findable.has(index)) return;
    await current.createIndexes([findIndex(layoutOf(build.model), column)], this.#quorum);
    this.#findable.add(index);
  }

  /** An index exists once a majority has created it. By default the server waits for all members, also for one that is down. */
  get #quorum(): CreateIndexesOptions {
    return this.#connection.replicated ? { commitQuorum: 'majority' } : {};
  }

  /** The same collections, with the long timeout that index creation needs. */
  #patiently(build: Build, { generation }: Generation): Collections {
    return collectionsOf(this.#connection.patient, build, generation);
  }
}

/** Does nothing if the collection exists: another process may create it at the same time. */
async function createCollection(db: Db, name: string): Promise<void> {
  try {
    await db.createCollection(name);
  } catch (error) {
    if (!(error instanceof MongoServerError && error.code === NAMESPACE_EXISTS)) throw error;
  }
}
