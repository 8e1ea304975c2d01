/**
 * The clients: one for the leader, and one for the node that the connection string prefers, if different. The client's deadlines don't work
 * and it may be broken after a failure. So every call has our own timer, and after a failure with an unknown outcome the next call gets a
 * new client.
 */
import { AccessDeniedError, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { setTimeout as delay } from 'node:timers/promises';
import { LogUnavailable } from '../port.js';
import type { Address } from './address.js';
import { asUnavailable, isNotConnected, NoAnswer, verdictOf } from './failure.js';
import { discard } from './internals.js';
import { connectionFault } from './probe.js';

export interface Patience {
  /** How long the server may be silent before a call fails, in milliseconds. */
  readonly answerMs: number;
  /** How long a call is retried after transient failures, in milliseconds. */
  readonly retryMs: number;
}

/** The first and the longest delay after a failure, in milliseconds. */
const BACK_OFF = { first: 20, longest: 1000 };

/** The number of consecutive clients with different options, and so with separate connections. */
const OPTIONS_APART = 1000;

/** The node to call: the leader, or the preference of the connection string. */
export type Node = 'leader' | 'preferred';

export class Connection {
  readonly #clients = new Map<Node, KurrentDBClient>();
  #closed = false;
  #renewals = 0;
  readonly #address: Address;

  /** @throws LogUnavailable when the client refuses the connection string, or a certificate is missing. */
  constructor(
    address: Address,
    readonly patience: Patience,
  ) {
    this.#address = address;
    for (const node of ['leader', 'preferred'] as const) this.client(node);
  }

  /** The address of the log, for people. */
  get shown(): string {
    return this.#address.shown;
  }

  /** The default node for reads of events. */
  get reading(): Node {
    return this.#address.fromLeader ? 'leader' : 'preferred';
  }

  /** The current client. After a failure, pass it to `renew`. */
  client(node: Node): KurrentDBClient {
    this.checkOpen();
    const name = this.#address.fromLeader ? 'leader' : node;
    const client = this.#clients.get(name) ?? this.#connect(name);
    this.#clients.set(name, client);
    return client;
  }

  /** Replaces a failed client, unless that was already done. */
  renew(failed: KurrentDBClient): void {
    const [node] = [...this.#clients].find(([, client]) => client === failed) ?? [];
    if (node === undefined || this.#closed) return;
    this.#renewals += 1;
    this.#clients.set(node, this.#connect(node));
    void discard(failed).catch(() => undefined);
  }

  /**
   * Calls until there is an answer: repeats after transient failures, with a new client if the old one may be broken. The call must be
   * idempotent, and must have its own time limit: see `inTime`.
   * @param what the operation, for the error message: "read the log"
   * @param node called for each attempt
   * @throws LogUnavailable when it keeps failing; the client's errors for the server's answers
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
          const operation = `${what} within ${(this.patience.retryMs / 1000).toFixed(1)} s`;
          throw asUnavailable(error, operation, this.shown, await this.#connectionFault(error));
        }
        await delay(wait);
      }
    }
  }

  /** The promise's result, unless it takes too long; a later result is ignored. @throws NoAnswer */
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
    if (this.#closed) return;
    this.#closed = true;
    for (const client of this.#clients.values()) void discard(client).catch(() => undefined);
  }

  /** @throws LogUnavailable when the connection was closed */
  checkOpen(): void {
    if (this.#closed) throw new LogUnavailable(`The event log ${this.shown} is closed.`);
  }

  /** Diagnoses a failure to connect. */
  async #connectionFault(error: unknown): Promise<string | undefined> {
    return isNotConnected(error) ? connectionFault(this.#address) : undefined;
  }

  #connect(node: Node): KurrentDBClient {
    try {
      return KurrentDBClient.connectionString(this.#address.secret(node, this.#renewals % OPTIONS_APART));
    } catch (error) {
      // The client's errors quote the connection string: only messages about files are passed on.
      const said = error instanceof Error && /certificate|userCertFile/.test(error.message) ? ` ${error.message}` : '';
      throw new LogUnavailable(`The connection string of the event log ${this.shown} is not valid: check its options.${said}`);
    }
  }
}

/** The delay after consecutive failures, in milliseconds: exponential, with jitter. */
export function backOff(failures: number): number {
  const most = Math.min(BACK_OFF.longest, BACK_OFF.first * 2 ** failures);
  return most / 2 + (Math.random() * most) / 2;
}
