/**
 * The leases under which a process projects: taken when they are free, taken again before they run out, given back at the end.
 * A holder that died on this machine is told by its process id, so that what it held is free at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { LeaseLost } from '../views/errors.js';
import { isMember, memberOf } from '../views/members.js';
import type { HeldLease, Lease, LeaseStore } from '../views/port.js';
import { isDead } from './holders.js';

/** How long a lease lasts, in milliseconds: what a dead holder on another machine keeps others waiting for, at most. */
const LASTS_MS = 5_000;
const EVERY_MS = LASTS_MS / 4;

export interface LeaseKeeperOptions {
  readonly store: LeaseStore;
  /** Asked each time: there may be more while a build is divided. */
  readonly names: () => readonly string[];
  /** See `newHolder`. */
  readonly holder: string;
  /** Takes a fair part of the leases where several processes want them; all that are free otherwise. */
  readonly spread?: boolean;
  /** Whether the work under the leases gets anywhere, asked before they are taken again: if not, they are left to others for a while. */
  readonly healthy?: () => boolean;
  readonly onChange: () => void;
  /** Told of a store that can't be reached; what is held runs out unless it is back in time. */
  readonly onRetry?: (failure: unknown) => void;
}

export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  #leases = new Map<string, Lease>();
  #until = 0;
  /** Until when they are left to others. */
  #awayUntil = 0;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  /** The lease of this name while it is held. */
  lease(name: string): Lease | undefined {
    return performance.now() < this.#until ? this.#leases.get(name) : undefined;
  }

  /** The lease of this name; taken again where this thread worked for longer than it lasts, if nobody else has it. @throws LeaseLost */
  async hold(name: string): Promise<Lease> {
    if (!this.lease(name)) await this.renew();
    const lease = this.lease(name);
    if (!lease) throw new LeaseLost(name);
    return lease;
  }

  /** Keeps the leases until the signal aborts. Whoever still works under them then ends that first, and calls `end`. */
  async keep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const work = this.#options.healthy?.() === false ? this.#leave() : this.renew();
      await work.catch((failure: unknown) => this.#options.onRetry?.(failure));
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Gives the leases back; where the store can't be reached they run out. */
  async end(): Promise<void> {
    await this.release().catch((failure: unknown) => this.#options.onRetry?.(failure));
  }

  /** Takes what can be taken, now. */
  async renew(): Promise<void> {
    if (performance.now() < this.#awayUntil) return;
    const { store, holder, onChange } = this.#options;
    const names = this.#options.names();
    const held = await store.held();
    const dead = held.filter((lease) => lease.holder !== holder && isDead(lease.holder));
    if (dead.length > 0) await store.giveBack(dead);
    const wanted = this.#options.spread ? this.#fairShare(held, names) : names;
    const surplus = [...this.#leases.values()].filter(({ name }) => !wanted.includes(name));
    if (surplus.length > 0) await store.giveBack(surplus);
    const started = performance.now();
    const taken = await store.take(wanted, holder, LASTS_MS);
    const before = this.#leases;
    const expired = performance.now() >= this.#until;
    this.#leases = new Map(taken.map((lease) => [lease.name, lease]));
    this.#until = started + LASTS_MS;
    const same = before.size === this.#leases.size && [...this.#leases].every(([name, { token }]) => before.get(name)?.token === token);
    if (!same || expired) onChange();
  }

  async release(): Promise<void> {
    const leases = [...this.#leases.values()];
    this.#leases.clear();
    this.#until = 0;
    if (leases.length > 0) await this.#options.store.giveBack(leases);
  }

  /** Gives all back, for long enough that others have seen it and taken them before they are taken again. */
  async #leave(): Promise<void> {
    this.#awayUntil = performance.now() + LASTS_MS;
    if (this.#leases.size > 0) this.#options.onChange();
    await this.release();
  }

  /**
   * The leases to ask for: as many as each of the holders that are there may have. A holder is known by a lease of its own, besides those
   * of the read models; one that has more than its part gives the last ones back.
   */
  #fairShare(held: readonly HeldLease[], names: readonly string[]): readonly string[] {
    const { holder } = this.#options;
    const member = memberOf(holder);
    const members = new Set([member, ...held.filter(isMember).map(({ name }) => name)]);
    const part = Math.ceil(names.length / members.size);
    const others = new Set(held.filter((lease) => lease.holder !== holder).map(({ name }) => name));
    const mine = names.filter((name) => this.#leases.has(name));
    const free = names.filter((name) => !others.has(name) && !this.#leases.has(name));
    return [member, ...[...mine, ...free].slice(0, part)];
  }
}
