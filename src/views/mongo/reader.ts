/** The side of queries. Each begins with a look at the register, so that it sees what was committed or emptied before it was asked. */
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import type { Build, BuildRecord } from '../builds.js';
import { NoHistory, ViewsUnavailable } from '../errors.js';
import type { DocumentHistory, ParkedDocument, ViewReader, WaitingEvent } from '../port.js';
import type { ListPage, ListQuery, Selection, SummaryGroup, SummaryQuery } from '../query.js';
import { attempt, type Connection } from './connection.js';
import { gather, type Gathering } from './gather.js';
import { collectionsOf, layoutOf, type Collections, type Layout } from './layout.js';
import { pagePlan, readPage } from './page.js';
import { parkedIn, waitingIn, type ParkedOptions, type WaitingOptions } from './parking.js';
import { entryIn, recordsIn, registered, registerIn, type BuildEntry, type Register } from './register.js';
import { scanned } from './scan.js';
import { groupsOf, groupStages, partOfDocument, partOfGroup, projectionOf, summaryPlan } from './summary.js';
import { Watch } from './watch.js';

interface Found {
  readonly entry: BuildEntry;
  readonly collections: Collections;
}

export class MongoViewReader implements ViewReader {
  readonly #connection: Connection;
  readonly #register: Register;
  readonly #watch: Watch;
  #closed = false;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#register = registerIn(connection.db);
    this.#watch = new Watch(() => this.#attempt(() => this.#register.find().toArray()));
  }

  builds(): Promise<readonly BuildRecord[]> {
    return this.#attempt(async () => recordsIn(await this.#register.find().toArray()));
  }

  onChange(listener: () => void): () => void {
    return this.#watch.listen(listener);
  }

  position(build: Build): Promise<Position> {
    return this.#attempt(async () => (await registered(this.#register, build))?.position ?? 0);
  }

  async reached(build: Build, position: Position, timeoutMs: number): Promise<void> {
    const { name } = build.model;
    await this.#watch.reached(name, position, timeoutMs, (rows) => {
      return entryIn(rows.find(({ _id }) => _id === name), build)?.position ?? 0;
    });
  }

  async get(build: Build, keys: readonly string[], asOf?: Position): Promise<readonly (Document | null)[]> {
    layoutFor(build, asOf);
    return this.#attempt(async () => {
      const found = await this.#find(build);
      const documents = found ? await documentsOf(found.collections, keys, asOf) : new Map<string, string>();
      return keys.map((key) => {
        const doc = documents.get(key);
        return doc === undefined ? null : (JSON.parse(doc) as Document);
      });
    });
  }

  async list(build: Build, query: ListQuery): Promise<ListPage> {
    const layout = layoutFor(build, query.asOf);
    return this.#attempt(async () => {
      const found = await this.#find(build);
      const plan = pagePlan(layout, query, found?.entry.indexed === true);
      return found ? readPage(found.collections, plan) : { json: '[]', hasNext: false };
    });
  }

  async count(build: Build, selection: Selection): Promise<number> {
    const layout = layoutFor(build, selection.asOf);
    const counted: Gathering<number> = {
      onServer: true,
      stages: [{ $group: { _id: null, n: { $sum: 1 } } }],
      ofGroup: ({ n }) => Number(n),
      projection: {},
      ofDocument: () => 1,
    };
    const parts = await this.#attempt(() => gather(layout, selection, counted, () => this.#find(build)));
    return parts.reduce((sum, part) => sum + part, 0);
  }

  async summarise(build: Build, { groupBy, measures, ...selection }: SummaryQuery): Promise<readonly SummaryGroup[]> {
    const layout = layoutFor(build, selection.asOf);
    const plan = summaryPlan(layout, { groupBy, measures });
    const gathering = {
      onServer: plan.onServer,
      stages: groupStages(plan),
      ofGroup: (row: object) => partOfGroup(plan, row),
      projection: projectionOf(plan),
      ofDocument: (row: object) => partOfDocument(plan, row),
    };
    return groupsOf(plan, await this.#attempt(() => gather(layout, selection, gathering, () => this.#find(build))));
  }

  scan(build: Build, after: string | undefined, limit: number): Promise<readonly DocumentHistory[]> {
    return this.#ask(build, [], ({ collections }) => scanned(layoutOf(build.model), collections, after, limit));
  }

  parked(build: Build, options: ParkedOptions): Promise<readonly ParkedDocument[]> {
    return this.#ask(build, [], ({ collections }) => parkedIn(collections.waiting, options));
  }

  waiting(build: Build, key: string, options: WaitingOptions): Promise<readonly WaitingEvent[]> {
    return this.#ask(build, [], ({ collections }) => waitingIn(collections.waiting, key, options));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watch.close();
    await this.#connection.client.close();
  }

  #ask<T>(build: Build, empty: T, work: (found: Found) => Promise<T>): Promise<T> {
    return this.#attempt(async () => {
      const found = await this.#find(build);
      return found ? work(found) : empty;
    });
  }

  async #find(build: Build): Promise<Found | undefined> {
    const entry = await registered(this.#register, build);
    return entry && { entry, collections: collectionsOf(this.#connection.db, build, entry.generation) };
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new ViewsUnavailable('The read models on MongoDB were closed: this program is ending.');
    return attempt(this.#connection, work);
  }
}

/** The JSON of each document that there is; of those that were not so yet, the version that was. */
async function documentsOf({ current, past }: Collections, keys: readonly string[], asOf: Position | undefined): Promise<Map<string, string>> {
  const moment = asOf === undefined ? {} : { since: { $lte: asOf } };
  const rows = await current
    .find({ _id: { $in: keys }, live: true, ...moment })
    .project<{ readonly _id: string; readonly doc: string }>({ doc: 1 })
    .toArray();
  const documents = new Map(rows.map(({ _id, doc }) => [_id, doc]));
  const missing = keys.filter((key) => !documents.has(key));
  if (asOf === undefined || missing.length === 0) return documents;
  const superseded = await past
    .find({ key: { $in: missing }, until: { $gt: asOf }, since: { $lte: asOf } })
    .project<{ readonly key: string; readonly doc: string }>({ key: 1, doc: 1 })
    .toArray();
  for (const { key, doc } of superseded) documents.set(key, doc);
  return documents;
}

/** @throws NoHistory */
function layoutFor({ model }: Build, asOf: Position | undefined): Layout {
  if (asOf !== undefined && !model.history) throw new NoHistory(model.name);
  return layoutOf(model);
}
