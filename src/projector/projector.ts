/**
 * Projects events from the log to the builds of read models. Builds at the end of the log are projected together as events arrive. Builds that are
 * behind catch up beside them, in one pass over the log and in a bounded share of the time; then they become live.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { domain } from '../domain.js';
import { toCurrent, type Position } from '../kernel/event.js';
import { LeaseLost } from '../leases/errors.js';
import { withoutSealed } from '../sealing/opened-event.js';
import { WakeSignal } from './wake-signal.js';
import { Finalizations } from './finalization.js';
import { typesOf } from './decisions.js';
import { Health } from './health.js';
import { newHolder } from '../leases/holders.js';
import { LeaseKeeper } from '../leases/keeper.js';
import type { ProjectorOptions } from './options.js';
import { PageProjector } from './page-projector.js';
import { promote } from './promote.js';
import { upcastEvent } from './upcast-event.js';
import { RebuildThrottle } from './rebuild-throttle.js';
import { Tail } from './tail.js';
import { isPreempted } from './preemption.js';
import { CHECK_EVERY_MS, Workload } from './workload.js';

export interface CatchUpOptions {
  /** The position to catch up to; defaults to the end of the log. */
  readonly to?: Position;
  /** @param done the position of the slowest build */
  readonly onProgress?: (done: Position, target: Position) => void;
  readonly signal?: AbortSignal;
}

/** How long a session must last to count as a success, even if no events arrive, in milliseconds. */
const SETTLED_MS = 5_000;

export class Projector {
  readonly #options: ProjectorOptions;
  readonly #leases: LeaseKeeper;
  readonly #workload: Workload;
  readonly #pages: PageProjector;
  readonly #finalizations: Finalizations;
  readonly #throttle: RebuildThrottle;
  readonly #health = new Health();
  /** Notified when events or results arrive before the next check is due. */
  readonly #signal = new WakeSignal();

  constructor(options: ProjectorOptions) {
    const { views, pageSize = 2_000, rebuildShare = 50, definitions = domain.definitions, erasing = domain.erasing } = options;
    this.#options = options;
    this.#throttle = new RebuildThrottle({ percent: rebuildShare, pageSize });
    this.#finalizations = new Finalizations(views, () => {
      this.#workload.makeDue();
      this.#signal.notify();
    });
    this.#leases = new LeaseKeeper({
      store: views.leases,
      names: () => this.#workload.leaseNames(),
      holder: options.holder ?? newHolder(),
      spread: options.spread ?? false,
      healthy: () => this.#health.isHealthy(),
      onChange: () => this.#noteChange(),
      onRetry: (failure) => options.onRetry?.(failure),
    });
    this.#workload = new Workload({ ...options, leases: this.#leases, finalizations: this.#finalizations });
    this.#pages = new PageProjector({
      ...options,
      leases: this.#leases,
      health: this.#health,
      erasing,
      read: (event, { readsSealed }) =>
        upcastEvent(readsSealed ? event : withoutSealed(event, definitions), (read) => toCurrent(read, definitions)),
      head: () => this.#workload.head,
    });
  }

  /** Projects until the signal aborts. Failures of log or store are retried from the stored checkpoints. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#leases.renew().catch((failure: unknown) => this.#options.onRetry?.(failure));
    const keeping = this.#leases.keepRenewing(signal);
    let pause = 50;
    while (!signal.aborted) {
      try {
        await this.#session(signal);
        pause = 50;
      } catch (failure) {
        if (signal.aborted) break;
        this.#workload.clear();
        if (!isPreempted(failure)) {
          this.#health.failed();
          this.#options.onRetry?.(failure);
        }
        await sleep(pause, undefined, { signal }).catch(() => undefined);
        pause = Math.min(pause * 2, 5_000);
      }
    }
    await keeping;
    await this.#leases.end();
  }

  /**
   * Projects up to the end of the log or to a position, and cuts over to builds that have caught up.
   * @returns the position
   * @throws LeaseLost when another projector is working.
   */
  async catchUp({ to, onProgress, signal }: CatchUpOptions = {}): Promise<Position> {
    await this.#leases.renew();
    try {
      await this.#workload.reconcile();
      for (const { model } of this.#options.projections) if (!this.#leases.lease(model.name)) throw new LeaseLost(model.name);
      const target = Math.min(to ?? this.#workload.head, this.#workload.head);
      for (let behind = this.#workload.behind(target); behind.length > 0; behind = this.#workload.behind(target)) {
        signal?.throwIfAborted();
        await this.#pages.catchUp(behind, target, this.#options.pageSize ?? 2_000);
        onProgress?.(Math.min(...behind.map(({ position }) => position)), target);
        if (this.#workload.isDue()) {
          await this.#leases.renew();
          await nextTurn();
          this.#workload.putOff();
        }
      }
      while (!(await this.#promote())) {
        await this.#signal.wait(CHECK_EVERY_MS);
        signal?.throwIfAborted();
        await this.#leases.renew();
      }
      await this.#workload.reconcile();
      return target;
    } finally {
      await this.#leases.release();
    }
  }

  /** Projects the current work until the register or the leases change. */
  async #session(signal: AbortSignal): Promise<void> {
    const began = performance.now();
    await this.#workload.reconcile();
    this.#workload.changed = false;
    if (this.#workload.working().length === 0) {
      await sleep(CHECK_EVERY_MS, undefined, { signal }).catch(() => undefined);
      return;
    }
    let frontier = Math.max(...this.#workload.whole().map(({ position }) => position));
    if (frontier < 0) frontier = this.#workload.head;
    const { log, projections, erasing = domain.erasing, pageSize: limit = 2_000 } = this.#options;
    const tail = new Tail(log, frontier, { limit, types: typesOf(projections, erasing), signal, onNews: () => this.#signal.notify() });
    try {
      await this.#promote();
      while (!signal.aborted && !this.#workload.changed) {
        const { arrived } = tail;
        if (arrived) {
          if (arrived.done) return;
          const page = arrived.value;
          await this.#pages.project(this.#workload.atLeast(frontier), page.events, page.position);
          frontier = page.position;
          if (this.#workload.whole().length > 0) this.#throttle.noteEvents(page.events.length);
          tail.goOn();
        } else {
          const behind = this.#workload.behind(frontier);
          const wait = behind.length > 0 ? this.#throttle.pauseMs() : CHECK_EVERY_MS;
          if (wait > 0) await this.#signal.wait(wait);
          else {
            await this.#throttle.run((size) => this.#pages.catchUp(behind, frontier, size));
            await nextTurn();
          }
        }
        if (this.#workload.isDue()) {
          // Compared with the end of the log as it was last read: under steady traffic no build is ever at the current end.
          await this.#promote(frontier);
          await this.#workload.reconcile();
          if (performance.now() - began > SETTLED_MS) this.#health.succeeded();
        }
      }
    } finally {
      await tail.close();
    }
  }

  /**
   * @param frontier the position of the builds that follow the log
   * @returns whether all builds that have caught up are finalized
   */
  #promote(frontier: Position = 0): Promise<boolean> {
    const { views, cutOver = true } = this.#options;
    return promote(this.#workload.atLeast(Math.max(this.#workload.head, frontier)), {
      views,
      cutOver,
      leases: this.#leases,
      finalizations: this.#finalizations,
      onCutOver: () => this.#noteChange(),
    });
  }

  #noteChange(): void {
    this.#workload.changed = true;
  }
}
