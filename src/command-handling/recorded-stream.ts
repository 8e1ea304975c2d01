/** A record loaded from its stream: its state, revision and position, and the commands that it has run. */
import type { Definitions } from '../../contracts/definitions.js';
import { toCurrent, type Position, type RecordedEvent } from '../kernel/event.js';
import type { AnyRecordType } from '../kernel/record.js';

/** The result of a command that has run: enough to answer it again. */
export interface Trace {
  readonly hash: string;
  readonly revision: number;
  readonly position: Position;
}

export interface RecordedStream {
  /** Undefined when the stream has no events. */
  readonly state: unknown;
  /** -1 when the stream has no events. */
  readonly revision: number;
  readonly position: Position;
  readonly commands: ReadonlyMap<string, Trace>;
  /** Whether its personal data was erased for good. */
  readonly erased: boolean;
}

/** A stream without events. */
export const emptyStream: RecordedStream = { state: undefined, revision: -1, position: 0, commands: new Map(), erased: false };

/** Applies further events, which must directly follow. */
export function follow(
  record: AnyRecordType,
  stream: RecordedStream,
  events: readonly RecordedEvent[],
  definitions: Definitions,
): RecordedStream {
  let { state, revision, position, erased } = stream;
  const commands = new Map(stream.commands);
  for (const event of events) {
    state = record.evolve(state, toCurrent(event, definitions));
    ({ revision, position } = event);
    erased ||= event.type === record.erasedBy;
    commands.set(event.metadata.commandId, { hash: event.metadata.commandHash, revision, position });
  }
  return { state, revision, position, commands, erased };
}
