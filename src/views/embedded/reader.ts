/** The server's side: what is quick is answered on the calling thread, what may be long by reader threads. */
import { accessSync, constants, existsSync } from 'node:fs';
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import { type Database, openDatabase } from '../../sqlite/database.js';
import { DatabaseUnavailable } from '../../sqlite/unavailable.js';
import { buildName, idOf, isBegun, type Build, type BuildRecord, type Served } from '../builds.js';
import { BuildGone, NoHistory, ViewsUnavailable } from '../errors.js';
import { inParts, PART, withoutVersions } from '../parts.js';
import type { DocumentHistory, ParkedDocument, ViewReader, WaitingEvent } from '../port.js';
import type { ListPage, ListQuery, Selection, SummaryGroup, SummaryQuery } from '../query.js';
import { Changes } from './changes.js';
import { attempt, viewsFile } from './file.js';
import { layoutOf, type Layout } from './layout.js';
import { pageQuery } from './page.js';
import { parkedIn, waitingIn, type ParkedOptions, type WaitingOptions } from './parking.js';
import { answer, type Answers, groupsOf, type Query } from './query.js';
import { ReaderThreads } from './reader-threads.js';
import { recordsIn, registered, type Registered } from './register.js';
import { historiesOf, scanned } from './scan.js';
import { pastDocument, sourcesOf } from './selection.js';
import { join, sql } from './sql.js';
import { straysIn, type Strays } from './strays.js';
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
 * Reads the file of read models beside its writer. The file need not be there yet: no build is there then.
 * @throws ViewsUnavailable when there is a file, but it can't be read or is not one of read models.
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

/** A build that is there, and the file that it is in. */
interface Found extends Registered {
  readonly build: Build;
  readonly database: Database;
}

class EmbeddedViewReader implements ViewReader {
  private database: Database | undefined;
  private closed = false;
  private readonly changes: Changes;

  constructor(
    private readonly file: string,
    private readonly threads: ReaderThreads | undefined,
  ) {
    this.changes = new Changes(file, () => this.versionNow());
  }

  async start(): Promise<void> {
    attempt(this.file, () => this.open());
  }

  async builds(): Promise<readonly BuildRecord[]> {
    return attempt(this.file, () => {
      const database = this.open();
      return database ? recordsIn(database) : [];
    });
  }

  onChange(listener: () => void): () => void {
    return this.changes.listen(listener);
  }

  async position(build: Served): Promise<Position> {
    return this.positionNow(build);
  }

  async reached(build: Served, position: Position, timeoutMs: number): Promise<void> {
    await this.changes.reached(build.model.name, position, timeoutMs, () => this.positionNow(build));
  }

  async get(build: Served, keys: readonly string[], asOf?: Position): Promise<readonly (Document | null)[]> {
    const layout = layoutFor(build, asOf);
    const texts = (database: Database): readonly (string | undefined)[] =>
      asOf === undefined
        ? keys.map((key) => currentOf(database, layout, key)?.[0])
        : database.snapshot(() => keys.map((key) => versionOf(database, layout, key, asOf)));
    const none = keys.map(() => undefined);
    return this.here(build, none, texts).map((text) => (text === undefined ? null : (JSON.parse(text) as Document)));
  }

