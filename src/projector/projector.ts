/**
 * Carries events from the log to the read models: reads the log once for all of them, folds a page in memory, and commits documents
 * and checkpoints together. A read model whose handler throws stops there and says so; the others go on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Definitions } from '../../contracts/index.js';
import { toCurrent, type Position, type RecordedEvent } from '../kernel/event.js';
import type { Document, Projection } from '../kernel/projection.js';
import type { EventLog, Page } from '../log/port.js';
import { CheckpointMoved, type Commit, type DocumentChange, type ViewWriter } from '../views/port.js';

/** Where a read model stands, after each commit. */
export interface Progress {
  readonly model: string;
  readonly version: number;
  readonly position: Position;
  /** Why it stopped, when it did. No personal data: the event is named by stream and revision. */
  readonly error?: string;
}

export interface ProjectorOptions {
  readonly log: EventLog;
  readonly views: ViewWriter;
  readonly projections: readonly Projection[];
  /** Of the events in the log; this program's own when absent. */
  readonly definitions?: Definitions;
  /** Events per page and so per commit while catching up. */
  readonly pageSize?: number;
  readonly onProgress?: (progress: readonly Progress[]) => void;
  /** Told of a failure that is tried again. */
  readonly onRetry?: (failure: unknown) => void;
}

/** A document in memory; null where the store is known to have none. */
type Remembered = { readonly document: Document | null };

interface Running {
  readonly projection: Projection;
  readonly types: ReadonlySet<string>;
  readonly memory: LRUCache<string, Remembered>;
  position: Position;
  error?: string;
}

/** Documents of one read model that are kept in memory between pages. */
const REMEMBERED = 10_000;

export class Projector {
  readonly #options: Required<Pick<ProjectorOptions, 'pageSize'>> & ProjectorOptions;
  readonly #running: Running[];

