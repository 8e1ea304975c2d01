/** Follows the log page by page, in the background of other work. */
import type { Position } from '../kernel/event.js';
import type { EventLog, Page } from '../log/port.js';

export interface TailOptions {
  /** Events per page. */
  readonly limit: number;
  readonly types: readonly string[];
  readonly signal: AbortSignal;
  /** Called when a page has arrived, when the tail has ended, and when it has failed. */
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

  /** The page that has arrived, or the end of the tail; undefined before that. @throws the failure of reading the log */
  get arrived(): IteratorResult<Page> | undefined {
    if (this.#failed) throw this.#failed.failure;
    return this.#arrived;
  }

  /** Requests the next page. */
  goOn(): void {
    this.#arrived = undefined;
    this.#listening = this.#listen();
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#end);
    this.#end();
    // A page that still arrives is read again by the next tail.
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