  async list(build: Served, query: ListQuery): Promise<ListPage> {
    const layout = layoutFor(build, query.asOf);
    return this.ask(
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
    return this.ask(build, query, () => 0);
  }

  async summarise(build: Served, query: SummaryQuery): Promise<readonly SummaryGroup[]> {
    const layout = layoutFor(build, query.asOf);
    const plan = (indexed: boolean) => ({ kind: 'summary', ...summaryPlan(layout, query, indexed) }) as const;
    return groupsOf(await this.ask(build, plan, (none) => JSON.stringify(emptySummary(none))));
  }

  /** On the calling thread: who compares whole builds has one of his own. */
  async *scan(build: Served, part = PART): AsyncGenerator<DocumentHistory, void, undefined> {
    const layout = layoutOf(build);
    const strays = this.here<Strays>(build, new Map(), (database) => straysIn(database, layout));
    yield* inParts(part, async (after, limit) =>
      this.here(build, [], (database, { indexed }) => scanned(database, layout, indexed === 1, strays, after, limit)),
    );
  }

  async histories(build: Served, keys: readonly string[]): Promise<readonly DocumentHistory[]> {
    return this.here<readonly DocumentHistory[]>(build, withoutVersions(keys), (database, { indexed }) =>
      historiesOf(database, layoutOf(build), indexed === 1, keys),
    );
  }

  async parked(build: Served, options: ParkedOptions): Promise<readonly ParkedDocument[]> {
    return this.here(build, [], (database, found) => parkedIn(database, found.build, options));
  }

  async waiting(build: Served, key: string, options: WaitingOptions): Promise<readonly WaitingEvent[]> {
    return this.here(build, [], (database, found) => waitingIn(database, found.build, key, options));
  }

  async close(): Promise<void> {
    this.closed = true;
    this.changes.close();
    await this.threads?.close();
    this.database?.close();
  }

  /** Reads on this thread. @throws BuildGone */
  private here<T>(build: Served, empty: T, read: (database: Database, found: Found) => T): T {
    return attempt(this.file, () => {
      const found = this.find(build);
      return found ? this.unlessGone(found.build, () => read(found.database, found)) : empty;
    });
  }

  /** Has a query answered by a reader thread. @throws BuildGone */
  private async ask<Kind extends keyof Answers, Asked extends Extract<Query, { readonly kind: Kind }>>(
    build: Served,
    plan: (indexed: boolean) => Asked & { readonly kind: Kind },
    empty: (query: Asked) => Answers[Kind],
  ): Promise<Answers[Kind]> {
    const found = attempt(this.file, () => this.find(build));
    const query = plan(found?.indexed === 1);
    if (!found) return empty(query);
    const { database } = found;
    try {
      return this.threads ? await this.threads.ask<Kind>(query) : attempt(this.file, () => answer(database, query) as Answers[Kind]);
    } catch (error) {
      throw attempt(this.file, () => this.reasonFor(error, found.build));
    }
  }

  private unlessGone<T>(build: Build, read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw this.reasonFor(error, build);
    }
  }

  /** A build that is dropped while a query reads it has no tables any more. */
  private reasonFor(error: unknown, build: Build): unknown {
    const gone = !(error instanceof ViewsUnavailable) && this.database && !registered(this.database, build);
    return gone ? new BuildGone(buildName(idOf(build))) : error;
  }

  private positionNow(build: Served): Position {
    return attempt(this.file, () => this.find(build)?.position ?? 0);
  }

  /** Undefined for a build that is not there yet. @throws BuildGone when it was and is no more. */
  private find(build: Served): Found | undefined {
    const database = this.open();
    if (!isBegun(build)) return undefined;
    const found = database && registered(database, build);
    if (!found) throw new BuildGone(buildName(idOf(build)));
    return { ...found, database, build };
  }

  private versionNow(): number | undefined {
    try {
      return attempt(this.file, () => this.open()?.version());
    } catch {
      return undefined; // Whoever is told looks for himself, and meets the reason.
    }
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
function layoutFor(build: Served, asOf: Position | undefined): Layout {
  if (asOf !== undefined && !build.model.history) throw new NoHistory(build.model.name);
  return layoutOf(build);
}

type Current = readonly [document: string, since: Position, id: number];

function currentOf(database: Database, { current }: Layout, key: string): Current | undefined {
  return database.prepare<Current>(`SELECT document, since, id FROM ${current.text} WHERE key = ?`, { arrays: true }).get(key);
}

/** Within one snapshot: the document as it was. It is the current one if that was so already, else the version superseded first after it. */
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
    return false; // What can't be read is somebody's to mend; the caller says so.
  }
}
