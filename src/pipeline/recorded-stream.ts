/** A record as its stream tells it: its state, where the stream stands, and which commands made it so. */
import type { Definitions } from '../../contracts/index.js';
import { evolve, type Aggregate } from '../kernel/aggregate.js';
import { toCurrent, type Position, type RecordedEvent } from '../kernel/event.js';

/** What a command appended: enough to answer it again. */
export interface Trace {
  readonly hash: string;
  readonly revision: number;
  readonly position: Position;
}

export interface RecordedStream {
  readonly state: unknown;
  /** -1 of a stream without events. */
  readonly revision: number;
  readonly position: Position;
  readonly commands: ReadonlyMap<string, Trace>;
}

export function emptyStream(aggregate: Aggregate<unknown, never>): RecordedStream {
  return { state: aggregate.initial, revision: -1, position: 0, commands: new Map() };
}

/** The stream with further events, which must follow right after it. */
export function follow(
  aggregate: Aggregate<unknown, never>,
  stream: RecordedStream,
  events: readonly RecordedEvent[],
  definitions?: Definitions,
): RecordedStream {
  let { state, revision, position } = stream;
  const commands = new Map(stream.commands);
  for (const event of events) {
    state = evolve(aggregate, state, toCurrent(event, definitions));
    ({ revision, position } = event);
    commands.set(event.metadata.commandId, { hash: event.metadata.commandHash, revision, position });
  }
  return { state, revision, position, commands };
}
