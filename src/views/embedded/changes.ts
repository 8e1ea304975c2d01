/** Notices changes of the file: at once within the process, by polling every 100 ms for other processes' commits. */
import { asError } from '../../kernel/as-error.js';
import type { Position } from '../../kernel/event.js';
import { PositionTimeout, ViewsUnavailable } from '../port/query-errors.js';
import { channelOf } from './file.js';

const POLL_EVERY_MS = 100;

export class Changes {
  readonly #channel: ReturnType<typeof channelOf>;
  readonly #versionNow: () => number | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #waiters = new Set<(error: Error) => void>();
  #timer: NodeJS.Timeout | undefined;
  #seen: number | undefined;

  /**
   * @param versionNow a number that changes with each commit of another connection to the file; undefined while it can't be read. Called only
   *   while there are listeners or waiters.
   */
  constructor(file: string, versionNow: () => number | undefined) {
    this.#versionNow = versionNow;
    this.#channel = channelOf(file);
    this.#channel.onmessage = () => {
      if (this.#listeners.size > 0) this.#seen = this.#versionNow();
      this.#tell();
    };
  }

  /** Calls back after every change. @returns a function that stops it */
  listen(listener: () => void): () => void {
    // The same function may be registered twice.
    const own = () => listener();
    this.#listeners.add(own);
    if (this.#timer === undefined) {
      this.#seen = this.#versionNow();
      this.#timer = setInterval(() => this.#look(), POLL_EVERY_MS).unref();
    }
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size === 0) this.#rest();
    };
  }

  /** Resolves once `positionNow()` is at least `position`. @throws PositionTimeout after `timeoutMs`, and whatever `positionNow` throws. */
  reached(model: string, position: Position, timeoutMs: number, positionNow: () => Position): Promise<void> {
    return new Promise((resolve, reject) => {
      if (positionNow() >= position) {
        resolve();
        return;
      }
      const settle = (end: () => void) => {
        clearTimeout(timeout);
        stop();
        this.#waiters.delete(giveUp);
        end();
      };
      const giveUp = (error: Error) => settle(() => reject(error));
      const look = (last: boolean) => {
        try {
          const now = positionNow();
          if (now >= position) settle(resolve);
          else if (last) giveUp(new PositionTimeout(model, position, now));
        } catch (error) {
          giveUp(asError(error));
        }
      };
      const timeout = setTimeout(() => look(true), timeoutMs);
      const stop = this.listen(() => look(false));
      this.#waiters.add(giveUp);
    });
  }

  close(): void {
    this.#channel.close();
    this.#rest();
    this.#listeners.clear();
    for (const giveUp of [...this.#waiters]) {
      giveUp(new ViewsUnavailable('The file of read models was closed while a query waited for it.'));
    }
  }

  #look(): void {
    const now = this.#versionNow();
    if (now !== undefined && now === this.#seen) return;
    this.#seen = now;
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
