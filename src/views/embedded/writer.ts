/** The projector's side: folds commits into the tables, on the thread that calls it. */
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import { type Database, openDatabase } from '../../sqlite/database.js';
import { CheckpointMoved, type Commit, type DocumentChange, type ViewWriter } from '../port.js';
import { attempt, channelOf, checkpointOf, viewsFile } from './file.js';
import { dropStatements, layoutOf, type Layout } from './layout.js';
import { rowOf, type Row } from './row.js';
import { type Stored, type Table, tableOf } from './table.js';

export interface EmbeddedViewWriterOptions {
  readonly file: string;
  /** The size that the file may grow to, in pages of 4 KiB; beyond it, writing fails as on a full disk. */
  readonly maxPages?: number;
  /** Called when a read model's columns changed though its version did not: its documents were dropped, to be built again in place. */
  readonly onLayoutChanged?: (model: ReadModelSpec) => void;
}

/**
 * Opens the file of read models for writing, creating it where it is missing. Its calls are synchronous inside: a projector has its own thread.
 * @throws ViewsUnavailable when the file can't be opened, is not one of read models, or is damaged.
 */
export async function openEmbeddedViewWriter(options: EmbeddedViewWriterOptions): Promise<ViewWriter> {
  const { file, maxPages } = options;
  return attempt(file, () => {
    // What is lost with the power is built again from the log: the checkpoint is lost with it.
    const database = openDatabase(viewsFile, { file, synchronous: 'NORMAL', ...(maxPages === undefined ? {} : { maxPages }) });
    // 32 MiB of pages; 64 MiB of WAL, so that a page that many batches change goes into the file once.
    database.exec('PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=16000');
    return new EmbeddedViewWriter(database, options);
  });
}

class EmbeddedViewWriter implements ViewWriter {
  private readonly channel: ReturnType<typeof channelOf>;
  private readonly tables = new Map<Layout, Table>();

  constructor(
    private readonly database: Database,
    private readonly options: EmbeddedViewWriterOptions,
  ) {
    this.channel = channelOf(options.file);
  }

  prepare(models: readonly ReadModelSpec[]): Promise<void> {
    return this.write(() => {
      for (const layout of models.map(layoutOf)) {
        if (checkpointOf(this.database, layout) !== undefined) continue;
        const { changes } = this.register(layout);
        if (changes > 0) this.options.onLayoutChanged?.(layout.model);
      }
    });
  }

  checkpoint(model: ReadModelSpec): Promise<Position> {
    return this.promise(() => checkpointOf(this.database, layoutOf(model)) ?? 0);
  }

  load(model: ReadModelSpec, keys: readonly string[]): Promise<ReadonlyMap<string, Document>> {
    return this.promise(() => this.table(layoutOf(model)).load(keys));
  }

  commit(commits: readonly Commit[]): Promise<void> {
    return this.write(() => {
      for (const { model, from } of commits) {
        const actual = checkpointOf(this.database, layoutOf(model)) ?? 0;
        if (actual !== from) throw new CheckpointMoved(model.name, from, actual);
      }
      const advance = this.database.prepare('UPDATE read_models SET checkpoint = ? WHERE name = ? AND version = ?');
      for (const { model, to, changes } of commits) {
        apply(layoutOf(model), this.table(layoutOf(model)), changes);
        advance.run(to, model.name, model.version);
      }
    });
  }

  reset(model: ReadModelSpec): Promise<void> {
    return this.write(() => {
      this.register(layoutOf(model));
    });
  }

  close(): Promise<void> {
    return this.promise(() => {
      this.channel.close();
      this.database.close();
    });
  }

  /** Empty tables at position 0, in place of those that there are. */
  private register(layout: Layout): { readonly changes: number } {
    const { name, version } = layout.model;
    for (const statement of [...dropStatements(layout), ...layout.create]) this.database.exec(statement);
    const dropped = this.database.prepare('DELETE FROM read_models WHERE name = ? AND version = ?').run(name, version);
    this.database
      .prepare('INSERT INTO read_models (name, version, layout, checkpoint) VALUES (?, ?, ?, 0)')
      .run(name, version, layout.hash);
    return dropped;
  }

  private table(layout: Layout): Table {
    const table = this.tables.get(layout) ?? tableOf(this.database, layout);
    this.tables.set(layout, table);
    return table;
  }

  private write(work: () => void): Promise<void> {
    return this.promise(() => {
      this.database.transaction(work);
      this.channel.postMessage('committed');
    });
  }

  /** The port is asynchronous; this side of it is not. */
  private async promise<T>(work: () => T): Promise<T> {
    return attempt(this.options.file, work);
  }
}

/** What stands for a document while a batch is folded: its last change, and the row that was there before the batch. */
interface Latest {
  readonly change: DocumentChange;
  readonly row: Row | undefined;
  readonly stored: Stored | undefined;
}

/**
 * Each version but the last goes to the past at once, in the order of positions, where that table grows; the last replaces the current row.
 * @throws RangeError when a change is older than what it changes, or a number is not exact.
 */
function apply(layout: Layout, table: Table, changes: readonly DocumentChange[]): void {
  const latest = new Map<string, Latest>();
  for (const change of inOrder(changes)) {
    const { key, position, document } = change;
    const before = latest.get(key);
    const stored = before ? before.stored : table.find(key);
    const since = before?.change.position ?? stored?.since ?? 0;
    if (position < since) {
      throw new RangeError(`${layout.model.name} ${key}: changed at ${position}, though it stands at ${since} already.`);
    }
    if (position > since) {
      if (before?.row) table.supersede(key, before.row, since, position);
      else if (!before && stored) table.supersedeStored(stored, position);
    }
    latest.set(key, { change, row: document ? rowOf(layout, key, document) : undefined, stored });
  }
  for (const { change, row, stored } of latest.values()) {
    if (row) table.put(change, row, stored);
    else if (stored) table.remove(stored);
  }
}

function inOrder(changes: readonly DocumentChange[]): readonly DocumentChange[] {
  const ordered = changes.every((change, index) => index === 0 || change.position >= (changes[index - 1]?.position ?? 0));
  return ordered ? changes : changes.toSorted((a, b) => a.position - b.position);
}
