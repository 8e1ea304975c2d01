/**
 * The reader. The collections of a build are cached and checked after each query: if the build was reset or dropped meanwhile, the query is repeated.
 */
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
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
import { attempt, type Connection, type MongoViewReaderOptions } from './connection.js';
import { aggregateAsOf, type Found, type Aggregation } from './aggregate-as-of.js';
import { collectionsOf, layoutOf, type Collections, type Layout } from './layout.js';
import { pagePlan, readPage } from './page.js';
import { deadLettersIn, unappliedEventsIn } from './dead-letters.js';
import { mustBeIn, recordsIn, registered, registerIn, type Register, type RegisterRow } from './register.js';
import { historiesOf, scanned } from './scan.js';
import { cutOf, upTo, type Cut } from './selection.js';
import { groupsOf, groupStages, partOfDocument, partOfGroup, projectionOf, summaryPlan } from './summary.js';
import { Watch } from './watch.js';

export class MongoViewReader implements ViewReader {
  readonly #connection: Connection;
  readonly #nearby: number;
  readonly #register: Register;
  readonly #watch: Watch;
  /** Where builds were when they were last looked up. */
  readonly #known = new Map<string, Found>();
  #closed = false;

  constructor(connection: Connection, { nearby = 5_000 }: Pick<MongoViewReaderOptions, 'nearby'> = {}) {
    this.#connection = connection;
    this.#nearby = nearby;
    this.#register = registerIn(connection.db);
    this.#watch = new Watch(() => this.#attempt(() => this.#register.find().toArray()));
  }

  builds(): Promise<readonly BuildRecord[]> {
    return this.#attempt(async () => recordsIn(await this.#register.find().toArray()));
  }

  onChange(listener: () => void): () => void {
    return this.#watch.listen(listener);
  }

  position(build: Served): Promise<Position> {
    return this.#attempt(async () => positionIn((await this.#register.findOne({ _id: build.model.name })) ?? undefined, build));
  }

