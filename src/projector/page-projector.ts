/** Makes documents of events, page by page, for several builds at a time, and commits what comes of a page for all of them together. */
import type { Position, RecordedEvent } from '../kernel/event.js';
import { DocumentRefused } from '../views/errors.js';
import { carryOut } from './carry-out.js';
import { concerns, decisionTypes, typesOf } from './decisions.js';
import { Indivisible } from './division.js';
import type { Health } from './health.js';
import type { LeaseKeeper } from './leases.js';
import type { ProjectorOptions } from './options.js';
import type { Readable } from './readable.js';
import type { Batch, Run } from './run.js';

export interface PageProjectorOptions extends Pick<ProjectorOptions, 'log' | 'views' | 'reader' | 'onBatch' | 'onStop'> {
  readonly leases: Pick<LeaseKeeper, 'hold'>;
  readonly health: Pick<Health, 'succeeded'>;
  /** The event in its current shape. */
  readonly read: (event: RecordedEvent) => Readable;
  /** The end of the log when it was last looked at. */
  readonly head: () => Position;
}

export class PageProjector {
  readonly #options: PageProjectorOptions;

  constructor(options: PageProjectorOptions) {
    this.#options = options;
  }

  /** One page for all that are behind, from where the last of them is. */
  async catchUp(behind: readonly Run[], target: Position, size: number): Promise<void> {
    const from = Math.min(...behind.map(({ position }) => position));
    const types = typesOf(behind.map(({ projection }) => projection));
    const page = await this.#options.log.readAll(from, size, types);
    const to = Math.min(page.position, target);
    await this.project(
      behind.filter(({ position }) => position < to),
      page.events.filter(({ position }) => position <= to),
      to,
    );
  }

  /** Projects events, in order, up to a position. Decisions of operators are carried out at their place. */
  async project(runs: readonly Run[], events: readonly RecordedEvent[], to: Position): Promise<void> {
    const page = events.map(this.#options.read);
    const decisions: number[] = [];
    for (const [index, { type }] of events.entries()) if (decisionTypes.includes(type)) decisions.push(index);
    let from = 0;
    for (const index of decisions) {
      const decided = page[index];
      if (!decided || 'failure' in decided) continue;
      const before = page[index - 1]?.event.position;
      if (before !== undefined) await this.#projectPart(runs, page.slice(from, index), before);
      from = index + 1;
      for (const run of runs) {
        const { position } = decided.event;
        if (run.progress.error !== null || run.position >= position || run.until < position) continue;
        if (concerns(decided.current, run)) await carryOut(run, decided.current, this.#options);
      }
    }
    await this.#projectPart(runs, from === 0 ? page : page.slice(from), to);
  }

  async #projectPart(runs: readonly Run[], page: readonly Readable[], to: Position): Promise<void> {
    const batches: Batch[] = [];
    const started = performance.now();
    for (const run of runs) {
      if (run.progress.error === null && run.position < Math.min(to, run.until)) batches.push(await this.#fold(run, page, to));
    }
    if (batches.length > 0) await this.#commit(batches, page, to, started);
  }

  async #fold(run: Run, page: readonly Readable[], to: Position): Promise<Batch> {
    const { views, leases, head } = this.#options;
    const lease = await leases.hold(run.leaseName);
    try {
      return await run.fold(page, Math.min(to, run.until), head(), lease);
    } catch (failure) {
      if (failure instanceof Indivisible) await views.reset(run.build, lease);
      throw failure;
    }
  }

  /** Commits all together. What the store can't take is folded again with that event parked. */
  async #commit(batches: readonly Batch[], page: readonly Readable[], to: Position, started: number): Promise<void> {
    for (let rest = batches; ;) {
      try {
        await this.#options.views.commit(rest.map(({ commit }) => commit));
      } catch (failure) {
        if (!(failure instanceof DocumentRefused)) throw failure;
        const refused = rest.find(({ run }) => run.name === failure.build && run.isMine(failure.key));
        if (!refused) throw failure;
        refused.run.refuse(failure);
        const again = await this.#fold(refused.run, page, to);
        rest = rest.map((batch) => (batch === refused ? again : batch));
        continue;
      }
      this.#options.health.succeeded();
      for (const batch of rest) await this.#committed(batch, started);
      return;
    }
  }

  async #committed(batch: Batch, started: number): Promise<void> {
    const { run, commit } = batch;
    const { name: model, version } = run.build.model;
    const events = commit.progress.events - run.progress.events;
    run.committed(batch);
    this.#options.onBatch?.({ model, version, events, milliseconds: performance.now() - started });
    if (run.progress.error !== null) await this.#stop(run, run.progress.error);
  }

  /** Says in the register why a build does not go on. */
  async #stop(run: Run, error: string): Promise<void> {
    const { views, leases, onStop } = this.#options;
    const lease = await leases.hold(run.leaseName);
    await views.commit([run.commit({ changes: [], parking: [] }, run.position, { error }, lease)]);
    onStop?.(run.name, error);
  }
}
