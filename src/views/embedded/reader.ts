/** The server's side: what is quick is answered on the calling thread, what may be long by reader threads. */
import { accessSync, constants, existsSync } from 'node:fs';
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import { type Database, openDatabase } from '../../sqlite/database.js';
import { DatabaseUnavailable } from '../../sqlite/unavailable.js';
import {
  type ListPage,
  type ListQuery,
  NoHistory,
  type Selection,
  type SummaryGroup,
  type SummaryQuery,
  type ViewReader,
  ViewsUnavailable,
} from '../port.js';
import { Arrivals } from './arrival.js';
import { attempt, checkpointOf, viewsFile } from './file.js';
import { layoutOf, type Layout } from './layout.js';
import { pageQuery } from './page.js';
import { answer, type Answers, groupsOf, type Query } from './query.js';
import { ReaderThreads } from './reader-threads.js';
import { pastDocument, sourcesOf } from './selection.js';
import { join, sql } from './sql.js';
import { emptySummary } from './summary.js';
import { summaryPlan } from './summary-plan.js';

export interface EmbeddedViewReaderOptions {
  readonly file: string;
  /** How many threads answer lists, counts and summaries; 0: the calling thread does. 2 unless said otherwise. */
  readonly threads?: number;
  /** What such a thread runs: `reader-thread.js` beside this file unless said otherwise, which is there once the program is built. */
  readonly thread?: URL;
}

/**
 * Reads the file of read models beside its writer. The file need not be there yet: until a writer has prepared a read model, it stands at
 * position 0 and has no documents.
 * @throws ViewsUnavailable when there is a file, but it can't be read or is not one of read models.
 */
export async function openEmbeddedViewReader(options: EmbeddedViewReaderOptions): Promise<ViewReader> {
  const { file, threads = 2, thread } = options;
  const reader = new EmbeddedViewReader(file, threads > 0 ? new ReaderThreads(file, threads, thread) : undefined);
  try {
    await reader.begin();
  } catch (error) {
    await reader.close();
    throw error;
  }
  return reader;
}

class EmbeddedViewReader implements ViewReader {
  private database: Database | undefined;
  private closed = false;
  private readonly arrivals: Arrivals;

  constructor(
    private readonly file: string,
    private readonly threads: ReaderThreads | undefined,
  ) {
    this.arrivals = new Arrivals(file);
  }

  async begin(): Promise<void> {
    attempt(this.file, () => this.open());
  }

  async position(model: ReadModelSpec): Promise<Position> {
    return this.positionNow(layoutOf(model));
  }

  async reached(model: ReadModelSpec, position: Position, timeoutMs: number): Promise<void> {
    const layout = layoutOf(model);
    await this.arrivals.reached(model.name, position, timeoutMs, () => this.positionNow(layout));
  }

  async get(model: ReadModelSpec, keys: readonly string[], asOf?: Position): Promise<readonly (Document | null)[]> {
    const layout = layoutFor(model, asOf);
    return attempt(this.file, () => {
      const database = this.prepared(layout);
      return keys.map((key) => {
        const text = database && (asOf === undefined ? currentOf(database, layout, key)?.[0] : versionOf(database, layout, key, asOf));
        return text === undefined ? null : (JSON.parse(text) as Document);
      });
    });
  }

  async list(model: ReadModelSpec, query: ListQuery): Promise<ListPage> {
    const layout = layoutFor(model, query.asOf);
    const page = pageQuery(layout, query);
    return this.ask(layout, { kind: 'page', ...page }, { json: '[]', hasNext: false });
  }

  async count(model: ReadModelSpec, selection: Selection): Promise<number> {
    const layout = layoutFor(model, selection.asOf);
    const counts = sourcesOf(layout, selection).map(({ table, condition }) => sql`(SELECT count(*) FROM ${table} WHERE ${condition})`);
    return this.ask(layout, { kind: 'number', query: sql`SELECT ${join(counts, ' + ')}` }, 0);
  }

  async summarise(model: ReadModelSpec, query: SummaryQuery): Promise<readonly SummaryGroup[]> {
    const layout = layoutFor(model, query.asOf);
    const plan = summaryPlan(layout, query);
    return groupsOf(await this.ask(layout, { kind: 'summary', ...plan }, JSON.stringify(emptySummary(plan))));
  }

  async close(): Promise<void> {
    this.closed = true;
    this.arrivals.close();
    await this.threads?.close();
    this.database?.close();
  }

  private async ask<Kind extends keyof Answers>(
    layout: Layout,
    query: Extract<Query, { readonly kind: Kind }>,
    empty: Answers[Kind],
  ): Promise<Answers[Kind]> {
    const database = attempt(this.file, () => this.prepared(layout));
    if (!database) return empty;
    return this.threads ? this.threads.ask(query) : attempt(this.file, () => answer(database, query) as Answers[Kind]);
  }

  private positionNow(layout: Layout): Position {
    return attempt(this.file, () => {
      const database = this.open();
      return (database && checkpointOf(database, layout)) ?? 0;
    });
  }

  /** The database, once a writer has prepared it for the read model. */
  private prepared(layout: Layout): Database | undefined {
    const database = this.open();
    return database && checkpointOf(database, layout) !== undefined ? database : undefined;
  }

  /** The database, once a writer has made it. */
  private open(): Database | undefined {
    if (this.closed) throw new ViewsUnavailable(`${this.file} was closed: this program is ending.`);
    if (this.database || !existsSync(this.file)) return this.database;
    try {
      this.database = openDatabase(viewsFile, { file: this.file, readOnly: true });
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable) || error.reason !== 'unreachable') throw error;
      // A writer is making it just now, unless it may not be read at all.
      if (!readable(this.file)) throw error;
    }
    return this.database;
  }
}

/** @throws NoHistory */
function layoutFor(model: ReadModelSpec, asOf: Position | undefined): Layout {
  if (asOf !== undefined && !model.history) throw new NoHistory(model.name);
  return layoutOf(model);
}

function currentOf(database: Database, { current }: Layout, key: string): readonly [document: string, since: Position] | undefined {
  const statement = database.prepare<readonly [string, Position]>(`SELECT document, since FROM ${current.text} WHERE key = ?`, {
    arrays: true,
  });
  return statement.get(key);
}

/** The document as it was: the current one if it was so already, else the version that was superseded first after that. */
function versionOf(database: Database, layout: Layout, key: string, asOf: Position): string | undefined {
  const [current, since = 0] = currentOf(database, layout, key) ?? [];
  if (current !== undefined && since <= asOf) return current;
  const statement = database.prepare<readonly [string, Position]>(
    `SELECT ${pastDocument(layout).text}, since FROM ${layout.past.text} WHERE key = ? AND until > ? ORDER BY until LIMIT 1`,
    { arrays: true },
  );
  const [past, began = 0] = statement.get(key, asOf) ?? [];
  return past !== undefined && began <= asOf ? past : undefined;
}

function readable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false; // What can't be read is somebody's to mend; the caller says so.
  }
}
