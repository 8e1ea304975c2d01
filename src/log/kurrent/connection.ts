/**
 * The clients in use: one of the leader, and one of the node that the connection string prefers, where that is another. A client has no
 * deadline that works and may be of no use after a failure, so every call runs under a timer of our own, and after a failure that leaves the
 * outcome open the next call gets a new client.
 */
import { AccessDeniedError, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { setTimeout as delay } from 'node:timers/promises';
import { LogUnavailable } from '../port.js';
import type { Address } from './address.js';
import { asUnavailable, isNotConnected, NoAnswer, verdictOf } from './failure.js';
import { discard } from './internals.js';
import { faultOnTheWay } from './probe.js';

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

/** Which node is asked: the leader, or any that the connection string prefers. */
export type Node = 'leader' | 'preferred';

export class Connection {
  private readonly clients = new Map<Node, KurrentDBClient>();
  private closed = false;
  private renewals = 0;

  /** @throws LogUnavailable when the client can't make sense of the connection string, or a certificate isn't there. */
  constructor(
    private readonly address: Address,
    readonly patience: Patience,
  ) {
    for (const node of ['leader', 'preferred'] as const) this.client(node);
  }

  /** Where the log is, for people. */
  get shown(): string {
    return this.address.shown;
  }

  /** The node that events are read from, unless a call says otherwise. */
  get reading(): Node {
    return this.address.fromLeader ? 'leader' : 'preferred';
  }

  /** The client of this moment: one that fails is given back to `renew`. */
  client(node: Node): KurrentDBClient {
    this.checkOpen();
    const name = this.address.fromLeader ? 'leader' : node;
    const client = this.clients.get(name) ?? this.connect(name);
    this.clients.set(name, client);
    return client;
  }

  /** Replaces a client that failed, unless that has been done. */
  renew(failed: KurrentDBClient): void {
    const [node] = [...this.clients].find(([, client]) => client === failed) ?? [];
    if (node === undefined || this.closed) return;
    this.renewals += 1;
    this.clients.set(node, this.connect(node));
    void discard(failed).catch(() => undefined);
  }

  /**
   * Makes a call until it is answered: again after failures that may pass, with a new client where the old one may be of no use. A call
   * must be one that may be made twice, and must end in time by itself: see `inTime`.
   * @param what what it does, to be told when it fails: "read the log"
   * @param node asked anew each time
   * @throws LogUnavailable when it goes on failing; what the server answered as the client has it.
   */
  async repeat<T>(what: string, call: (client: KurrentDBClient) => Promise<T>, node: () => Node = () => 'leader'): Promise<T> {
    const until = performance.now() + this.patience.retryMs;
    for (let tries = 0; ; tries += 1) {
      const client = this.client(node());
      try {
        return await call(client);
      } catch (error) {
        const verdict = verdictOf(error);
        if (error instanceof AccessDeniedError) throw asUnavailable(error, what, this.shown);
        if (verdict === 'answered') throw error;
        if (verdict === 'unknown') this.renew(client);
        const wait = backOff(tries);
        this.checkOpen();
        if (performance.now() + wait > until) {
          const inVain = `${what} within ${(this.patience.retryMs / 1000).toFixed(1)} s`;
          throw asUnavailable(error, inVain, this.shown, await this.faultOnTheWay(error));
        }
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
    for (const client of this.clients.values()) void discard(client).catch(() => undefined);
  }

  /** @throws LogUnavailable when it was closed */
  checkOpen(): void {
    if (this.closed) throw new LogUnavailable(`The event log ${this.shown} is closed.`);
  }

  /** Looked for where the client could not connect at all. */
  private async faultOnTheWay(error: unknown): Promise<string | undefined> {
    return isNotConnected(error) ? faultOnTheWay(this.address) : undefined;
  }

  private connect(node: Node): KurrentDBClient {
    try {
      return KurrentDBClient.connectionString(this.address.secret(node, this.renewals % OPTIONS_APART));
    } catch (error) {
      // The client quotes the connection string in its errors: only what it says of files is passed on.
      const said = error instanceof Error && /certificate|userCertFile/.test(error.message) ? ` ${error.message}` : '';
      throw new LogUnavailable(`The connection string of the event log ${this.shown} is not valid: check its options.${said}`);
    }
  }
}

/** How long to wait after so many failures in a row, in milliseconds: longer and longer, and not the same for all. */
export function backOff(failures: number): number {
  const most = Math.min(BACK_OFF.longest, BACK_OFF.first * 2 ** failures);
  return most / 2 + (Math.random() * most) / 2;
}
