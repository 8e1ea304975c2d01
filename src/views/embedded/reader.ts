/** The reader: fast reads run on the calling thread, queries that may take long on reader threads. */
import { accessSync, constants, existsSync } from 'node:fs';
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import { type Database, openDatabase } from '../../sqlite/database.js';
import { DatabaseUnavailable } from '../../sqlite/unavailable.js';
import { buildName, idOf, hasBuild } from '../port/build-identity.js';
import type { Build, BuildRecord, Served } from '../port/builds.js';
import { BuildGone } from '../port/errors.js';
import { NoHistory, ViewsUnavailable } from '../port/query-errors.js';
import { readPages, withoutVersions } from '../shared/scan-pages.js';
import { SCAN_PAGE } from '../port/audit.js';
import type { DocumentHistory } from '../port/audit.js';
import type { DeadLetter, DeadLetterOptions, UnappliedEvent, UnappliedEventOptions } from '../port/dead-letters.js';
import type { ViewReader } from '../port/store.js';
import type { ListPage, ListQuery, Selection, SummaryGroup, SummaryQuery } from '../port/query.js';
import { Changes } from './changes.js';
import { attempt, viewsFile, type KnownFile } from './file.js';
import { layoutOf, type Layout } from './layout.js';
import { pageQuery } from './page.js';
import { deadLettersIn, unappliedEventsIn } from './dead-letters.js';
import { answer, type Answers, groupsOf, type Query } from './query.js';
import { ReaderThreads } from './reader-threads.js';
import { recordsIn, registered, type Registered } from './register.js';
import { historiesOf, scanned } from './scan.js';
import { pastDocument, sourcesOf } from './selection.js';
import { join, sql } from './sql.js';
import { orphanedRowsIn, type OrphanedRowsByKey } from './orphaned-rows.js';
import { emptySummary } from './summary.js';
import { summaryPlan } from './summary-plan.js';

export interface EmbeddedViewReaderOptions {
  readonly file: string;
  /** How many threads answer lists, counts and summaries; with 0 the calling thread does. Defaults to 2. */
  readonly threads?: number;
  /** The script of a reader thread; defaults to `reader-thread.js` beside this file, which exists in the built program. */
  readonly thread?: URL;
}

/**
 * Opens the file of read models for reading, while a writer may use it. If the file does not exist yet, there are no builds.
 * @throws ViewsUnavailable when the file can't be read or is not one of read models.
 */
export async function openEmbeddedViewReader(options: EmbeddedViewReaderOptions): Promise<ViewReader> {
  const { file, threads = 2, thread } = options;
  const reader = new EmbeddedViewReader(file, threads > 0 ? new ReaderThreads(file, threads, thread) : undefined);
  try {
    await reader.start();
  } catch (error) {
    await reader.close();
    throw error;
  }
  return reader;
}

/** A registered build, and its database. */
interface Found extends Registered {
  readonly build: Build;
  readonly database: Database;
}

class EmbeddedViewReader implements ViewReader {
  readonly #file: string;
  readonly #known: KnownFile;
  readonly #threads: ReaderThreads | undefined;
  readonly #changes: Changes;
  #database: Database | undefined;
  #closed = false;

  constructor(file: string, threads: ReaderThreads | undefined) {
    this.#file = file;
    this.#known = { kind: viewsFile, file };
    this.#threads = threads;
    this.#changes = new Changes(file, () => this.#versionNow());
  }

  async start(): Promise<void> {
    attempt(this.#known, () => this.#open());
  }

  async builds(): Promise<readonly BuildRecord[]> {
    return attempt(this.#known, () => {
      const database = this.#open();
      return database ? recordsIn(database) : [];
    });
  }

  onChange(listener: () => void): () => void {
    return this.#changes.listen(listener);
  }

  async position(build: Served): Promise<Position> {
    return this.#positionNow(build);
  }

  async waitFor(build: Served, position: Position, timeoutMs: number): Promise<void> {
    await this.#changes.reached(build.model.name, position, timeoutMs, () => this.#positionNow(build));
  }

  async get(build: Served, keys: readonly string[], asOf?: Position): Promise<readonly (Document | null)[]> {
    const layout = layoutFor(build, asOf);
    const texts = (database: Database): readonly (string | undefined)[] =>
      asOf === undefined
        ? keys.map((key) => currentOf(database, layout, key)?.[0])
        : database.snapshot(() => keys.map((key) => versionOf(database, layout, key, asOf)));
    const none = keys.map(() => undefined);
    return this.#here(build, none, texts).map((text) => (text === undefined ? null : (JSON.parse(text) as Document)));
  }

