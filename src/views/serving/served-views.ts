/** Which build of each read model answers in this program: cached, and updated after every change of the register. */
import type { ReadModelSpec } from '../../kernel/read-model.js';
import { hasBuild } from '../port/build-identity.js';
import { servedBuild, servedModel } from './versions.js';
import type { BuildRecord, Served } from '../port/builds.js';
import type { ViewReader } from '../port/store.js';

/** The shortest time between two reads of the register, in milliseconds: there may be a change with every commit. */
const READ_EVERY_MS = 50;
/** The pause before a failed read is retried, in milliseconds. */
const RETRY_MS = 1_000;

export class ServedViews {
  readonly #reader: ViewReader;
  readonly #versions = new Map<string, ReadModelSpec[]>();
  readonly #listeners = new Set<() => void>();
  #records: readonly BuildRecord[] = [];
  #due: NodeJS.Timeout | undefined;
  /** Whether there was a change since the last read began. */
  #stale = false;
  #stopped = false;
  #unwatch: (() => void) | undefined;

  /** @param models every version of every read model that this program has */
  constructor(reader: ViewReader, models: readonly ReadModelSpec[]) {
    this.#reader = reader;
    for (const model of models) {
      const versions = this.#versions.get(model.name) ?? [];
      versions.push(model);
      this.#versions.set(model.name, versions);
    }
  }

  /** @throws ViewsUnavailable */
  async start(): Promise<void> {
    this.#records = await this.#reader.builds();
    this.#unwatch = this.#reader.onChange(() => {
      this.#stale = true;
      this.#due ??= this.#readIn(READ_EVERY_MS);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#unwatch?.();
    clearTimeout(this.#due);
    this.#listeners.clear();
  }

  /** The register as it was last read. */
  get records(): readonly BuildRecord[] {
    return this.#records;
  }

  /** The version of each read model that answers here. */
  models(): readonly ReadModelSpec[] {
    return [...this.#versions.values()].map((versions) => servedModel(this.#records, versions));
  }

  /** The build of exactly this version that answers. */
  build(model: ReadModelSpec): Served {
    return servedBuild(this.#records, model);
  }

  /** The same, but waits up to `timeoutMs` milliseconds for a build if there is none. */
  async waitForBuild(model: ReadModelSpec, timeoutMs: number): Promise<Served> {
    const found = this.build(model);
    if (hasBuild(found)) return found;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(late);
        unwatch();
        resolve(this.build(model));
      };
      const late = setTimeout(done, timeoutMs);
      const unwatch = this.onChange(() => hasBuild(this.build(model)) && done());
    });
  }

  /** Calls back after the register was read. @returns a function that stops it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #readIn(ms: number): NodeJS.Timeout {
    return setTimeout(() => void this.#read(), ms).unref();
  }

  /** Reads again after a change during the read: the result may be from before it. */
  async #read(): Promise<void> {
    this.#stale = false;
    let pause = READ_EVERY_MS;
    try {
      this.#records = await this.#reader.builds();
      for (const listener of this.#listeners) listener();
    } catch {
      // Queries report that the store is unavailable.
      this.#stale = true;
      pause = RETRY_MS;
    }
    this.#due = this.#stale && !this.#stopped ? this.#readIn(pause) : undefined;
  }
}
