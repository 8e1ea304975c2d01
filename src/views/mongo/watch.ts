/** Polls the register for changes by any process, once for all listeners and waiters. */
import { setTimeout as sleep } from 'node:timers/promises';
import { asError } from '../../kernel/as-error.js';
import type { Position } from '../../kernel/event.js';
import { PositionTimeout, ViewsUnavailable } from '../port/query-errors.js';
import type { RegisterRow } from './register.js';

/** How often the register is read while there are listeners, and while there are waiters, in milliseconds. */
const LISTENING_MS = 100;
const WAITING_MS = 25;

interface Waiter {
  readonly look: (rows: readonly RegisterRow[]) => void;
  readonly giveUp: (error: Error) => void;
}

export class Watch {
  readonly #read: () => Promise<readonly RegisterRow[]>;
  readonly #listeners = new Set<() => void>();
  readonly #waiters = new Set<Waiter>();
  #seen: string | undefined;
  #looking = false;
  #closed = false;

  constructor(read: () => Promise<readonly RegisterRow[]>) {
    this.#read = read;
  }

  /** Calls back after every change. @returns a function that stops it */
  listen(listener: () => void): () => void {
    // The same function may be registered twice.
    const own = () => listener();
    this.#listeners.add(own);
    void this.#look();
    return () => this.#listeners.delete(own);
  }

  /** Resolves once `positionIn` the register is at least `position`. @throws PositionTimeout after `timeoutMs`, ViewsUnavailable */
  async reached(
    model: string,
    position: Position,
    timeoutMs: number,
    positionIn: (rows: readonly RegisterRow[]) => Position,
  ): Promise<void> {
    const until = performance.now() + timeoutMs;
    if (positionIn(await this.#read()) >= position) return;
    if (this.#closed) throw closedNow();
    await new Promise<void>((resolve, reject) => {
      const settle = (end: () => void) => {
        this.#waiters.delete(waiter);
        end();
      };
      const waiter: Waiter = {
        look: (rows) => {
          try {
            const now = positionIn(rows);
            if (now >= position) settle(resolve);
            else if (performance.now() >= until) waiter.giveUp(new PositionTimeout(model, position, now));
          } catch (error) {
            waiter.giveUp(asError(error));
          }
        },
        giveUp: (error) => settle(() => reject(error)),
      };
      this.#waiters.add(waiter);
      void this.#look();
    });
  }

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    for (const waiter of [...this.#waiters]) waiter.giveUp(closedNow());
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    this.#seen = undefined;
    while (!this.#closed && this.#listeners.size + this.#waiters.size > 0) {
      try {
        this.#tell(await this.#read());
      } catch (error) {
        // Listeners are notified when the server is back; waiters fail now.
        for (const waiter of [...this.#waiters]) waiter.giveUp(asError(error));
      }
      await sleep(this.#waiters.size > 0 ? WAITING_MS : LISTENING_MS, undefined, { ref: false });
    }
    this.#looking = false;
  }

  #tell(rows: readonly RegisterRow[]): void {
    for (const waiter of [...this.#waiters]) waiter.look(rows);
    const now = JSON.stringify(rows.map(({ _id, builds }) => [_id, builds]));
    const changed = this.#seen !== now;
    this.#seen = now;
    // The first read counts as a change: there may have been one since the listener was registered.
    if (changed) for (const listener of [...this.#listeners]) listener();
  }
}

function closedNow(): ViewsUnavailable {
  return new ViewsUnavailable('The read models on MongoDB were closed while a query waited for them.');
}
