/** Unwrapped keys in memory, as many as are allowed, and for a moment the ids of those that are not in the store. */
import { performance } from 'node:perf_hooks';

/** How long an id is known to be missing, in milliseconds: a key that is put back into the store is found after that. */
const MISSING_MS = 5_000;

export class KeyCache {
  /** In the order of their last use. */
  readonly #keys = new Map<string, Buffer>();
  /** Until when each id is known to be missing, by `performance.now()`, in that order. */
  readonly #missing = new Map<string, number>();
  readonly #limit: number;

  /** @param limit of keys, and of ids that are known to be missing */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(k: string): Buffer | undefined {
    const key = this.#keys.get(k);
    if (key) {
      this.#keys.delete(k);
      this.#keys.set(k, key);
    }
    return key;
  }

  isMissing(k: string): boolean {
    const until = this.#missing.get(k);
    if (until === undefined) return false;
    if (performance.now() < until) return true;
    this.#missing.delete(k);
    return false;
  }

  add(k: string, key: Buffer): void {
    this.#missing.delete(k);
    this.#keys.delete(k);
    this.#keys.set(k, key);
    this.#trim(this.#keys);
  }

  /** Forgets a key, and knows that it is not in the store. */
  miss(k: string): void {
    this.#keys.delete(k);
    this.#missing.delete(k);
    this.#missing.set(k, performance.now() + MISSING_MS);
    this.#trim(this.#missing);
  }

  #trim(map: Map<string, unknown>): void {
    const [oldest] = map.keys();
    if (oldest !== undefined && map.size > this.#limit) map.delete(oldest);
  }
}
