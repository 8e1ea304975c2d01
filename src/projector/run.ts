/** One build, or one partition of it, while this process projects it: position, documents in memory, and throughput. */
import { LRUCache } from 'lru-cache';
import type { Position } from '../kernel/event.js';
import type { Projection } from '../kernel/projection.js';
import { readsSealed } from '../kernel/read-model.js';
import type { Lease } from '../leases/port.js';
import { buildName, idOf, noProgress } from '../views/port/build-identity.js';
import type { Build, BuildRecord, Progress } from '../views/port/builds.js';
import type { Commit } from '../views/port/commits.js';
import type { StoredDocument } from '../views/port/documents.js';
import type { DocumentRefused } from '../views/port/errors.js';
import type { ViewWriter } from '../views/port/store.js';
import { fold, refusalOf, type Documents, type Folded } from './fold.js';
import { erasuresOf, leaseNameOf, partitionFilter, positionOf } from './partitions.js';
import { Throughput } from './throughput.js';
import type { UpcastEvent } from './upcast-event.js';

/** How many documents of one build are kept in memory between pages. */
const CACHED_DOCUMENTS = 10_000;

export interface RunOptions {
  readonly projection: Projection;
  readonly build: Build;
  readonly record: BuildRecord;
  readonly views: ViewWriter;
  /** The keys of the build's dead letters. */
  readonly deadLetters: Iterable<string>;
  /** How many dead letters the build may have before it stops. */
  readonly deadLetterLimit: number;
}

/** The outcome of a page for a build, before it is committed. */
export interface Batch {
  readonly run: Run;
  readonly commit: Commit;
  readonly folded: Folded;
  readonly throughput: Throughput;
}

export class Run implements Documents {
  readonly projection: Projection;
  readonly build: Build;
  readonly types: ReadonlySet<string>;
  readonly deadLetters: Set<string>;
  /** The position to catch up to: infinite unless this is a partition. */
  readonly until: Position;
  /** Whether a document belongs to this partition. */
  readonly ownsKey: (key: string) => boolean;
  position: Position;
  /** How many erasures its documents are folded with. */
  erasures: number;
  /** Whether its handlers get sealed fields. */
  readonly readsSealed: boolean;
  record: BuildRecord;
  progress: Progress;
  readonly #views: ViewWriter;
  readonly #deadLetterLimit: number;
  readonly #cache = new LRUCache<string, { readonly stored: StoredDocument | null }>({ max: CACHED_DOCUMENTS });
  readonly #refused = new Map<string, string>();
  #throughput = new Throughput();

  constructor({ projection, build, record, views, deadLetters, deadLetterLimit }: RunOptions) {
    this.projection = projection;
    this.build = build;
    this.record = record;
    this.types = new Set(projection.types);
    this.ownsKey = partitionFilter(build, record);
    this.deadLetters = new Set([...deadLetters].filter(this.ownsKey));
    this.until = build.partition === undefined ? Infinity : (record.partitions?.until ?? 0);
    this.position = positionOf(build, record);
    this.erasures = erasuresOf(build, record);
    this.readsSealed = readsSealed(build.model);
    const { events, head, finishedAt } = record;
    this.progress = { ...noProgress, events, head, finishedAt };
    this.#views = views;
    this.#deadLetterLimit = deadLetterLimit;
  }

  get name(): string {
    return buildName(idOf(this.build));
  }

  /** The name of the lease that protects this work. */
  get leaseName(): string {
    return leaseNameOf(this.build);
  }

  /** Folds those events of a page that the projection handles. The run itself is unchanged until `committed`. */
  async fold(page: readonly UpcastEvent[], to: Position, head: Position, lease: Lease): Promise<Batch> {
    const events = page.filter(({ event }) => event.position > this.position && event.position <= to && this.types.has(event.type));
    const folded = await fold({
      projection: this.projection,
      events,
      documents: this,
      deadLetters: this.deadLetters,
      refused: this.#refused,
      now: new Date().toISOString(),
      ...(this.build.partition === undefined ? {} : { ownsKey: this.ownsKey }),
    });
    const throughput = this.#throughput.plus({ events: events.length, positions: to - this.position });
    const { events: rate, positions: positionRate } = throughput.perSecond();
    const progress: Partial<Progress> = {
      events: this.progress.events + events.length,
      head: Math.max(head, to),
      rate,
      positionRate,
      measuredAt: new Date().toISOString(),
    };
    return { run: this, folded, throughput, commit: this.commit(folded, to, progress, lease) };
  }

  commit(folded: Pick<Folded, 'changes' | 'deadLetterChanges'>, to: Position, progress: Partial<Progress>, lease: Lease): Commit {
    const { changes, deadLetterChanges: deadLetters } = folded;
    return {
      build: this.build,
      from: this.position,
      to,
      changes,
      erasures: this.erasures,
      deadLetters,
      lease,
      progress: { ...this.progress, ...progress },
    };
  }

  /** Advances the run after its batch was committed. */
  committed({ commit, folded, throughput }: Batch): void {
    for (const [key, stored] of folded.documents) this.#cache.set(key, { stored });
    for (const key of folded.deadLetters) this.deadLetters.add(key);
    this.position = commit.to;
    this.#throughput = throughput;
    this.progress = commit.progress;
    this.#refused.clear();
    if (this.deadLetters.size <= this.#deadLetterLimit) return;
    this.fail(
      `more than ${this.#deadLetterLimit} dead letters: fix the handlers and raise the version of the read model, or drop this build and rebuild`,
    );
  }

  /** Notes changes that the store refused: when the page is folded again, their events become dead letters. */
  refuse(failure: DocumentRefused): void {
    for (const { key, position, reason } of [failure, ...failure.others]) this.#refused.set(refusalOf(key, position), reason);
  }

  fail(error: string): void {
    this.progress = { ...this.progress, error, rate: 0, positionRate: 0 };
  }

  /** Clears the documents in memory, so that they are loaded from the store again. */
  forget(): void {
    this.#cache.clear();
  }

  async load(keys: ReadonlySet<string>): Promise<Map<string, StoredDocument | null>> {
    const documents = new Map<string, StoredDocument | null>();
    const missing: string[] = [];
    for (const key of keys) {
      const cached = this.#cache.get(key);
      if (cached) documents.set(key, cached.stored);
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
