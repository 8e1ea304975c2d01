/** Projects pages of events for several builds at a time, and commits the outcome of a page for all of them together. */
import type { Position, RecordedEvent } from '../kernel/event.js';
import { DocumentRefused, ErasuresMoved } from '../views/port/errors.js';
import { applyDecision } from './apply-decision.js';
import { applyErasures, NotRewritable } from './erasure.js';
import { concerns, decisionTypes, typesOf } from './decisions.js';
import { NotPartitionable } from './partitions.js';
import type { Health } from './health.js';
import type { LeaseKeeper } from '../leases/keeper.js';
import type { ProjectorOptions } from './options.js';
import type { UpcastEvent } from './upcast-event.js';
import type { Batch, Run } from './run.js';

/** Erasures per read of the log. */
const ERASURES = 500;

export interface PageProjectorOptions extends Pick<ProjectorOptions, 'log' | 'views' | 'reader' | 'onBatch' | 'onStop'> {
  readonly leases: Pick<LeaseKeeper, 'ensure'>;
  readonly health: Pick<Health, 'succeeded'>;
  /** The types of events after which sealed fields are withheld. */
  readonly erasing: readonly string[];
  /** Brings an event to its current version, without its sealed fields unless the run's handlers get them. */
  readonly read: (event: RecordedEvent, run: Run) => UpcastEvent;
  /** The end of the log when it was last read. */
  readonly head: () => Position;
}

/** The events of a page as the handlers of a run get them. */
type PageOf = (run: Run) => readonly UpcastEvent[];

export class PageProjector {
  readonly #options: PageProjectorOptions;

  constructor(options: PageProjectorOptions) {
    this.#options = options;
  }

  /** Projects one page for all builds that are behind, from the position of the last one. */
  async catchUp(behind: readonly Run[], target: Position, size: number): Promise<void> {
    const { log, erasing } = this.#options;
    const from = Math.min(...behind.map(({ position }) => position));
    const types = typesOf(
      behind.map(({ projection }) => projection),
      erasing,
    );
    const page = await log.readAll(from, size, types);
    const to = Math.min(page.position, target);
    await this.project(
      behind.filter(({ position }) => position < to),
      page.events.filter(({ position }) => position <= to),
      to,
    );
  }

  /** Projects events, in order, up to a position. Operators' decisions are applied in their place, erasures before the page. */
  async project(runs: readonly Run[], events: readonly RecordedEvent[], to: Position): Promise<void> {
    for (const run of runs) await this.#applyErasures(run, events);
    const pageOf = this.#reader(events);
    let from = 0;
    for (const [index, { type, position }] of events.entries()) {
      if (!decisionTypes.includes(type)) continue;
      const before = events[index - 1]?.position;
      if (before !== undefined) await this.#projectPart(runs, pageOf, [from, index], before);
      from = index + 1;
      for (const run of runs) {
        if (run.progress.error !== null || run.position >= position || run.until < position) continue;
        const decided = pageOf(run)[index];
        if (decided && 'current' in decided && concerns(decided.current, run)) await applyDecision(run, decided.current, this.#options);
      }
    }
    await this.#projectPart(runs, pageOf, [from, events.length], to);
  }

  /** Reads the events of a page, once for all runs whose handlers get sealed fields and once for the others. */
  #reader(events: readonly RecordedEvent[]): PageOf {
    const pages = new Map<boolean, readonly UpcastEvent[]>();
    return (run) => {
      const known = pages.get(run.readsSealed);
      if (known) return known;
      const page = events.map((event) => this.#options.read(event, run));
      pages.set(run.readsSealed, page);
      return page;
    };
  }

  /** Applies what events of a page erase: it is withheld in all events of the page already. */
  async #applyErasures(run: Run, events: readonly RecordedEvent[]): Promise<void> {
    const { erasing } = this.#options;
    if (!run.readsSealed || run.progress.error !== null) return;
    const ahead = events.filter(({ type, position }) => erasing.includes(type) && position > run.position && position <= run.until);
    if (ahead.length > 0) await this.#rewrite(run, ahead, run.erasures + ahead.length);
  }

