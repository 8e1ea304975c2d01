/** The log beyond a position, page by page: each is waited for beside other work, one at a time. */
import type { Position } from '../kernel/event.js';
import type { EventLog, Page } from '../log/port.js';

export interface TailOptions {
  /** Events per page. */
  readonly limit: number;
  readonly types: readonly string[];
  readonly signal: AbortSignal;
  /** Told when a page has arrived, when the tail has ended, and when it has failed. */
  readonly onNews: () => void;
}

export class Tail {
  readonly #ending = new AbortController();
  readonly #signal: AbortSignal;
  readonly #onNews: () => void;
  readonly #pages: AsyncIterator<Page>;
  #arrived: IteratorResult<Page> | undefined;
  #failed: { readonly failure: unknown } | undefined;
  #listening: Promise<void>;

  constructor(log: EventLog, after: Position, { limit, types, signal, onNews }: TailOptions) {
    this.#signal = signal;
    this.#onNews = onNews;
    signal.addEventListener('abort', this.#end, { once: true });
    this.#pages = log.tail(after, { limit, types, signal: this.#ending.signal })[Symbol.asyncIterator]();
    this.#listening = this.#listen();
  }

  /** The page that has arrived, or that there is none any more; undefined before. @throws what reading the log failed with */
  get arrived(): IteratorResult<Page> | undefined {
    if (this.#failed) throw this.#failed.failure;
    return this.#arrived;
  }

  /** The page has been taken: waits for the next one. */
  goOn(): void {
    this.#arrived = undefined;
    this.#listening = this.#listen();
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#end);
    this.#end();
    // Whatever the tail still says is read again by the next one.
    await this.#listening;
    await this.#pages.return?.();
  }

  readonly #end = (): void => this.#ending.abort();

  async #listen(): Promise<void> {
    try {
      this.#arrived = await this.#pages.next();
    } catch (failure) {
      this.#failed = { failure };
    }
    this.#onNews();
  }
}
