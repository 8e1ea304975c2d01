/**
 * Keeps the leases of a process: acquires free ones, renews them before they expire, and releases them at the end. Leases of a process that died on
 * this machine are released at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { LeaseLost } from './errors.js';
import { isMember, memberOf } from './members.js';
import type { HeldLease, Lease, LeaseStore } from './port.js';
import { isDead } from './holders.js';

/** How long a lease lasts, in milliseconds, and so how long others wait for a holder that died on another machine. */
const LASTS_MS = 5_000;
const EVERY_MS = LASTS_MS / 4;

export interface LeaseKeeperOptions {
  readonly store: LeaseStore;
  /** Called before each renewal: a partitioned build has more leases. */
  readonly names: () => readonly string[];
  /** See `newHolder`. */
  readonly holder: string;
  /** Whether to acquire only a fair share of the leases, where several processes want them. */
  readonly spread?: boolean;
  /** Called before each renewal. If the work under the leases is not healthy, they are left to other processes for a while. */
  readonly healthy?: () => boolean;
  readonly onChange: () => void;
  /** Called when the store can't be reached; the leases expire unless it recovers in time. */
  readonly onRetry?: (failure: unknown) => void;
}

export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  #leases = new Map<string, Lease>();
  #until = 0;
  /** Until when the leases are left to others. */
  #awayUntil = 0;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  /** The lease of this name, while it is held. */
  lease(name: string): Lease | undefined {
    return performance.now() < this.#until ? this.#leases.get(name) : undefined;
  }

  /** The lease of this name; renewed if it has expired. @throws LeaseLost when another holder has it */
  async ensure(name: string): Promise<Lease> {
    if (!this.lease(name)) await this.renew();
    const lease = this.lease(name);
    if (!lease) throw new LeaseLost(name);
    return lease;
  }

  /** Renews the leases until the signal aborts. The caller then finishes its work under them, and calls `end`. */
  async keepRenewing(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const work = this.#options.healthy?.() === false ? this.#leave() : this.renew();
      await work.catch((failure: unknown) => this.#options.onRetry?.(failure));
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Releases the leases; if the store can't be reached, they expire. */
  async end(): Promise<void> {
    await this.release().catch((failure: unknown) => this.#options.onRetry?.(failure));
  }

  /** Acquires and renews leases now. */
  async renew(): Promise<void> {
    if (performance.now() < this.#awayUntil) return;
    const { store, holder, onChange } = this.#options;
    const names = this.#options.names();
    const held = await store.held();
    const dead = held.filter((lease) => lease.holder !== holder && isDead(lease.holder));
    if (dead.length > 0) await store.release(dead);
    const wanted = this.#options.spread ? this.#fairShare(held, names) : names;
    const surplus = [...this.#leases.values()].filter(({ name }) => !wanted.includes(name));
    if (surplus.length > 0) await store.release(surplus);
    const started = performance.now();
    const taken = await store.acquire(wanted, holder, LASTS_MS);
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
    if (leases.length > 0) await this.#options.store.release(leases);
  }

  /** Releases all leases, long enough for others to acquire them. */
  async #leave(): Promise<void> {
    this.#awayUntil = performance.now() + LASTS_MS;
    if (this.#leases.size > 0) this.#options.onChange();
    await this.release();
  }

  /**
   * The leases to ask for: an equal share for each member, plus the lease that makes this holder a member. A holder with more than its share
   * releases the last ones.
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