  constructor(options: ProjectorOptions) {
    this.#options = { pageSize: 2_000, ...options };
    this.#running = options.projections.map((projection) => ({
      projection,
      types: new Set(projection.types),
      memory: new LRUCache<string, Remembered>({ max: REMEMBERED }),
      position: 0,
    }));
  }

  /** Projects until the signal aborts; failures of log or store are tried again, from the store's own checkpoints. */
  async run(signal: AbortSignal): Promise<void> {
    let pause = 50;
    while (!signal.aborted) {
      try {
        await this.#start();
        const after = Math.min(...this.#working().map((model) => model.position), Number.MAX_SAFE_INTEGER);
        if (this.#working().length === 0) return;
        const types = [...new Set(this.#running.flatMap((model) => model.projection.types))];
        for await (const page of this.#options.log.tail(after, { limit: this.#options.pageSize, types, signal })) {
          await this.#project(page);
          pause = 50;
        }
      } catch (failure) {
        if (signal.aborted) return;
        if (!(failure instanceof CheckpointMoved)) this.#options.onRetry?.(failure);
        await sleep(pause, undefined, { signal }).catch(() => undefined);
        pause = Math.min(pause * 2, 5_000);
      }
    }
  }

  /** Projects what the log holds now, and returns. */
  async catchUp(): Promise<void> {
    await this.#start();
    const head = await this.#options.log.head();
    let position = Math.min(...this.#running.map((model) => model.position));
    while (position < head) {
      const page = await this.#options.log.readAll(position, this.#options.pageSize);
      await this.#project(page);
      position = page.position;
    }
  }

  async #start(): Promise<void> {
    const { views } = this.#options;
    await views.prepare(this.#running.map((model) => model.projection.model));
    const head = await this.#options.log.head();
    for (const model of this.#running) {
      model.memory.clear();
      model.position = await views.checkpoint(model.projection.model);
      if (model.position <= head) continue;
      // The log was put back to an earlier state, or replaced: what was made of the other one is void.
      await views.reset(model.projection.model);
      model.position = 0;
    }
    this.#report();
  }

  #working(): readonly Running[] {
    return this.#running.filter((model) => model.error === undefined);
  }

  async #project(page: Page): Promise<void> {
    const batch = new Map<Running, Commit>();
    for (const model of this.#working()) {
      if (page.position <= model.position) continue;
      const events = page.events.filter((event) => event.position > model.position && model.types.has(event.type));
      const { changes, failed } = await this.#fold(model, events);
      const to = failed ?? page.position;
      if (to > model.position) batch.set(model, { model: model.projection.model, from: model.position, to, changes });
    }
    if (batch.size > 0) await this.#commit(batch);
    this.#report();
  }

  /** Commits all together. Where the store can't take what a handler made, that read model stops, and the others are committed without it. */
  async #commit(batch: ReadonlyMap<Running, Commit>): Promise<void> {
    try {
      await this.#options.views.commit([...batch.values()]);
      for (const [model, { to }] of batch) model.position = to;
    } catch (failure) {
      if (!isOfDocument(failure)) throw failure;
      for (const [model, commit] of batch) {
        if (batch.size > 1) await this.#commit(new Map([[model, commit]]));
        else model.error = `the events after position ${commit.from}, up to ${commit.to}, can't be stored: ${failure.message}`;
      }
    }
  }

  /** What the events make of a read model's documents; up to the last event before one that the handlers could not take. */
  async #fold(model: Running, events: readonly RecordedEvent[]): Promise<{ changes: DocumentChange[]; failed?: Position }> {
    const planned: { readonly event: RecordedEvent; readonly changes: ReturnType<Projection['changes']> }[] = [];
    let failed: Position | undefined;
    const stop = (event: RecordedEvent, failure: unknown): void => {
      const reason = failure instanceof Error ? failure.message : String(failure);
      model.error = `${event.type} of ${event.stream.type} ${event.stream.id}, revision ${event.revision}, position ${event.position}: ${reason}`;
      failed = event.position - 1;
    };
    for (const event of events) {
      try {
        const current = toCurrent(event, this.#options.definitions);
        planned.push({ event: current, changes: model.projection.changes(current) });
      } catch (failure) {
        stop(event, failure);
        break;
      }
    }
    const documents = await this.#recall(model, new Set(planned.flatMap(({ changes }) => changes.map((change) => change.key))));

    const changes: DocumentChange[] = [];
    for (const { event, changes: wanted } of planned) {
      // An event changes all its documents or none.
      const results = new Map<string, Document | null>();
      try {
        for (const { key, to } of wanted) {
          const before = results.has(key) ? results.get(key) : documents.get(key);
          results.set(key, to(before ?? undefined) ?? null);
        }
      } catch (failure) {
        stop(event, failure);
        break;
      }
      for (const [key, document] of results) {
        documents.set(key, document);
        changes.push({ key, position: event.position, document });
      }
    }
    for (const [key, document] of documents) model.memory.set(key, { document });
    return failed === undefined ? { changes } : { changes, failed };
  }

  /** The current documents of these keys, from memory or from the store; null where there is none. */
  async #recall(model: Running, keys: ReadonlySet<string>): Promise<Map<string, Document | null>> {
    const documents = new Map<string, Document | null>();
    const missing: string[] = [];
    for (const key of keys) {
      const remembered = model.memory.get(key);
      if (remembered) documents.set(key, remembered.document);
      else missing.push(key);
    }
    if (missing.length === 0) return documents;
    const found = await this.#options.views.load(model.projection.model, missing);
    for (const key of missing) documents.set(key, found.get(key) ?? null);
    return documents;
  }

  #report(): void {
    this.#options.onProgress?.(
      this.#running.map(({ projection, position, error }) => ({
        model: projection.model.name,
        version: projection.model.version,
        position,
        ...(error === undefined ? {} : { error }),
      })),
    );
  }
}

/** What the port, or the engine, says of a value that it can't store; anything else may pass. Told by name: the engine's may be of another realm. */
function isOfDocument(failure: unknown): failure is Error {
  return ['RangeError', 'TypeError'].includes(String((failure as { readonly name?: unknown } | undefined)?.name));
}
