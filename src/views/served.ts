/** Which build of each read model answers in this program: known at once, and again after every change of the register. */
import type { ReadModelSpec } from '../kernel/read-model.js';
import { isBegun, servedBuild, servedModel, type BuildRecord, type Served } from './builds.js';
import type { ViewReader } from './port.js';

/** Builds that tail tell of every commit: the register is read for many of them at once, this often, in milliseconds. */
const EVERY_MS = 50;
/** The pause before a register that could not be read is read again, in milliseconds: there may be no other change for long. */
const AGAIN_MS = 1_000;

export class ServedViews {
  readonly #reader: ViewReader;
  readonly #versions = new Map<string, ReadModelSpec[]>();
  readonly #listeners = new Set<() => void>();
  #records: readonly BuildRecord[] = [];
  #due: NodeJS.Timeout | undefined;
  /** Whether something changed since the register was asked for. */
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
      this.#due ??= this.#lookIn(EVERY_MS);
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

  /** The same; until there is one, it is waited for, for so long at most. */
  async there(model: ReadModelSpec, timeoutMs: number): Promise<Served> {
    const found = this.build(model);
    if (isBegun(found)) return found;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(late);
        unwatch();
        resolve(this.build(model));
      };
      const late = setTimeout(done, timeoutMs);
      const unwatch = this.onChange(() => isBegun(this.build(model)) && done());
    });
  }

  /** Calls back after the register was read. @returns how to stop that */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #lookIn(ms: number): NodeJS.Timeout {
    return setTimeout(() => void this.#look(), ms).unref();
  }

  /** What changes while it reads is read again: it may have asked before, and nothing may change for long. */
  async #look(): Promise<void> {
    this.#stale = false;
    let pause = EVERY_MS;
    try {
      this.#records = await this.#reader.builds();
      for (const listener of this.#listeners) listener();
    } catch {
      // Queries say by themselves that the store is away.
      this.#stale = true;
      pause = AGAIN_MS;
    }
    this.#due = this.#stale && !this.#stopped ? this.#lookIn(pause) : undefined;
  }
}
