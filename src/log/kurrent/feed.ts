/**
 * Pulls the messages of a subscription in the order in which the server sent them. The client delivers events through a buffer and
 * everything else at once, so each of the others first drains the buffer.
 */
import type { AllStreamSubscription, Position, StreamSubscription } from '@kurrent/kurrentdb-client';
import { NoAnswer } from './failure.js';
import type { Stored } from './record.js';

export type Message =
  | { readonly kind: 'event'; readonly event: Stored }
  | { readonly kind: 'checkpoint'; readonly position: Position }
  /** All existing events have been returned; what follows is new. Requires server 23.10 or later. */
  | { readonly kind: 'caughtUp' };

type Subscription = AllStreamSubscription | StreamSubscription;

/** The result of `Readable.read`, which the client does not type. */
type ReadResult = { readonly event?: Stored } | null;

export class Feed {
  readonly #queue: Message[] = [];
  readonly #subscription: Subscription;
  #failure: Error | undefined;
  #wake = (): void => undefined;

  /** @param open starts the subscription, which calls the given function at each checkpoint */
  constructor(open: (checkpointReached: (position: Position) => void) => Subscription) {
    this.#subscription = open((position) => this.#put({ kind: 'checkpoint', position }));
    this.#subscription.on('caughtUp', () => this.#put({ kind: 'caughtUp' }));
    this.#subscription.on('readable', () => this.#wake());
    this.#subscription.on('error', (error: Error) => this.#fail(error));
    this.#subscription.on('end', () => this.#fail(new Error('the server ended the subscription')));
  }

  /** The next message, if it has arrived. */
  takeNow(): Message | undefined {
    const queued = this.#queue.shift();
    if (queued) return queued;
    const event = this.#takeEvent();
    // Reading from a full buffer makes the client deliver what follows: what was queued by that comes first.
    const before = this.#queue.shift();
    if (before && event) this.#queue.push(event);
    return before ?? event;
  }

  /**
   * The next message, as soon as it arrives; undefined when the signal aborts.
   * @param ms how long the server may be silent, in milliseconds. Unlimited by default.
   * @throws NoAnswer, and the subscription's own errors
   */
  async next(signal: AbortSignal, ms?: number): Promise<Message | undefined> {
    let late = false;
    const timer =
      ms === undefined
        ? undefined
        : setTimeout(() => {
            late = true;
            this.#wake();
          }, ms);
    const aborted = () => this.#wake();
    signal.addEventListener('abort', aborted);
    try {
      for (;;) {
        if (signal.aborted) return undefined;
        const message = this.takeNow();
        if (message) return message;
        if (this.#failure) throw this.#failure;
        if (late && ms !== undefined) throw new NoAnswer(ms);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
    }
  }

  /** Ends the subscription. */
  close(): void {
    // It fails when the subscription never started.
    this.#subscription.unsubscribe().catch(() => undefined);
    this.#subscription.removeAllListeners('readable').resume();
  }

  #takeEvent(): Message | undefined {
    for (;;) {
      const result = this.#subscription.read() as ReadResult;
      if (!result) return undefined;
      if (result.event) return { kind: 'event', event: result.event };
    }
  }

  #put(message: Message): void {
    for (let event = this.#takeEvent(); event; event = this.#takeEvent()) this.#queue.push(event);
    this.#queue.push(message);
    this.#wake();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }
}
