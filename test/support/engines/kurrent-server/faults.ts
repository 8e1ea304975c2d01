/** What goes wrong, as a test has ordered it: every answer of the server passes through here. */
import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** A host and port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface Orders {
  /** Calls are taken and never answered, though pings are. */
  readonly silent?: boolean;
  /** New connections are accepted, and nothing is ever said on them. */
  readonly silentPort?: boolean;
  /** Every answer is as late, in milliseconds. */
  readonly slowMs?: number;
  /** How long a read takes to look through a thousand records for what it wants, in milliseconds; other calls are answered meanwhile. */
  readonly scanMs?: number;
  /** So many of the next appends are written, but their answers get lost. */
  readonly lostAnswers?: number;
  /** How they get lost: with the connection (so unless said otherwise), or in silence. */
  readonly lostBy?: 'drop' | 'silence';
  /** So many of the next calls are answered with UNAVAILABLE, as by a server that starts. */
  readonly unavailable?: number;
  /** So many of the next calls are answered with UNKNOWN, as by a server that has a failure inside. */
  readonly unknown?: number;
  /** Another node leads: what needs the leader is sent there. `null`: this one does. */
  readonly leader?: Endpoint | null;
  /** What one append may hold, in bytes, instead of what the version lets it. */
  readonly maxAppendSize?: number;
  /** What one record may hold, in bytes, instead of what the version lets it. */
  readonly maxRecordSize?: number;
}

export class Faults {
  private readonly changed = new EventEmitter().setMaxListeners(0);
  private orders: Orders = {};

  /** Changes what is named and leaves the rest. */
  order(orders: Orders): void {
    this.orders = { ...this.orders, ...orders };
    this.changed.emit('changed');
  }

  get leader(): Endpoint | undefined {
    return this.orders.leader ?? undefined;
  }

  get silentPort(): boolean {
    return this.orders.silentPort ?? false;
  }

  get maxAppendSize(): number | undefined {
    return this.orders.maxAppendSize;
  }

  get maxRecordSize(): number | undefined {
    return this.orders.maxRecordSize;
  }

  /** Whether answers may be given at once. */
  get calm(): boolean {
    return !this.orders.silent && !this.orders.slowMs;
  }

  /** Resolves when an answer may be given. */
  async pass(): Promise<void> {
    while (this.orders.silent) await once(this.changed, 'changed');
    if (this.orders.slowMs) await delay(this.orders.slowMs);
  }

  /** Resolves when a read has looked through another thousand records. */
  scanned(): Promise<void> {
    return delay(this.orders.scanMs ?? 0);
  }

  /** Whether this append's answer gets lost, and how. Counts it. */
  losesAnswer(): 'drop' | 'silence' | undefined {
    return this.countDown('lostAnswers') ? (this.orders.lostBy ?? 'drop') : undefined;
  }

  /** Whether this call is refused, and how. Counts it. */
  refuses(): 'unavailable' | 'unknown' | undefined {
    return (['unavailable', 'unknown'] as const).find((name) => this.countDown(name));
  }

  private countDown(name: 'lostAnswers' | 'unavailable' | 'unknown'): boolean {
    const left = this.orders[name] ?? 0;
    if (left > 0) this.orders = { ...this.orders, [name]: left - 1 };
    return left > 0;
  }
}
