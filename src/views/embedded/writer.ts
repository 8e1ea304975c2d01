/** The projector's side, and that of operations: every call is one transaction, on the thread that calls it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import { type Database, openDatabase } from '../../sqlite/database.js';
import { buildName, idOf, type Build, type BuildId, type BuildRecord } from '../builds.js';
import { CheckpointMoved } from '../errors.js';
import type { Commit, HeldLease, Lease, StoredDocument, ViewWriter } from '../port.js';
import type { Scalar } from '../query.js';
import { apply } from './apply.js';
import { attempt, channelOf, inPortsWords, viewsFile } from './file.js';
import { dropStatements, findStatement, indexStatements, layoutOf, tablesOf } from './layout.js';
import { giveBackLeases, heldLeases, mustHold, takeLeases } from './leases.js';
import { park } from './parking.js';
import {
  advance,
  beginBuild,
  emptyBuild,
  forget,
  makeLive,
  markComplete,
  markIndexed,
  mustBeRegistered,
  orphans,
  recordsIn,
  type Registered,
} from './register.js';
import { identifier } from './sql.js';
import { type Size, type Table, tableOf, wordsStatement } from './table.js';
import { BUSY_MS, whenFree } from './turns.js';
import { having } from './where.js';

export interface EmbeddedViewWriterOptions {
  readonly file: string;
  /** The size that the file may grow to, in pages of 4 KiB; beyond it, writing fails as on a full disk. */
  readonly maxPages?: number;
  /** How long another process may keep the file locked before a call fails, in milliseconds; 10,000 unless said otherwise. */
  readonly lockTimeoutMs?: number;
}

/**
 * A build gets its indexes when it is complete, which is far quicker than keeping them from its first document on; but before it has more
 * rows than this, since making them takes the file for itself: some tenths of a second.
 */
const WITHOUT_INDEXES: Size = { documents: 50_000, versions: 400_000 };

/**
 * Opens the file of read models for writing, creating it where it is missing. Its calls are synchronous inside: a projector has its own thread.
 * @throws ViewsUnavailable when the file can't be opened, is not one of read models, or is damaged.
 */
export async function openEmbeddedViewWriter(options: EmbeddedViewWriterOptions): Promise<ViewWriter> {
  const { file, maxPages } = options;
  const database = attempt(file, () => {
    // What is lost with the power is built again from the log: the checkpoint is lost with it.
    const opened = openDatabase(viewsFile, {
      file,
      synchronous: 'NORMAL',
      busyTimeoutMs: BUSY_MS,
      cacheKib: 32_768,
      ...(maxPages === undefined ? {} : { maxPages }),
    });
    // 64 MiB of WAL, so that a page that many batches change goes into the file once.
    opened.exec('PRAGMA wal_autocheckpoint=16000');
    return opened;
  });
  const writer = new EmbeddedViewWriter(database, options);
  try {
    await writer.sweep();
  } catch (error) {
    await writer.close();
    throw error;
  }
  return writer;
}