  async list(build: Served, query: ListQuery): Promise<ListPage> {
    const layout = layoutFor(build, query.asOf);
    return this.#ask(
      build,
      (indexed) => ({ kind: 'page', ...pageQuery(layout, query, indexed) }),
      () => ({ json: '[]', hasNext: false }),
    );
  }

  async count(build: Served, selection: Selection): Promise<number> {
    const layout = layoutFor(build, selection.asOf);
    const query = (indexed: boolean) => {
      const counts = sourcesOf(layout, selection, indexed).map(
        ({ table, condition }) => sql`(SELECT count(*) FROM ${table} WHERE ${condition})`,
      );
      return { kind: 'number', query: sql`SELECT ${join(counts, ' + ')}` } as const;
    };
    return this.#ask(build, query, () => 0);
  }

  async summarise(build: Served, query: SummaryQuery): Promise<readonly SummaryGroup[]> {
    const layout = layoutFor(build, query.asOf);
    const plan = (indexed: boolean) => ({ kind: 'summary', ...summaryPlan(layout, query, indexed) }) as const;
    return groupsOf(await this.#ask(build, plan, (none) => JSON.stringify(emptySummary(none))));
  }

  /** Runs on the calling thread: verifications have their own. */
  async *scan(build: Served, part = SCAN_PAGE): AsyncGenerator<DocumentHistory, void, undefined> {
    const layout = layoutOf(build);
    const strays = this.#here<OrphanedRowsByKey>(build, new Map(), (database) => orphanedRowsIn(database, layout));
    yield* readPages(part, async (after, limit) =>
      this.#here(build, [], (database, { indexed }) => scanned(database, layout, indexed === 1, strays, after, limit)),
    );
  }

  async histories(build: Served, keys: readonly string[]): Promise<readonly DocumentHistory[]> {
    return this.#here<readonly DocumentHistory[]>(build, withoutVersions(keys), (database, { indexed }) =>
      historiesOf(database, layoutOf(build), indexed === 1, keys),
    );
  }

  async deadLetters(build: Served, options: DeadLetterOptions): Promise<readonly DeadLetter[]> {
    return this.#here(build, [], (database, found) => deadLettersIn(database, found.build, options));
  }

  async unappliedEvents(build: Served, key: string, options: UnappliedEventOptions): Promise<readonly UnappliedEvent[]> {
    return this.#here(build, [], (database, found) => unappliedEventsIn(database, found.build, key, options));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#changes.close();
    await this.#threads?.close();
    this.#database?.close();
  }

  /** Reads on this thread. @throws BuildGone */
  #here<T>(build: Served, empty: T, read: (database: Database, found: Found) => T): T {
    return attempt(this.#known, () => {
      const found = this.#find(build);
      return found ? this.#unlessGone(found.build, () => read(found.database, found)) : empty;
    });
  }

  /** Runs a query on a reader thread. @throws BuildGone */
  async #ask<Kind extends keyof Answers, Asked extends Extract<Query, { readonly kind: Kind }>>(
    build: Served,
    plan: (indexed: boolean) => Asked & { readonly kind: Kind },
    empty: (query: Asked) => Answers[Kind],
  ): Promise<Answers[Kind]> {
    const found = attempt(this.#known, () => this.#find(build));
    const query = plan(found?.indexed === 1);
    if (!found) return empty(query);
    const { database } = found;
    try {
      return this.#threads ? await this.#threads.ask<Kind>(query) : attempt(this.#known, () => answer(database, query) as Answers[Kind]);
    } catch (error) {
      throw attempt(this.#known, () => this.#reasonFor(error, found.build));
    }
  }

  #unlessGone<T>(build: Build, read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw this.#reasonFor(error, build);
    }
  }

  /** `BuildGone` when the build was dropped while a query read its tables, otherwise the error itself. */
  #reasonFor(error: unknown, build: Build): unknown {
    const gone = !(error instanceof ViewsUnavailable) && this.#database && !registered(this.#database, build);
    return gone ? new BuildGone(buildName(idOf(build))) : error;
  }

  #positionNow(build: Served): Position {
    return attempt(this.#known, () => this.#find(build)?.position ?? 0);
  }

  /** Undefined while there is no build. @throws BuildGone when the build was dropped. */
  #find(build: Served): Found | undefined {
    const database = this.#open();
    if (!hasBuild(build)) return undefined;
    const found = database && registered(database, build);
    if (!found) throw new BuildGone(buildName(idOf(build)));
    return { ...found, database, build };
  }

  #versionNow(): number | undefined {
    try {
      return attempt(this.#known, () => this.#open()?.version());
    } catch {
      return undefined; // Listeners read for themselves, and get the error.
    }
  }

  /** The database; undefined until a writer has created it. */
  #open(): Database | undefined {
    if (this.#closed) throw new ViewsUnavailable(`${this.#file} was closed: this program is stopping.`);
    if (this.#database || !existsSync(this.#file)) return this.#database;
    try {
      this.#database = openDatabase(viewsFile, { file: this.#file, readOnly: true });
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable) || error.reason !== 'unreachable') throw error;
      // A writer is creating the file at this moment, unless this user may not read it.
      if (!readable(this.#file)) throw error;
    }
    return this.#database;
  }
}

/** @throws NoHistory */
function layoutFor(build: Served, asOf: Position | undefined): Layout {
  if (asOf !== undefined && !build.model.history) throw new NoHistory(build.model.name);
  return layoutOf(build);
}

type Current = readonly [document: string, since: Position, id: number];

function currentOf(database: Database, { current }: Layout, key: string): Current | undefined {
  return database.prepare<Current>(`SELECT document, since, id FROM ${current.text} WHERE key = ?`, { arrays: true }).get(key);
}

/** The document as of a position, within one snapshot: the current one if it is old enough, otherwise the first version superseded after it. */
function versionOf(database: Database, layout: Layout, key: string, asOf: Position): string | undefined {
  const [current, since = 0, id = removedOf(database, layout, key)] = currentOf(database, layout, key) ?? [];
  if (current !== undefined && since <= asOf) return current;
  if (id === undefined) return undefined;
  const statement = database.prepare<readonly [string, Position]>(
    `SELECT ${pastDocument(layout).text}, since FROM ${layout.past.text} WHERE id = ? AND until > ? ORDER BY until LIMIT 1`,
    { arrays: true },
  );
  const [past, began = 0] = statement.get(id, asOf) ?? [];
  return past !== undefined && began <= asOf ? past : undefined;
}

function removedOf(database: Database, { removed }: Layout, key: string): number | undefined {
  return database.prepare<readonly [number]>(`SELECT id FROM ${removed.text} WHERE key = ?`, { arrays: true }).get(key)?.[0];
}

function readable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false; // The caller reports it.
  }
}
