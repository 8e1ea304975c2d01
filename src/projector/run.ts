/** One build while this process projects it: where it stands, what of it is in memory, and how fast it goes. */
import { LRUCache } from 'lru-cache';
import type { Position } from '../kernel/event.js';
import type { Projection } from '../kernel/projection.js';
import { buildName, idOf, noProgress, type Build, type BuildRecord, type Progress } from '../views/builds.js';
import type { DocumentRefused } from '../views/errors.js';
import type { Commit, Lease, StoredDocument, ViewWriter } from '../views/port.js';
import { isOfPartition, leaseNameOf, standsAt } from './division.js';
import { fold, refusalOf, type Documents, type Folded } from './fold.js';
import { Pace } from './pace.js';
import type { Readable } from './readable.js';

/** Documents of one build that are kept in memory between pages. */
const REMEMBERED = 10_000;

export interface RunOptions {
  readonly projection: Projection;
  readonly build: Build;
  readonly record: BuildRecord;
  readonly views: ViewWriter;
  /** The keys whose documents wait. */
  readonly parked: Iterable<string>;
  /** Documents that may wait before the build stops. */
  readonly parkedLimit: number;
}

/** What a page made of a build, on its way into the store. */
export interface Batch {
  readonly run: Run;
  readonly commit: Commit;
  readonly folded: Folded;
  readonly pace: Pace;
}

export class Run implements Documents {
  readonly projection: Projection;
  readonly build: Build;
  readonly types: ReadonlySet<string>;
  readonly parked: Set<string>;
  /** How far it is brought: without end unless it is a partition. */
  readonly until: Position;
  position: Position;
  record: BuildRecord;
  progress: Progress;
  readonly #views: ViewWriter;
  readonly #parkedLimit: number;
  readonly #memory = new LRUCache<string, { readonly stored: StoredDocument | null }>({ max: REMEMBERED });
  /** Whether a document is of its partition. */
  readonly isMine: (key: string) => boolean;
  #pace = new Pace();
  readonly #refused = new Map<string, string>();

  constructor({ projection, build, record, views, parked, parkedLimit }: RunOptions) {
    this.projection = projection;
    this.build = build;
    this.record = record;
    this.types = new Set(projection.types);
    this.isMine = isOfPartition(build, record);
    this.parked = new Set([...parked].filter(this.isMine));
    this.until = build.partition === undefined ? Infinity : (record.divided?.until ?? 0);
    this.position = standsAt(build, record);
    const { events, head, finishedAt } = record;
    this.progress = { ...noProgress, events, head, finishedAt };
    this.#views = views;
    this.#parkedLimit = parkedLimit;
  }

  get name(): string {
    return buildName(idOf(this.build));
  }

  /** Of the lease that it is worked on under. */
  get leaseName(): string {
    return leaseNameOf(this.build);
  }

  /** Folds a page's events of the types that the projection names; nothing is changed before `committed`. */
  async fold(page: readonly Readable[], to: Position, head: Position, lease: Lease): Promise<Batch> {
    const events = page.filter(({ event }) => event.position > this.position && event.position <= to && this.types.has(event.type));
    const folded = await fold({
      projection: this.projection,
      events,
      documents: this,
      parked: this.parked,
      refused: this.#refused,
      now: new Date().toISOString(),
      ...(this.build.partition === undefined ? {} : { mine: this.isMine }),
    });
    const pace = this.#pace.and({ events: events.length, positions: to - this.position });
    const { events: rate, positions } = pace.perSecond();
    const progress = {
      events: this.progress.events + events.length,
      head: Math.max(head, to),
      rate,
      pace: positions,
      measuredAt: new Date().toISOString(),
    };
    return { run: this, folded, pace, commit: this.commit(folded, to, progress, lease) };
  }

  commit(folded: Pick<Folded, 'changes' | 'parking'>, to: Position, progress: Partial<Progress>, lease: Lease): Commit {
    const { changes, parking } = folded;
    return { build: this.build, from: this.position, to, changes, parking, lease, progress: { ...this.progress, ...progress } };
  }

  /** The batch is in the store. */
  committed({ commit, folded, pace }: Batch): void {
    for (const [key, stored] of folded.documents) this.#memory.set(key, { stored });
    for (const key of folded.parked) this.parked.add(key);
    this.position = commit.to;
    this.#pace = pace;
    this.progress = commit.progress;
    this.#refused.clear();
    if (this.parked.size <= this.#parkedLimit) return;
    this.fail(
      `more than ${this.#parkedLimit} documents wait for events that its handlers can't take: mend them and raise its version, or drop this build and rebuild`,
    );
  }

  /** The store can't take these changes: the page is folded again with their events parked. */
  refuse(failure: DocumentRefused): void {
    for (const { key, position, reason } of [failure, ...failure.others]) this.#refused.set(refusalOf(key, position), reason);
  }

  fail(error: string): void {
    this.progress = { ...this.progress, error, rate: 0, pace: 0 };
  }

  /** Forgets the documents in memory: the store is asked again. */
  forget(): void {
    this.#memory.clear();
  }

  async recall(keys: ReadonlySet<string>): Promise<Map<string, StoredDocument | null>> {
    const documents = new Map<string, StoredDocument | null>();
    const missing: string[] = [];
    for (const key of keys) {
      const remembered = this.#memory.get(key);
      if (remembered) documents.set(key, remembered.stored);
      else missing.push(key);
    }
    if (missing.length === 0) return documents;
    const found = await this.#views.load(this.build, missing);
    for (const key of missing) documents.set(key, found.get(key) ?? null);
    return documents;
  }

  find(column: string, value: string | number | boolean | null): Promise<readonly string[]> {
    return this.#views.find(this.build, column, value);
  }
}
