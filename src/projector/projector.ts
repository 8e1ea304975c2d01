/**
 * Carries events from the log to the builds of read models. Builds that keep up are projected together as events arrive; those that are
 * behind are brought up beside them, all in one pass over the log, in a bounded share of the time. What has caught up takes over.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { toCurrent, type Position } from '../kernel/event.js';
import { LeaseLost } from '../views/errors.js';
import { Bell } from './bell.js';
import { Completions } from './completions.js';
import { typesOf } from './decisions.js';
import { Health } from './health.js';
import { newHolder } from './holders.js';
import { LeaseKeeper } from './leases.js';
import type { ProjectorOptions } from './options.js';
import { PageProjector } from './page-projector.js';
import { promote } from './promote.js';
import { readable } from './readable.js';
import { Share } from './share.js';
import { Tail } from './tail.js';
import { isTaken } from './taken.js';
import { LOOK_EVERY_MS, Workload } from './workload.js';

export interface CatchUpOptions {
  /** How far; to the end of the log when absent. */
  readonly to?: Position;
  /** @param done where the last build stands */
  readonly onProgress?: (done: Position, target: Position) => void;
  readonly signal?: AbortSignal;
}

/** How long a session goes on until it is well though nothing happens, in milliseconds: what there is to do has arrived by then. */
const SETTLED_MS = 5_000;

export class Projector {
  readonly #options: ProjectorOptions;
  readonly #leases: LeaseKeeper;
  readonly #workload: Workload;
  readonly #pages: PageProjector;
  readonly #completions: Completions;
  readonly #share: Share;
  readonly #health = new Health();
  /** Rings when there is something to look at before the next look is due. */
  readonly #bell = new Bell();

  constructor(options: ProjectorOptions) {
    const { views, pageSize = 2_000, rebuildShare = 50 } = options;
    this.#options = options;
    this.#share = new Share({ percent: rebuildShare, pageSize });
    this.#completions = new Completions(views, () => {
      this.#workload.makeDue();
      this.#bell.ring();
    });
    this.#leases = new LeaseKeeper({
      store: views,
      names: () => this.#workload.leaseNames(),
      holder: options.holder ?? newHolder(),
      spread: options.spread ?? false,
      healthy: () => this.#health.mayGoOn(),
      onChange: () => this.#noteChange(),
      onRetry: (failure) => options.onRetry?.(failure),
    });
    this.#workload = new Workload({ ...options, leases: this.#leases, completions: this.#completions });
    this.#pages = new PageProjector({
      ...options,
      leases: this.#leases,
      health: this.#health,
      read: (event) => readable(event, (recorded) => toCurrent(recorded, options.definitions)),
      head: () => this.#workload.head,
    });
  }

  /** Projects until the signal aborts; failures of log or store are tried again, from the store's own checkpoints. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#leases.renew().catch((failure: unknown) => this.#options.onRetry?.(failure));
    const keeping = this.#leases.keep(signal);
    let pause = 50;
    while (!signal.aborted) {
      try {
        await this.#session(signal);
        pause = 50;
      } catch (failure) {
        if (signal.aborted) break;
        this.#workload.startOver();
        if (!isTaken(failure)) {
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
   * Projects what the log holds now, or up to a position, lets what has caught up take over, and returns where it stands.
   * @throws LeaseLost when another projector works.
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
        await this.#bell.heard(LOOK_EVERY_MS);
        signal?.throwIfAborted();
        await this.#leases.renew();
      }
      await this.#workload.reconcile();
      return target;
    } finally {
      await this.#leases.release();
    }
  }

  /** Projects with what the register and the leases are now; ends when either changes. */
  async #session(signal: AbortSignal): Promise<void> {
    const began = performance.now();
    await this.#workload.reconcile();
    this.#workload.changed = false;
    if (this.#workload.working().length === 0) {
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
      return;
    }
    let frontier = Math.max(...this.#workload.whole().map(({ position }) => position));
    if (frontier < 0) frontier = this.#workload.head;
    const { log, projections, pageSize: limit = 2_000 } = this.#options;
    const tail = new Tail(log, frontier, { limit, types: typesOf(projections), signal, onNews: () => this.#bell.ring() });
    try {
      await this.#promote();
      while (!signal.aborted && !this.#workload.changed) {
        const { arrived } = tail;
        if (arrived) {
          if (arrived.done) return;
          const page = arrived.value;
          await this.#pages.project(this.#workload.atLeast(frontier), page.events, page.position);
          frontier = page.position;
          if (this.#workload.whole().length > 0) this.#share.arrived(page.events.length);
          tail.goOn();
        } else {
          const behind = this.#workload.behind(frontier);
          const wait = behind.length > 0 ? this.#share.pause() : LOOK_EVERY_MS;
          if (wait > 0) await this.#bell.heard(wait);
          else {
            await this.#share.measure((size) => this.#pages.catchUp(behind, frontier, size));
            await nextTurn();
          }
        }
        if (this.#workload.isDue()) {
          // By the end of the log as it was last seen: under steady traffic nobody ever stands at the end as it is now.
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
   * @param frontier where the builds stand that follow the log: what is said to be ready stands with the live one from then on
   * @returns whether all that has caught up is fit to serve
   */
  #promote(frontier: Position = 0): Promise<boolean> {
    const { views, cutOver = true } = this.#options;
    return promote(this.#workload.atLeast(Math.max(this.#workload.head, frontier)), {
      views,
      cutOver,
      leases: this.#leases,
      completions: this.#completions,
      onTakeOver: () => this.#noteChange(),
    });
  }

  #noteChange(): void {
    this.#workload.changed = true;
  }
}
