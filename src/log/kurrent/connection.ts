/**
 * The client in use. It has no deadline that works and may be of no use after a failure, so every call runs under a timer of our own, and
 * after a failure that leaves the outcome open the next call gets a new client.
 */
import { AccessDeniedError, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { setTimeout as delay } from 'node:timers/promises';
import { LogUnavailable } from '../port.js';
import type { Address } from './address.js';
import { asUnavailable, NoAnswer, verdictOf } from './failure.js';

export interface Patience {
  /** How long the server may say nothing before a call is given up, in milliseconds. */
  readonly answerMs: number;
  /** How long a call is tried again after failures that may pass, in milliseconds. */
  readonly retryMs: number;
}

/** The first wait after a failure, and the longest, in milliseconds. */
const BACK_OFF = { first: 20, longest: 1000 };

/** So many clients in a row have connections of their own. */
const OPTIONS_APART = 1000;

export class Connection {
  private client: KurrentDBClient;
  private closed = false;
  private renewals = 0;

  /** @throws LogUnavailable when the client can't make sense of the connection string, or a certificate isn't there. */
  constructor(
    private readonly address: Address,
    readonly patience: Patience,
  ) {
    this.client = connect(address, 0);
  }

  /** Where the log is, for people. */
  get shown(): string {
    return this.address.shown;
  }

  /** Whether events are read from the leader, unless a call says otherwise. */
  get fromLeader(): boolean {
    return this.address.fromLeader;
  }

  /** The client of this moment: one that fails is given back to `renew`. */
  get current(): KurrentDBClient {
    this.checkOpen();
    return this.client;
  }

  /** Replaces a client that failed, unless that has been done. */
  renew(failed: KurrentDBClient): void {
    if (failed !== this.client || this.closed) return;
    this.renewals += 1;
    this.client = connect(this.address, this.renewals % OPTIONS_APART);
    discard(failed);
  }

  /**
   * Makes a call until it is answered: again after failures that may pass, with a new client where the old one may be of no use. A call
   * must be one that may be made twice, and must end in time by itself: see `inTime`.
   * @param what what it does, to be told when it fails: "read the log"
   * @throws LogUnavailable when it goes on failing; what the server answered as the client has it.
   */
  async repeat<T>(what: string, call: (client: KurrentDBClient) => Promise<T>): Promise<T> {
    const until = performance.now() + this.patience.retryMs;
    for (let tries = 0; ; tries += 1) {
      const client = this.current;
      try {
        return await call(client);
      } catch (error) {
        const verdict = verdictOf(error);
        if (error instanceof AccessDeniedError) throw asUnavailable(error, what, this.shown);
        if (verdict === 'answered') throw error;
        if (verdict === 'unknown') this.renew(client);
        const wait = backOff(tries);
        this.checkOpen();
        if (performance.now() + wait > until) throw asUnavailable(error, what, this.shown);
        await delay(wait);
      }
    }
  }

  /** The promise's outcome, or a failure when it takes too long; what comes of it later is nobody's business. @throws NoAnswer */
  async inTime<T>(promise: Promise<T>): Promise<T> {
    const { answerMs } = this.patience;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new NoAnswer(answerMs)), answerMs);
    });
    promise.catch(() => undefined);
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    discard(this.client);
  }

  /** @throws LogUnavailable when it was closed */
  checkOpen(): void {
    if (this.closed) throw new LogUnavailable(`The event log ${this.shown} is closed.`);
  }
}

/** How long to wait after so many failures in a row, in milliseconds: longer and longer, and not the same for all. */
export function backOff(failures: number): number {
  const most = Math.min(BACK_OFF.longest, BACK_OFF.first * 2 ** failures);
  return most / 2 + (Math.random() * most) / 2;
}

function connect(address: Address, nth: number): KurrentDBClient {
  try {
    return KurrentDBClient.connectionString(address.secret(nth));
  } catch (error) {
    // The client quotes the connection string in its errors: only what it says of files is passed on.
    const said = error instanceof Error && /certificate|userCertFile/.test(error.message) ? ` ${error.message}` : '';
    throw new LogUnavailable(`The connection string of the event log ${address.shown} is not valid: check its options.${said}`);
  }
}

/** Ends all that a client has under way; those calls fail, and are repeated by whoever waits for them. */
function discard(client: KurrentDBClient): void {
  client.dispose().catch(() => undefined);
}
