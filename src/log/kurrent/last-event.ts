/**
 * The last of our events, from the leader. Searching backwards from the end of the log takes longer the more other programs have written since,
 * so that is done once; after that only later records are searched.
 */
import { UnknownError } from '@kurrent/kurrentdb-client';
import type { Position, RecordedEvent } from '../../kernel/event.js';
import type { AllReader } from './all-reader.js';
import { backwards, lastPosition } from './backwards.js';
import type { Connection } from './connection.js';
import { verdictOf } from './failure.js';

/** The maximum number of events in a forward search; if there are more, a backward search is faster. */
const MAX_FORWARD_EVENTS = 100;

export class LastEvent {
  #known: Position = 0;
  #event: RecordedEvent | undefined;
  /** Up to this position there are no events of ours after `event`. */
  #searchedTo: Position | undefined;
  #looking: Promise<unknown> = Promise.resolve();
  #next: Promise<RecordedEvent | undefined> | undefined;
  readonly #connection: Connection;
  readonly #prefix: string;
  readonly #all: AllReader;
  readonly #closing: AbortSignal;

  /** @param closing aborts a search */
  constructor(connection: Connection, prefix: string, all: AllReader, closing: AbortSignal) {
    this.#connection = connection;
    this.#prefix = prefix;
    this.#all = all;
    this.#closing = closing;
  }

  /** The known position of the last event; it never decreases. */
  get position(): Position {
    return this.#known;
  }

  /**
   * The last event as of now or later; undefined for an empty log. Callers during a search share the next one.
   * @throws LogUnavailable
   */
  look(): Promise<RecordedEvent | undefined> {
    this.#next ??= this.#looking.then(() => {
      this.#next = undefined;
      const look = this.#searchNow();
      this.#looking = look.catch(() => undefined);
      return look;
    });
    return this.#next;
  }

  /**
   * Where to read on after a position of ours. If no event of ours follows, it skips what was already searched, so that other programs' records
   * are skipped only once.
   */
  onFrom(after: Position): Position {
    return after === (this.#event?.position ?? 0) ? Math.max(after, this.#searchedTo ?? 0) : after;
  }

  /** Notes events that were read, in order; earlier ones may be missing. */
  saw(events: readonly RecordedEvent[]): void {
    const last = events.at(-1);
    if (!last) return;
    this.wrote(last.position);
    if (last.position > (this.#event?.position ?? 0)) this.#event = last;
    this.#searchedTo = Math.max(this.#searchedTo ?? 0, last.position);
  }

  /** Notes the position of an event of ours that was not read. */
  wrote(position: Position): void {
    this.#known = Math.max(this.#known, position);
  }

  async #searchNow(): Promise<RecordedEvent | undefined> {
    // Read first: later records are for the next search.
    const end = await lastPosition(this.#connection);
    if (end <= (this.#searchedTo ?? -1)) return this.#event;
    if (!(await this.#searchForwards())) await this.#searchBackwards();
    // The search may have read from a deposed leader, which has less: then its end applies.
    this.#searchedTo = Math.max(this.#searchedTo ?? 0, Math.min(end, await lastPosition(this.#connection)));
    return this.#event;
  }

  /** @returns whether it reached the end */
  #searchForwards(): Promise<boolean> {
    const reading = { limit: MAX_FORWARD_EVENTS, types: undefined, signal: this.#closing, node: 'leader', filteredBy: 'client' } as const;
    return this.#connection.repeat('read the end of the log', async (client) => {
      const from = this.#searchedTo;
      if (from === undefined) return false;
      try {
        for await (const { page, caughtUp } of this.#all.follow(client, from, reading)) {
          this.saw(page.events);
          this.#searchedTo = Math.max(this.#searchedTo ?? from, page.position);
          if (caughtUp) return true;
          if (page.events.length === MAX_FORWARD_EVENTS) return false;
        }
        return true;
      } catch (error) {
        const verdict = verdictOf(error);
        if (verdict !== 'answered' && !(verdict === 'unknown' && error instanceof UnknownError)) throw error;
        // The leader refuses the position, as after a restore of the log.
        this.#event = this.#searchedTo = undefined;
        return false;
      }
    });
  }

  async #searchBackwards(): Promise<void> {
    const last = await backwards(this.#connection, this.#prefix).next();
    if (last.done !== true) this.saw([last.value]);
  }
}
