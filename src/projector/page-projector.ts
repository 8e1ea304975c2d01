/** Projects pages of events for several builds at a time, and commits the outcome of a page for all of them together. */
import type { Position, RecordedEvent } from '../kernel/event.js';
import { DocumentRefused } from '../views/port/errors.js';
import { applyDecision } from './apply-decision.js';
import { concerns, decisionTypes, typesOf } from './decisions.js';
import { NotPartitionable } from './partitions.js';
import type { Health } from './health.js';
import type { LeaseKeeper } from '../leases/keeper.js';
import type { ProjectorOptions } from './options.js';
import type { UpcastEvent } from './upcast-event.js';
import type { Batch, Run } from './run.js';

export interface PageProjectorOptions extends Pick<ProjectorOptions, 'log' | 'views' | 'reader' | 'onBatch' | 'onStop'> {
  readonly leases: Pick<LeaseKeeper, 'ensure'>;
  readonly health: Pick<Health, 'succeeded'>;
  /** Brings an event to its current version. */
  readonly read: (event: RecordedEvent) => UpcastEvent;
  /** The end of the log when it was last read. */
  readonly head: () => Position;
}

export class PageProjector {
  readonly #options: PageProjectorOptions;

  constructor(options: PageProjectorOptions) {
    this.#options = options;
  }

  /** Projects one page for all builds that are behind, from the position of the last one. */
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

  /** Projects events, in order, up to a position. Operators' decisions are applied in their place. */
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
        if (concerns(decided.current, run)) await applyDecision(run, decided.current, this.#options);
      }
    }
    await this.#projectPart(runs, from === 0 ? page : page.slice(from), to);
  }

  async #projectPart(runs: readonly Run[], page: readonly UpcastEvent[], to: Position): Promise<void> {
    const batches: Batch[] = [];
    const started = performance.now();
    for (const run of runs) {
      if (run.progress.error === null && run.position < Math.min(to, run.until)) batches.push(await this.#fold(run, page, to));
    }
    if (batches.length > 0) await this.#commit(batches, page, to, started);
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
  async #commit(batches: readonly Batch[], page: readonly UpcastEvent[], to: Position, started: number): Promise<void> {
    for (let rest = batches; ;) {
      try {
        await this.#options.views.commit(rest.map(({ commit }) => commit));
      } catch (failure) {
        if (!(failure instanceof DocumentRefused)) throw failure;
        const refused = rest.find(({ run }) => run.name === failure.build && run.ownsKey(failure.key));
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

  /** Writes the error of a stopped build to the register. */
  async #stop(run: Run, error: string): Promise<void> {
    const { views, leases, onStop } = this.#options;
    const lease = await leases.ensure(run.leaseName);
    await views.commit([run.commit({ changes: [], deadLetterChanges: [] }, run.position, { error }, lease)]);
    onStop?.(run.name, error);
  }
}
