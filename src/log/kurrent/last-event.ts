/**
 * The last of our events, as the leader has it. Looking for it from the end of the log takes the longer the more others have written since,
 * so that is done once; from then on only what has come after the place that was looked up to.
 */
import { UnknownError } from '@kurrent/kurrentdb-client';
import type { Position, RecordedEvent } from '../../kernel/event.js';
import type { AllReader } from './all-reader.js';
import { backwards, lastPosition } from './backwards.js';
import type { Connection } from './connection.js';
import { verdictOf } from './failure.js';

/** Events of ours that are read on the way to the end; where there are more, the last one is nearer from there. */
const MOST_ON_THE_WAY = 100;

export class LastEvent {
  private known: Position = 0;
  private event: RecordedEvent | undefined;
  /** Up to here nothing of ours comes after `event`. */
  private lookedUpTo: Position | undefined;
  private looking: Promise<unknown> = Promise.resolve();
  private next: Promise<RecordedEvent | undefined> | undefined;

  /** @param closing ends a look, which then has no outcome */
  constructor(
    private readonly connection: Connection,
    private readonly prefix: string,
    private readonly all: AllReader,
    private readonly closing: AbortSignal,
  ) {}

  /** Where it stands, as far as is known: never less than before. */
  get position(): Position {
    return this.known;
  }

  /**
   * The event, undefined of an empty log, as of now or later: all who ask while one look is under way wait for the same next one.
   * @throws LogUnavailable
   */
  look(): Promise<RecordedEvent | undefined> {
    this.next ??= this.looking.then(() => {
      this.next = undefined;
      const look = this.lookNow();
      this.looking = look.catch(() => undefined);
      return look;
    });
    return this.next;
  }

  /**
   * Where to go on after a place that is ours: where none of our events follows it, up to where that is known, so that what others have written
   * is passed over once.
   */
  onFrom(after: Position): Position {
    return after === (this.event?.position ?? 0) ? Math.max(after, this.lookedUpTo ?? 0) : after;
  }

  /** Takes up events that were read, in order, whichever of those before them were left out. */
  saw(events: readonly RecordedEvent[]): void {
    const last = events.at(-1);
    if (!last) return;
    this.wrote(last.position);
    if (last.position > (this.event?.position ?? 0)) this.event = last;
    this.lookedUpTo = Math.max(this.lookedUpTo ?? 0, last.position);
  }

  /** Takes up where an event of ours stands that was not read. */
  wrote(position: Position): void {
    this.known = Math.max(this.known, position);
  }

  private async lookNow(): Promise<RecordedEvent | undefined> {
    // Asked first: what comes after this is looked at next time.
    const end = await lastPosition(this.connection);
    if (end <= (this.lookedUpTo ?? -1)) return this.event;
    if (!(await this.lookForwards())) await this.lookBackwards();
    // A leader that was deposed and doesn't know it may have been looked at, which has less: then that counts.
    this.lookedUpTo = Math.max(this.lookedUpTo ?? 0, Math.min(end, await lastPosition(this.connection)));
    return this.event;
  }

  /** @returns whether that led to the end */
  private lookForwards(): Promise<boolean> {
    const reading = { limit: MOST_ON_THE_WAY, types: undefined, signal: this.closing, node: 'leader', leftOutBy: 'us' } as const;
    return this.connection.repeat('read the end of the log', async (client) => {
      const from = this.lookedUpTo;
      if (from === undefined) return false;
      try {
        for await (const { page, caughtUp } of this.all.follow(client, from, reading)) {
          this.saw(page.events);
          this.lookedUpTo = Math.max(this.lookedUpTo ?? from, page.position);
          if (caughtUp) return true;
          if (page.events.length === MOST_ON_THE_WAY) return false;
        }
        return true;
      } catch (error) {
        const verdict = verdictOf(error);
        if (verdict !== 'answered' && !(verdict === 'unknown' && error instanceof UnknownError)) throw error;
        // The leader refuses the place, as when the log was put back.
        this.event = this.lookedUpTo = undefined;
        return false;
      }
    });
  }

  private async lookBackwards(): Promise<void> {
    const last = await backwards(this.connection, this.prefix).next();
    if (last.done !== true) this.saw([last.value]);
  }
}
