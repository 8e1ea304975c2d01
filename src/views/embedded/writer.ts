/** The writer: every call is one transaction, on the calling thread. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import { embeddedLeases, mustHold } from '../../leases/embedded.js';
import type { Lease, LeaseStore } from '../../leases/port.js';
import type { Database } from '../../sqlite/database.js';
import { buildName, idOf } from '../port/build-identity.js';
import type { Build, BuildId, BuildRecord } from '../port/builds.js';
import type { Commit } from '../port/commits.js';
import type { StoredDocument } from '../port/documents.js';
import { CheckpointMoved, ErasuresMoved } from '../port/errors.js';
import type { Scalar } from '../port/query.js';
import type { ViewWriter } from '../port/store.js';
import { apply } from './apply.js';
import { Cleanup, oweCleanup } from './cleanup.js';
import { writeDeadLetters } from './dead-letters.js';
import { erase } from './erase.js';
import { channelOf, viewsFile } from './file.js';
import { FileAccess, type FileOptions } from './file-access.js';
import { dropStatements, findStatement, indexStatements, layoutOf, tablesOf } from './layout.js';
import {
  advance,
  beginBuild,
  resetBuild,
  unregister,
  makeLive,
  markFinalized,
  markIndexed,
  mustBeRegistered,
  raise,
  unregisteredTables,
  recordsIn,
  type Registered,
} from './register.js';
import { identifier } from './sql.js';
import { type Size, type Table, tableOf, wordsStatement } from './table.js';
import { columnEquals } from './where.js';

/**
 * A build gets its indexes when it has caught up, which is much faster than maintaining them from the first document on. Larger builds get them
 * earlier, since creating an index locks the file: for some tenths of a second at this size.
 */
const WITHOUT_INDEXES: Size = { documents: 50_000, versions: 400_000 };

/**
 * Opens the file of read models for writing, or creates it. Calls block the thread: a projector has its own.
 * @throws ViewsUnavailable when the file can't be opened, is not one of read models, or is damaged.
 */
export async function openEmbeddedViewWriter(options: FileOptions): Promise<ViewWriter> {
  const writer = new EmbeddedViewWriter(new FileAccess(viewsFile, options), options.file);
  try {
    await writer.dropUnregisteredTables();
    void writer.cleanup.run();
  } catch (error) {
    await writer.close();
    throw error;
  }
  return writer;
}

class EmbeddedViewWriter implements ViewWriter {
  readonly leases: LeaseStore;
  readonly cleanup: Cleanup;
  readonly #file: FileAccess;
  readonly #channel: ReturnType<typeof channelOf>;
  readonly #tables = new Map<string, Table>();
  /** Builds and columns that have their index for `find`. */
  readonly #findable = new Set<string>();

  constructor(file: FileAccess, path: string) {
    this.#file = file;
    this.#channel = channelOf(path);
    this.leases = embeddedLeases(file);
    this.cleanup = new Cleanup(file);
  }

  /** Drops tables that remain from a process that ended while it dropped a build. */
  async dropUnregisteredTables(): Promise<void> {
    for (const table of await this.#file.read(unregisteredTables)) {
      await this.#file.write((database) => database.exec(`DROP TABLE IF EXISTS ${identifier(table).text}`));
    }
  }

  builds(): Promise<readonly BuildRecord[]> {
    return this.#file.read(recordsIn);
  }

  begin(model: ReadModelSpec): Promise<Build> {
    return this.#change((database) => beginBuild(database, model));
  }

  load(build: Build, keys: readonly string[]): Promise<ReadonlyMap<string, StoredDocument>> {
    return this.#file.read((database) => this.#table(database, build, mustBeRegistered(database, build)).load(keys));
  }

