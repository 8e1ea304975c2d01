/** The event log as simply as it can be said, to compare real ones with: a list, and the rules of `append` in the port's words. */
import { streamName, type Stream } from '../../../src/kernel/event.js';
import type { EventToAppend, Expected } from '../../../src/log/port.js';

export interface ModelEvent {
  readonly id: string;
  readonly stream: Stream;
  readonly revision: number;
  readonly type: string;
  readonly data: unknown;
}

export type ModelOutcome = { readonly revision: number } | 'WrongRevision' | 'EventIdTaken';

/** Whether a log knows the event ids of all streams, or of the one that is appended to. */
export type IdsSeen = 'log' | 'stream';

export class LogModel {
  readonly events: ModelEvent[] = [];

  /** @param idsSeen where an id that is used again is noticed */
  constructor(private readonly idsSeen: IdsSeen = 'log') {}

  stream(stream: Stream): readonly ModelEvent[] {
    return this.events.filter((event) => streamName(event.stream) === streamName(stream));
  }

  append(stream: Stream, expected: Expected, events: readonly EventToAppend[]): ModelOutcome {
    const own = this.stream(stream);
    const place = expected === 'none' ? 0 : expected + 1;
    if (place !== own.length) {
      const again = events.every((event, index) => own[place + index]?.id === event.id);
      return again ? { revision: place + events.length - 1 } : 'WrongRevision';
    }
    const seen = this.idsSeen === 'log' ? this.events : own;
    if (events.some((event) => seen.some((other) => other.id === event.id))) return 'EventIdTaken';
    events.forEach(({ id, type, data }, index) => this.events.push({ id, stream, revision: place + index, type, data }));
    return { revision: place + events.length - 1 };
  }
}
