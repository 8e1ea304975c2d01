/**
 * A subscription as messages to be pulled in the order that the server sent them. The client hands over events through a buffer and
 * everything else at once, so each of the others first takes what the buffer holds.
 */
import type { AllStreamSubscription, Position, StreamSubscription } from '@kurrent/kurrentdb-client';
import { NoAnswer } from './failure.js';
import type { Stored } from './record.js';

export type Message =
  | { readonly kind: 'event'; readonly event: Stored }
  | { readonly kind: 'checkpoint'; readonly position: Position }
  /** All that was there has been given; what follows is new. Needs a server of 23.10 or later. */
  | { readonly kind: 'caughtUp' };

type Subscription = AllStreamSubscription | StreamSubscription;

/** What `Readable.read` gives, which the client's types leave open. */
type Given = { readonly event?: Stored } | null;

export class Feed {
  private readonly queue: Message[] = [];
  private readonly subscription: Subscription;
  private failure: Error | undefined;
  private wake = (): void => undefined;

  /** @param open makes the subscription, which calls the given function at each checkpoint */
  constructor(open: (checkpointReached: (position: Position) => void) => Subscription) {
    this.subscription = open((position) => this.put({ kind: 'checkpoint', position }));
    this.subscription.on('caughtUp', () => this.put({ kind: 'caughtUp' }));
    this.subscription.on('readable', () => this.wake());
    this.subscription.on('error', (error: Error) => this.fail(error));
    this.subscription.on('end', () => this.fail(new Error('the server ended the subscription')));
  }

  /** The next message, if it has arrived. */
  takeNow(): Message | undefined {
    const queued = this.queue.shift();
    if (queued) return queued;
    const event = this.takeEvent();
    // Taking one from a full buffer makes room, and the client hands over what is next meanwhile: what was queued then comes before it.
    const before = this.queue.shift();
    if (before && event) this.queue.push(event);
    return before ?? event;
  }

  /**
   * The next message, as soon as it arrives; undefined when the signal aborts.
   * @param ms how long the server may say nothing; for ever unless given
   * @throws NoAnswer, and whatever the subscription fails with.
   */
  async next(signal: AbortSignal, ms?: number): Promise<Message | undefined> {
    let late = false;
    const timer =
      ms === undefined
        ? undefined
        : setTimeout(() => {
            late = true;
            this.wake();
          }, ms);
    const aborted = () => this.wake();
    signal.addEventListener('abort', aborted);
    try {
      for (;;) {
        if (signal.aborted) return undefined;
        const message = this.takeNow();
        if (message) return message;
        if (this.failure) throw this.failure;
        if (late && ms !== undefined) throw new NoAnswer(ms);
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
    }
  }

  /** Ends the subscription. */
  close(): void {
    // Where it never came about, there is nothing to end.
    this.subscription.unsubscribe().catch(() => undefined);
    this.subscription.removeAllListeners('readable').resume();
  }

  private takeEvent(): Message | undefined {
    for (;;) {
      const given = this.subscription.read() as Given;
      if (!given) return undefined;
      if (given.event) return { kind: 'event', event: given.event };
    }
  }

  private put(message: Message): void {
    for (let event = this.takeEvent(); event; event = this.takeEvent()) this.queue.push(event);
    this.queue.push(message);
    this.wake();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }
}