class EmbeddedViewWriter implements ViewWriter {
  private readonly channel: ReturnType<typeof channelOf>;
  private readonly tables = new Map<string, Table>();
  /** Builds and columns that have their index for `find`. */
  private readonly findable = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly options: EmbeddedViewWriterOptions,
  ) {
    this.channel = channelOf(options.file);
  }

  /** Drops what a process that ended while it dropped builds has left. */
  async sweep(): Promise<void> {
    for (const table of await this.read(() => orphans(this.database))) {
      await this.write(() => this.database.exec(`DROP TABLE IF EXISTS ${identifier(table).text}`));
    }
  }

  builds(): Promise<readonly BuildRecord[]> {
    return this.read(() => recordsIn(this.database));
  }

  begin(model: ReadModelSpec): Promise<Build> {
    return this.change(() => beginBuild(this.database, model));
  }

  load(build: Build, keys: readonly string[]): Promise<ReadonlyMap<string, StoredDocument>> {
    return this.read(() => {
      const registered = mustBeRegistered(this.database, build);
      return this.table(build, registered).load(keys);
    });
  }

  async find(build: Build, column: string, value: Scalar): Promise<readonly string[]> {
    const layout = layoutOf(build);
    const { column: stored, condition } = having(layout, column, value);
    const index = `${layout.name} ${column}`;
    if (!this.findable.has(index)) {
      await this.write(() => {
        mustBeRegistered(this.database, build);
        this.database.exec(findStatement(layout, stored));
      });
      this.findable.add(index);
    }
    return this.read(() => {
      mustBeRegistered(this.database, build);
      const { text, values } = condition;
      return this.database
        .prepare<readonly [string]>(`SELECT key FROM ${layout.current.text} WHERE ${text} ORDER BY key`, { arrays: true })
        .all(...values)
        .map(([key]) => key);
    });
  }

  async commit(commits: readonly Commit[]): Promise<void> {
    const full = await this.change(() => {
      const registered = commits.map((commit) => this.mayCommit(commit));
      return commits.flatMap(({ build, to, changes, parking = [], progress }, index) => {
        const before = registered[index];
        if (!before) return [];
        const table = this.table(build, before);
        const size = apply(layoutOf(build), table, changes);
        if (parking.length > 0) park(this.database, build, parking);
        advance(this.database, build, to, progress);
        return before.indexed === 0 && isLarge(size) ? [build] : [];
      });
    });
    for (const build of full) await this.index(build);
  }

  reset(build: Build, lease: Lease): Promise<void> {
    return this.change(() => {
      mustHold(this.database, lease);
      mustBeRegistered(this.database, build);
      emptyBuild(this.database, build);
      this.lose(layoutOf(build).name);
    });
  }

  async complete(build: Build, lease: Lease): Promise<void> {
    await this.read(() => mustHold(this.database, lease));
    await this.index(build);
    await this.change(() => {
      mustHold(this.database, lease);
      mustBeRegistered(this.database, build);
      markComplete(this.database, build);
    });
  }

  cutOver(build: BuildId): Promise<void> {
    return this.change(() => makeLive(this.database, build));
  }

  async drop(build: BuildId): Promise<void> {
    await this.change(() => {
      forget(this.database, build);
      this.lose(buildName(build));
    });
    // One by one, since each may take long; a process that ends in between leaves them to the next that opens the file.
    for (const statement of dropStatements(tablesOf(build))) {
      await nextTurn();
      await this.write(() => this.database.exec(statement));
    }
  }

  take(names: readonly string[], holder: string, milliseconds: number): Promise<readonly Lease[]> {
    return this.write(() => takeLeases(this.database, names, holder, milliseconds));
  }

  giveBack(leases: readonly Lease[]): Promise<void> {
    return this.write(() => giveBackLeases(this.database, leases));
  }

  held(): Promise<readonly HeldLease[]> {
    return this.read(() => heldLeases(this.database));
  }

  async close(): Promise<void> {
    await this.read(() => {
      this.channel.close();
      this.database.close();
    });
  }

  /** @throws LeaseLost, BuildGone, CheckpointMoved */
  private mayCommit({ build, from, lease }: Commit): Registered {
    mustHold(this.database, lease);
    const registered = mustBeRegistered(this.database, build);
    if (registered.position !== from) throw new CheckpointMoved(buildName(idOf(build)), from, registered.position);
    return registered;
  }

  /** Makes what is missing of the indexes, each in a transaction of its own, so that others get in between. */
  private async index(build: Build): Promise<void> {
    const layout = layoutOf(build);
    const { indexed } = await this.read(() => mustBeRegistered(this.database, build));
    if (indexed === 1) return;
    for (const statement of indexStatements(layout)) {
      await this.write(() => {
        mustBeRegistered(this.database, build);
        this.database.exec(statement);
      });
      await nextTurn();
    }
    await this.change(() => {
      if (mustBeRegistered(this.database, build).indexed === 1) return;
      if (layout.searched.length > 0) this.database.exec(wordsStatement(layout));
      markIndexed(this.database, build);
    });
  }

  /** Of a build whose rows and columns are kept in these tables, indexed or not. */
  private table(build: Build, { indexed }: Registered): Table {
    const layout = layoutOf(build);
    const name = `${layout.name} ${indexed}`;
    const table = this.tables.get(name) ?? tableOf(this.database, layout, indexed === 1);
    this.tables.set(name, table);
    return table;
  }

  /** Forgets what it knows of a build's tables. */
  private lose(name: string): void {
    this.tables.delete(`${name} 0`);
    this.tables.delete(`${name} 1`);
    for (const index of this.findable) if (index.startsWith(`${name} `)) this.findable.delete(index);
  }

  /** A transaction that readers are told of. */
  private async change<T>(work: () => T): Promise<T> {
    const result = await this.write(work);
    this.channel.postMessage('changed');
    return result;
  }

  private write<T>(work: () => T): Promise<T> {
    return this.read(() => this.database.transaction(work));
  }

  private async read<T>(work: () => T): Promise<T> {
    try {
      return await whenFree(() => this.database.attempt(work), this.options.lockTimeoutMs);
    } catch (error) {
      throw inPortsWords(this.options.file, error);
    }
  }
}

function isLarge({ documents, versions }: Size): boolean {
  return documents > WITHOUT_INDEXES.documents || versions > WITHOUT_INDEXES.versions;
}