  async waitFor(build: Served, position: Position, timeoutMs: number): Promise<void> {
    const { name } = build.model;
    await this.#watch.reached(name, position, timeoutMs, (rows) =>
      positionIn(
        rows.find(({ _id }) => _id === name),
        build,
      ),
    );
  }

  async get(build: Served, keys: readonly string[], asOf?: Position): Promise<readonly (Document | null)[]> {
    layoutFor(build, asOf);
    const documents = await this.#ask(build, new Map<string, string>(), ({ collections }) => documentsOf(collections, keys, asOf));
    return keys.map((key) => {
      const doc = documents.get(key);
      return doc === undefined ? null : (JSON.parse(doc) as Document);
    });
  }

  async list(build: Served, query: ListQuery): Promise<ListPage> {
    const plan = pagePlan(layoutFor(build, query.asOf), query);
    return this.#ask(build, { json: '[]', hasNext: false }, ({ entry, collections }) =>
      readPage(collections, plan, { indexed: entry.indexed, nearby: this.#nearby }),
    );
  }

  async count(build: Served, selection: Selection): Promise<number> {
    const cut = cutOf(layoutFor(build, selection.asOf), selection);
    const counted: Aggregation<number> = {
      onServer: true,
      stages: (by) => [{ $group: { _id: by, n: { $sum: 1 } } }],
      ofGroup: ({ n }) => Number(n),
      projection: {},
      ofDocument: () => 1,
    };
    const parts = await this.#gathered(build, cut, counted);
    return parts.reduce((sum, part) => sum + part, 0);
  }

  async summarise(build: Served, { groupBy, measures, cuts, ...selection }: SummaryQuery): Promise<readonly SummaryGroup[]> {
    const layout = layoutFor(build, selection.asOf);
    const plan = summaryPlan(layout, { groupBy, measures, ...(cuts ? { cuts } : {}) });
    const cut = cutOf(layout, selection);
    const gathering = {
      onServer: plan.onServer,
      stages: (by: object) => groupStages(plan, by),
      ofGroup: (row: object) => partOfGroup(plan, row),
      projection: projectionOf(plan),
      ofDocument: (row: object) => partOfDocument(plan, row),
    };
    return groupsOf(plan, await this.#gathered(build, cut, gathering));
  }

  scan(build: Served, part = SCAN_PAGE): AsyncIterable<DocumentHistory> {
    return readPages(part, (after, limit) =>
      this.#ask(build, [], ({ collections }) => scanned(layoutOf(build.model), collections, after, limit)),
    );
  }

  histories(build: Served, keys: readonly string[]): Promise<readonly DocumentHistory[]> {
    return this.#ask(build, withoutVersions(keys), ({ collections }) => historiesOf(layoutOf(build.model), collections, keys));
  }

  deadLetters(build: Served, options: DeadLetterOptions): Promise<readonly DeadLetter[]> {
    return this.#ask(build, [], ({ collections }) => deadLettersIn(collections.deadLetters, options));
  }

  unappliedEvents(build: Served, key: string, options: UnappliedEventOptions): Promise<readonly UnappliedEvent[]> {
    return this.#ask(build, [], ({ collections }) => unappliedEventsIn(collections.deadLetters, key, options));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watch.close();
    await this.#connection.close();
  }

  #gathered<Part>(build: Served, cut: Cut, gathering: Aggregation<Part>): Promise<readonly Part[]> {
    const { replicated } = this.#connection;
    return this.#ask(build, [], (found, begun) => aggregateAsOf(cut, gathering, { found, look: () => this.#look(begun), replicated }));
  }

  /** @param empty the answer of a build that is not there yet @throws BuildGone */
  #ask<T>(build: Served, empty: T, work: (found: Found, build: Build) => Promise<T>): Promise<T> {
    if (!hasBuild(build)) return Promise.resolve(empty);
    const name = buildName(idOf(build));
    return this.#attempt(async () => {
      for (let found = this.#known.get(name) ?? (await this.#look(build)); ;) {
        const [answer] = await Promise.allSettled([work(found, build)]);
        const now = await this.#look(build);
        if (now.entry.generation !== found.entry.generation) found = now;
        else if (answer.status === 'fulfilled') return answer.value;
        else throw answer.reason;
      }
    });
  }

  /** Where the build is now. @throws BuildGone */
  async #look(build: Build): Promise<Found> {
    const name = buildName(idOf(build));
    const entry = await registered(this.#register, build);
    if (!entry) {
      this.#known.delete(name);
      throw new BuildGone(name);
    }
    const found = { entry, collections: collectionsOf(this.#connection.db, build, entry.generation) };
    this.#known.set(name, found);
    return found;
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new ViewsUnavailable('The read models on MongoDB were closed: this program is ending.');
    return attempt(this.#connection, work);
  }
}

/** The JSON of each document that there is; of those that were not so yet, the version that was. */
async function documentsOf(
  { current, past }: Collections,
  keys: readonly string[],
  asOf: Position | undefined,
): Promise<Map<string, string>> {
  const moment = asOf === undefined ? {} : { since: upTo(asOf) };
  const rows = await current
    .find({ _id: { $in: keys }, live: true, ...moment })
    .project<{ readonly _id: string; readonly doc: string }>({ doc: 1 })
    .toArray();
  const documents = new Map(rows.map(({ _id, doc }) => [_id, doc]));
  const missing = keys.filter((key) => !documents.has(key));
  if (asOf === undefined || missing.length === 0) return documents;
  const superseded = await past
    .find({ key: { $in: missing }, until: { $gt: asOf }, since: upTo(asOf) })
    .project<{ readonly key: string; readonly doc: string }>({ key: 1, doc: 1 })
    .toArray();
  for (const { key, doc } of superseded) documents.set(key, doc);
  return documents;
}

/** A build that is not there yet stands at 0. @throws BuildGone */
function positionIn(row: RegisterRow | undefined, build: Served): Position {
  return hasBuild(build) ? mustBeIn(row, build).position : 0;
}

/** @throws NoHistory */
function layoutFor({ model }: Served, asOf: Position | undefined): Layout {
  if (asOf !== undefined && !model.history) throw new NoHistory(model.name);
  return layoutOf(model);
}
