/** How a waiting reader learns that the log has grown: at once within the process, from any thread of it; by looking now and then otherwise. */
import { realpathSync } from 'node:fs';
import { BroadcastChannel } from 'node:worker_threads';
import { asError } from '../../kernel/as-error.js';

/** How often to look for what other processes have appended, in milliseconds. */
const LOOK_EVERY_MS = 100;

export class News {
  readonly #waiting = new Set<() => void>();
  readonly #channel: BroadcastChannel & { unref?: () => void };
  #closed = false;

  /** @param file the log's file, which is there: all threads of the process that have it open hear of each other's appends */
  constructor(file: string) {
    this.#channel = new BroadcastChannel(`daybook event log ${realpathSync(file)}`);
    this.#channel.onmessage = () => this.#wake();
    this.#channel.unref?.();
  }

  /** Tells every reader of this process that there is something to read. */
  announce(): void {
    this.#channel.postMessage(null);
    this.#wake();
  }

  /**
   * Resolves when `grown` returns true (called at once and then repeatedly), the signal aborts, or the log is closed. Keeps the process alive meanwhile.
   * @throws what `grown` throws
   */
  wait(grown: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearInterval(timer);
        this.#waiting.delete(look);
        signal.removeEventListener('abort', look);
      };
      const look = () => {
        try {
          if (!signal.aborted && !this.#closed && !grown()) return;
          stop();
          resolve();
        } catch (error) {
          stop();
          reject(asError(error));
        }
      };
      const timer = setInterval(look, LOOK_EVERY_MS);
      this.#waiting.add(look);
      signal.addEventListener('abort', look);
      look();
    });
  }

  /** Ends all waiting. */
  close(): void {
    this.#closed = true;
    this.#channel.close();
    this.#wake();
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }
}