  async find(build: Build, column: string, value: Scalar): Promise<readonly string[]> {
    const layout = layoutOf(build);
    const { column: stored, condition } = columnEquals(layout, column, value);
    const index = `${layout.name} ${column}`;
    if (!this.#findable.has(index)) {
      await this.#file.write((database) => {
        mustBeRegistered(database, build);
        database.exec(findStatement(layout, stored));
      });
      this.#findable.add(index);
    }
    return this.#file.read((database) => {
      mustBeRegistered(database, build);
      const { text, values } = condition;
      return database
        .prepare<readonly [string]>(`SELECT key FROM ${layout.current.text} WHERE ${text} ORDER BY key`, { arrays: true })
        .all(...values)
        .map(([key]) => key);
    });
  }

  /** A transaction is all or nothing, so nothing is ahead of a checkpoint, and no write is late. */
  raiseErasures(build: Build, erasures: number, lease: Lease): Promise<readonly string[]> {
    return this.#change((database) => {
      mustHold(database, lease);
      const { raised } = mustBeRegistered(database, build);
      if (raised > erasures) throw new ErasuresMoved(buildName(idOf(build)), erasures, raised);
      if (raised < erasures) raise(database, build, erasures);
      return [];
    });
  }

  async commit(commits: readonly Commit[]): Promise<void> {
    const large = await this.#change((database) => {
      const registered = commits.map((commit) => mayCommit(database, commit));
      return commits.flatMap((commit, index) => {
        const { build, changes, rewrites = [], deadLetters = [] } = commit;
        const before = registered[index];
        if (!before) return [];
        if (rewrites.length > 0) {
          erase(database, build, rewrites);
          oweCleanup(database);
        }
        const versions = rewrites.flatMap((rewrite) => rewrite.versions);
        const size = apply(layoutOf(build), this.#table(database, build, before), [...versions, ...changes]);
        const unapplied = [...rewrites.flatMap((rewrite) => rewrite.deadLetters), ...deadLetters];
        if (unapplied.length > 0) writeDeadLetters(database, build, unapplied);
        advance(database, commit);
        return before.indexed === 0 && isLarge(size) ? [build] : [];
      });
    });
    for (const build of large) await this.#index(build);
    if (commits.some(({ rewrites = [] }) => rewrites.length > 0)) await this.cleanup.run();
  }

  reset(build: Build, lease: Lease): Promise<void> {
    return this.#change((database) => {
      mustHold(database, lease);
      mustBeRegistered(database, build);
      resetBuild(database, build);
      this.#forgetTables(layoutOf(build).name);
    });
  }

  async finalize(build: Build, lease: Lease): Promise<void> {
    await this.#file.read((database) => mustHold(database, lease));
    await this.#index(build);
    await this.#change((database) => {
      mustHold(database, lease);
      mustBeRegistered(database, build);
      markFinalized(database, build);
    });
  }

  cutOver(build: BuildId): Promise<void> {
    return this.#change((database) => makeLive(database, build));
  }

  async drop(build: BuildId): Promise<void> {
    await this.#change((database) => {
      unregister(database, build);
      this.#forgetTables(buildName(build));
    });
    // One by one, since each may take long. If the process ends in between, the next one that opens the file drops the rest.
    for (const statement of dropStatements(tablesOf(build))) {
      await nextTurn();
      await this.#file.write((database) => database.exec(statement));
    }
  }

  async close(): Promise<void> {
    this.#channel.close();
    await this.cleanup.close();
    await this.#file.close();
  }

  /** Creates the missing indexes, each in a transaction of its own, so that other processes can write in between. */
  async #index(build: Build): Promise<void> {
    const layout = layoutOf(build);
    const { indexed } = await this.#file.read((database) => mustBeRegistered(database, build));
    if (indexed === 1) return;
    for (const statement of indexStatements(layout)) {
      await this.#file.write((database) => {
        mustBeRegistered(database, build);
        database.exec(statement);
      });
      await nextTurn();
    }
    await this.#change((database) => {
      if (mustBeRegistered(database, build).indexed === 1) return;
      if (layout.searched.length > 0) database.exec(wordsStatement(layout));
      markIndexed(database, build);
    });
  }

  /** The prepared statements for a build's tables, cached. */
  #table(database: Database, build: Build, { indexed }: Registered): Table {
    const layout = layoutOf(build);
    const name = `${layout.name} ${indexed}`;
    const table = this.#tables.get(name) ?? tableOf(database, layout, indexed === 1);
    this.#tables.set(name, table);
    return table;
  }

  #forgetTables(name: string): void {
    this.#tables.delete(`${name} 0`);
    this.#tables.delete(`${name} 1`);
    for (const index of this.#findable) if (index.startsWith(`${name} `)) this.#findable.delete(index);
  }

  /** A transaction that readers are notified of. */
  async #change<T>(work: (database: Database) => T): Promise<T> {
    const result = await this.#file.write(work);
    this.#channel.postMessage('changed');
    return result;
  }
}

/** @throws LeaseLost, BuildGone, CheckpointMoved, ErasuresMoved */
function mayCommit(database: Database, { build, from, erasures, lease }: Commit): Registered {
  mustHold(database, lease);
  const registered = mustBeRegistered(database, build);
  if (registered.position !== from) throw new CheckpointMoved(buildName(idOf(build)), from, registered.position);
  if (registered.raised !== erasures) throw new ErasuresMoved(buildName(idOf(build)), erasures, registered.raised);
  return registered;
}

function isLarge({ documents, versions }: Size): boolean {
  return documents > WITHOUT_INDEXES.documents || versions > WITHOUT_INDEXES.versions;
}
