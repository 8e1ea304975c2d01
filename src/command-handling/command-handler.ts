/** Runs commands: load the record, decide, append at its exact revision. A command runs once, however often it is sent. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Definitions } from '../../contracts/definitions.js';
import type { NewEvent } from '../../contracts/event.js';
import type { AnyCommandDefinition, Command } from '../kernel/command.js';
import { eventId } from '../kernel/derived-id.js';
import { toCurrent, type Position, type RecordedEvent, type Stream } from '../kernel/event.js';
import type { AnyRecordType } from '../kernel/record.js';
import { Rejection } from '../kernel/rejection.js';
import { EventIdTaken, WrongRevision, type Appended, type EventLog, type EventToAppend } from '../log/port.js';
import { decide } from './decision.js';
import { issue, isWrittenBy, streamOf, type IssuedCommand, type Request } from './issued-command.js';
import { emptyStream, type RecordedStream, type Trace } from './recorded-stream.js';
import { ReadBack } from './read-back.js';
import { Records } from './records.js';

export interface Outcome {
  readonly commandId: string;
  readonly stream: Stream;
  /** The revision of the record after the command's last event. */
  readonly revision: number;
  /** The position of the last event that the command caused and waited for. */
  readonly position: Position;
  /** The number of events appended now: 0 when nothing changed or the command had run before. */
  readonly appended: number;
  /** Whether the command had run before: then this is its first result. */
  readonly repeated: boolean;
}

/**
 * Reacts to events right after they are appended (process managers). Returns the position of the last event that it caused, if any.
 * `areNew` is false when the events' command was sent again.
 */
export type Reaction = (events: readonly RecordedEvent[], areNew: boolean) => Promise<Position | undefined>;

export interface CommandHandlerOptions {
  readonly log: EventLog;
  /** The event types in the log. */
  readonly definitions: Definitions;
  /**
   * Whether the hash of a recorded event is that of a command; defaults to whether they are equal. A log that seals events keys their hashes.
   * @param stream a stream that was just read
   */
  readonly isSameCommand?: (stream: Stream, recorded: string, hash: string) => Promise<boolean>;
  /** The current time, in milliseconds since 1970. */
  readonly clock?: () => number;
  /** The number of records whose state is kept in memory. Defaults to 10,000; 0 loads the record for each command. */
  readonly cacheSize?: number;
  /** The maximum number of attempts when other commands change the record at the same time. Defaults to 50. */
  readonly attempts?: number;
}

export class CommandHandler {
  readonly #log: EventLog;
  readonly #definitions: Definitions;
  readonly #clock: () => number;
  readonly #attempts: number;
  readonly #records: Records;
  readonly #readBack: ReadBack;
  readonly #isSameCommand: NonNullable<CommandHandlerOptions['isSameCommand']>;
  readonly #running = new Map<string, Promise<unknown>>();
  #reaction: Reaction | undefined;
  /** A position that the log is known to have reached. */
  #reached: Position | undefined;

  constructor(options: CommandHandlerOptions) {
    const { log, definitions, clock = Date.now, cacheSize = 10_000, attempts = 50 } = options;
    this.#isSameCommand = options.isSameCommand ?? (async (_, recorded, hash) => recorded === hash);
    this.#log = log;
    this.#definitions = definitions;
    this.#clock = clock;
    this.#attempts = attempts;
    this.#records = new Records(log, definitions, cacheSize);
    this.#readBack = new ReadBack(log);
  }

  /** Sets the reaction to the events of commands. */
  react(reaction: Reaction): void {
    this.#reaction = reaction;
  }

  /**
   * Runs a command once.
   * @throws Rejection when a rule refuses the command.
   * @throws LogUnavailable when the log can't be read or written.
   */
  async execute(command: Command, request: Request): Promise<Outcome> {
    const run = (): Promise<Outcome> => this.#run(issue(command, request, this.#clock()));
    return command.commandId === null ? run() : this.#afterSame(command.commandId.toLowerCase(), run);
  }