  async #rewrite(run: Run, erasures: readonly RecordedEvent[], knowing: number): Promise<void> {
    const before = run.erasures;
    try {
      await applyErasures(run, erasures, knowing, this.#options);
    } catch (failure) {
      run.erasures = before;
      if (failure instanceof ErasuresMoved && failure.actual > knowing) return this.#completeErasures(run, failure.actual);
      if (failure instanceof NotRewritable) await this.#options.views.reset(run.build, await this.#options.leases.ensure(run.leaseName));
      throw failure;
    }
  }

  async #projectPart(runs: readonly Run[], pageOf: PageOf, [begin, end]: readonly [number, number], to: Position): Promise<void> {
    const batches: Batch[] = [];
    const started = performance.now();
    const partOf: PageOf = (run) => pageOf(run).slice(begin, end);
    for (const run of runs) {
      if (run.progress.error === null && run.position < Math.min(to, run.until)) batches.push(await this.#fold(run, partOf(run), to));
    }
    if (batches.length > 0) await this.#commit(batches, partOf, to, started);
  }

  async #fold(run: Run, page: readonly UpcastEvent[], to: Position): Promise<Batch> {
    const { views, leases, head } = this.#options;
    const lease = await leases.ensure(run.leaseName);
    try {
      return await run.fold(page, Math.min(to, run.until), head(), lease);
    } catch (failure) {
      if (failure instanceof NotPartitionable) await views.reset(run.build, lease);
      throw failure;
    }
  }

  /** Commits all batches together. After a refusal the batch is folded again, and the refused event becomes a dead letter. */
  async #commit(batches: readonly Batch[], partOf: PageOf, to: Position, started: number): Promise<void> {
    for (let rest = batches; ;) {
      try {
        await this.#options.views.commit(rest.map(({ commit }) => commit));
      } catch (failure) {
        const again = await this.#foldAgain(rest, failure, partOf, to);
        rest = rest.map((batch) => (batch.run === again.run ? again : batch));
        continue;
      }
      this.#options.health.succeeded();
      for (const batch of rest) await this.#committed(batch, started);
      return;
    }
  }

  /** Folds the batch again that a store refused. @throws the failure when it is another one */
  async #foldAgain(batches: readonly Batch[], failure: unknown, partOf: PageOf, to: Position): Promise<Batch> {
    const of = (build: string, owns: (run: Run) => boolean): Run => {
      const refused = batches.find(({ run }) => run.name === build && owns(run));
      if (!refused) throw failure;
      return refused.run;
    };
    if (failure instanceof ErasuresMoved) {
      const run = of(failure.build, ({ erasures }) => erasures === failure.expected);
      await this.#completeErasures(run, failure.actual);
      return this.#fold(run, partOf(run), to);
    }
    if (!(failure instanceof DocumentRefused)) throw failure;
    const run = of(failure.build, ({ ownsKey }) => ownsKey(failure.key));
    run.refuse(failure);
    return this.#fold(run, partOf(run), to);
  }

  /** Another process began to apply more erasures, on a larger page or of a later one, and was stopped, or is at another partition: all are applied now. */
  async #completeErasures(run: Run, knowing: number): Promise<void> {
    const { log, erasing } = this.#options;
    const wanted = knowing - run.erasures;
    const found: RecordedEvent[] = [];
    for (let at = run.position; found.length < wanted;) {
      const { events, position } = await log.readAll(at, ERASURES, erasing);
      found.push(...events);
      if (position === at) break;
      at = position;
    }
    await this.#rewrite(run, found.slice(0, Math.max(wanted, 0)), knowing);
  }

  async #committed(batch: Batch, started: number): Promise<void> {
    const { run, commit } = batch;
    const { name: model, version } = run.build.model;
    const events = commit.progress.events - run.progress.events;
    run.committed(batch);
    this.#options.onBatch?.({ model, version, events, milliseconds: performance.now() - started });
    if (run.progress.error !== null) await this.#stop(run, run.progress.error);
  }

  /** Writes the error of a stopped build to the register. */
  async #stop(run: Run, error: string): Promise<void> {
    const { views, leases, onStop } = this.#options;
    const lease = await leases.ensure(run.leaseName);
    await views.commit([run.commit({ changes: [], deadLetterChanges: [] }, run.position, { error }, lease)]);
    onStop?.(run.name, error);
  }
}