  /** The first event of a record whose id is derived from a commandId; undefined when that command did not run. @throws LogUnavailable */
  async begun(record: Pick<AnyRecordType, 'type'>, commandId: string): Promise<RecordedEvent | undefined> {
    const [first] = await this.#log.readStream(streamOf(record, null, commandId.toLowerCase()), 0, 1);
    return first && toCurrent(first, this.#definitions);
  }

  /**
   * The position of the last event of a command, found by commandId; undefined when it did not run.
   * @param input at least the id of the record
   * @throws LogUnavailable
   */
  async resultOf({ record }: AnyCommandDefinition, input: unknown, commandId: string): Promise<Position | undefined> {
    const { id } = input as { readonly id?: string | null };
    const events = await this.#log.readStream(streamOf(record, id, commandId));
    return events.findLast((event) => event.metadata.commandId === commandId)?.position;
  }

  /** Runs commands with the same id one after the other, so that the second finds the first one's events. */
  async #afterSame<T>(commandId: string, work: () => Promise<T>): Promise<T> {
    const run = (this.#running.get(commandId) ?? Promise.resolve()).then(work);
    const settled = run.catch(() => undefined);
    this.#running.set(commandId, settled);
    try {
      return await run;
    } finally {
      if (this.#running.get(commandId) === settled) this.#running.delete(commandId);
    }
  }

  async #run(issued: IssuedCommand): Promise<Outcome> {
    const { command, stream, commandId } = issued;
    const type = command.definition.record;
    const reached = issued.idGiven ? await this.#reachedBefore() : 0;
    let fresh = false;
    // The stream's revision according to the last WrongRevision. It can be beyond the loaded events: the stream may have foreign events.
    let reported = -1;
    for (let attempt = 0; attempt < this.#attempts; attempt++) {
      const assumed = fresh ? undefined : this.#assumed(issued);
      const record = assumed ?? (await this.#records.load(type, stream));
      const trace = record.commands.get(commandId);
      if (trace) return this.#repeat(issued, trace);

      const decided = await this.#decide(issued, record, assumed !== undefined);
      if (decided.length === 0 && !assumed) {
        return { commandId, stream, revision: record.revision, position: record.position, appended: 0, repeated: false };
      }
      fresh = true;
      if (decided.length === 0) continue;

      const events = decided.map((event, index): EventToAppend => ({ ...event, id: eventId(commandId, index), metadata: issued.metadata }));
      try {
        const last = Math.max(record.revision, reported);
        const appended = await this.#log.append(stream, last < 0 ? 'none' : last, events);
        if (await this.#wrote(issued, events, appended, reached)) return await this.#done(issued, record, events, appended);
      } catch (failure) {
        // Another process has appended, or the outcome is unknown: the cached state may be stale.
        this.#records.forget(stream);
        if (failure instanceof EventIdTaken) throw commandIdReused();
        if (!(failure instanceof WrongRevision)) throw failure;
        reported = failure.actual === 'none' ? -1 : failure.actual;
        if (attempt > 0) await sleep(Math.random() * 2 ** Math.min(attempt, 6));
      }
    }
    throw new Rejection('CONFLICT', `Other commands keep changing ${stream.type} ${stream.id}. Send the command again.`);
  }

  /** The assumed state, without reading the log: the cached record, or none for a new one. If it is wrong, the append is refused. */
  #assumed({ command, stream }: IssuedCommand): RecordedStream | undefined {
    return this.#records.cached(stream) ?? (command.definition.creates ? emptyStream : undefined);
  }

  /** The decided events. Also none when a rule refuses on an assumed state: then the record is loaded first. */
  async #decide(issued: IssuedCommand, record: RecordedStream, isAssumed: boolean): Promise<readonly NewEvent[]> {
    try {
      return await decide(issued, record, this.#records);
    } catch (refusal) {
      if (isAssumed && refusal instanceof Rejection) return [];
      throw refusal;
    }
  }

  /** A position that the log had reached before the append: later appends get later positions. */
  async #reachedBefore(): Promise<Position> {
    if (this.#reached === undefined) this.#reach(await this.#log.head());
    return this.#reached ?? 0;
  }

  #reach(position: Position): void {
    this.#reached = Math.max(this.#reached ?? 0, position);
  }

  /**
   * Whether the append wrote the events. If their ids already existed, the log returned the first result, whatever else those events
   * contain. Generated ids are always new.
   * @throws Rejection when the existing events are another command's.
   */
  async #wrote(issued: IssuedCommand, events: readonly EventToAppend[], appended: Appended, reached: Position): Promise<boolean> {
    if (!issued.idGiven) return true;
    // It was written before: the next attempt loads it.
    if (appended.position <= reached) return false;
    const first = await this.#readBack.read(issued.stream, appended.revision - events.length + 1, appended.position);
    if (!first) return true;
    await this.#checkSame(issued, first.metadata.commandHash);
    return isWrittenBy(issued, first.metadata);
  }

  /** @throws Rejection when what was recorded under the command's id was another command, or the same one with other input */
  async #checkSame({ stream, metadata, repeatsById }: IssuedCommand, recorded: string): Promise<void> {
    if (repeatsById || (await this.#isSameCommand(stream, recorded, metadata.commandHash))) return;
    throw commandIdReused();
  }

  async #done(
    { command, stream, commandId, issuedAt }: IssuedCommand,
    before: RecordedStream,
    events: readonly EventToAppend[],
    { revision, position }: Appended,
  ): Promise<Outcome> {
    const first = revision - events.length + 1;
    const recorded = events.map((event, index): RecordedEvent => ({
      ...event,
      stream,
      revision: first + index,
      position,
      metadata: { ...event.metadata, recordedAt: event.metadata.recordedAt ?? issuedAt },
    }));
    this.#reach(position);
    this.#records.take(command.definition.record, stream, before, recorded);
    const reacted = await this.#reaction?.(recorded, true);
    return { commandId, stream, revision, position: Math.max(position, reacted ?? 0), appended: events.length, repeated: false };
  }

  /** The first result of a command that had run before, after repeating its reaction. */
  async #repeat(issued: IssuedCommand, trace: Trace): Promise<Outcome> {
    const { commandId, stream } = issued;
    await this.#checkSame(issued, trace.hash);
    let { position } = trace;
    if (this.#reaction) {
      const events = (await this.#log.readStream(stream)).filter((event) => event.metadata.commandId === commandId);
      position = Math.max(position, (await this.#reaction(events, false)) ?? 0);
    }
    return { commandId, stream, revision: trace.revision, position, appended: 0, repeated: true };
  }
}

function commandIdReused(): Rejection {
  return new Rejection(
    'COMMAND_ID_REUSED',
    'This commandId was used before for another command or other input. Use a new one.',
    'commandId',
  );
}
