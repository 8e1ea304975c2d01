/** One command's way: take its record as it is, decide, append at exactly that revision, answer. Once, however often it is sent. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Definitions } from '../../contracts/index.js';
import type { NewEvent } from '../../contracts/event.js';
import type { Aggregate } from '../kernel/aggregate.js';
import type { AnyCommand } from '../kernel/command.js';
import { derivedId, eventId } from '../kernel/derived-id.js';
import { toCurrent, type Position, type RecordedEvent, type Stream } from '../kernel/event.js';
import { Rejection } from '../kernel/rejection.js';
import { EventIdTaken, WrongRevision, type Appended, type EventLog, type EventToAppend } from '../log/port.js';
import { decide } from './decision.js';
import { isOwn, issue, type IssuedCommand, type Request } from './issued-command.js';
import { emptyStream, type RecordedStream, type Trace } from './recorded-stream.js';
import { ReadBack } from './read-back.js';
import { Records } from './records.js';

export interface Outcome {
  readonly commandId: string;
  readonly stream: Stream;
  /** Where the record stands after the command's last event. */
  readonly revision: number;
  /** Where the log stands after everything that the command set off and waited for. */
  readonly position: Position;
  /** How many events were written now: 0 when the command changed nothing or had run before. */
  readonly appended: number;
  /** The command had run before; this is its first result. */
  readonly repeated: boolean;
}

/** What follows from events at once (process managers); answers the position of the last event that it caused, if any. */
export type Reaction = (events: readonly RecordedEvent[]) => Promise<Position | undefined>;

export interface PipelineOptions {
  readonly log: EventLog;
  /** Of the events in the log; this program's own when absent. */
  readonly definitions?: Definitions;
  /** The present, in milliseconds since 1970. */
  readonly clock?: () => number;
  /** How many records' states are kept in memory; 0 loads each time. */
  readonly cacheSize?: number;
  /** How often a command is decided anew when others changed its record meanwhile. */
  readonly attempts?: number;
}

export class CommandPipeline {
  readonly #log: EventLog;
  readonly #definitions: Definitions | undefined;
  readonly #clock: () => number;
  readonly #attempts: number;
  readonly #records: Records;
  readonly #readBack: ReadBack;
  readonly #running = new Map<string, Promise<unknown>>();
  #reaction: Reaction | undefined;
  /** The log is known to have reached this position. */
  #reached: Position | undefined;

  constructor({ log, definitions, clock = Date.now, cacheSize = 10_000, attempts = 50 }: PipelineOptions) {
    this.#log = log;
    this.#definitions = definitions;
    this.#clock = clock;
    this.#attempts = attempts;
    this.#records = new Records(log, definitions, cacheSize);
    this.#readBack = new ReadBack(log);
  }

  /** Sets what follows at once from events that commands append. */
  react(reaction: Reaction): void {
    this.#reaction = reaction;
  }

  /**
   * Runs a command once.
   * @throws Rejection when a rule says no: the record's own, or one of the codes of every command in docs/errors.md.
   * @throws LogUnavailable when the log can't be read or written.
   */
  async execute(command: AnyCommand, request: Request): Promise<Outcome> {
    const run = (): Promise<Outcome> => this.#run(issue(command, request, this.#clock()));
    return command.commandId === undefined ? run() : this.#afterSame(command.commandId.toLowerCase(), run);
  }

  /** The event with which a command began a record whose id derives from its own; undefined when it did not run. @throws LogUnavailable */
  async begun({ type }: Pick<Aggregate<unknown, never>, 'type'>, commandId: string): Promise<RecordedEvent | undefined> {
    const [first] = await this.#log.readStream({ type, id: derivedId(type, commandId.toLowerCase()) }, 0, 1);
    return first && toCurrent(first, this.#definitions);
  }

  /** The same id twice at once: one after the other, so that the second finds what the first did. */
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
    const { spec, stream, commandId } = issued;
    const reached = issued.idGiven ? await this.#reachedBefore() : 0;
    let fresh = false;
    // Where a refusal said that the stream stands: what a load after it does not show up to there is not ours, but takes up revisions.
    let stands = -1;
    for (let attempt = 0; attempt < this.#attempts; attempt++) {
      const supposed = fresh ? undefined : this.#supposed(issued);
      const record = supposed ?? (await this.#records.load(spec.aggregate, stream));
      const trace = record.commands.get(commandId);
      if (trace) return this.#repeat(issued, trace);

      const decided = await this.#decide(issued, record, supposed !== undefined);
      if (decided.length === 0 && !supposed) {
        return { commandId, stream, revision: record.revision, position: record.position, appended: 0, repeated: false };
      }
      fresh = true;
      if (decided.length === 0) continue;

      const events = decided.map((event, index): EventToAppend => ({ ...event, id: eventId(commandId, index), metadata: issued.metadata }));
      try {
        const last = Math.max(record.revision, stands);
        const appended = await this.#log.append(stream, last < 0 ? 'none' : last, events);
        if (await this.#wrote(issued, events, appended, reached)) return await this.#done(issued, record, events, appended);
      } catch (failure) {
        // Somebody else has written, or it can't be told whether this was written: what is remembered may not be what the log holds.
        this.#records.forget(stream);
        if (failure instanceof EventIdTaken) throw commandIdReused();
        if (!(failure instanceof WrongRevision)) throw failure;
        stands = failure.actual === 'none' ? -1 : failure.actual;
        if (attempt > 0) await sleep(Math.random() * 2 ** Math.min(attempt, 6));
      }
    }
    throw new Rejection('CONFLICT', `Others keep changing ${stream.type} ${stream.id} at the same time. Send the command again.`);
  }

  /** What the record is taken to be without asking the log, which refuses the append if it is not so: as remembered, or not there yet. */
  #supposed({ spec, stream }: IssuedCommand): RecordedStream | undefined {
    return this.#records.remembered(stream) ?? (spec.creates ? emptyStream(spec.aggregate) : undefined);
  }

  /** The events that follow. None, too, where a rule says no of what is only supposed: that is said of a record as the log has it. */
  async #decide(issued: IssuedCommand, record: RecordedStream, isSupposed: boolean): Promise<readonly NewEvent[]> {
    try {
      return await decide(issued, record, this.#records);
    } catch (refusal) {
      if (isSupposed && refusal instanceof Rejection) return [];
      throw refusal;
    }
  }

  /** How far the log has come, at least: what stands up to there was not written by what is appended from now on. */
  async #reachedBefore(): Promise<Position> {
    if (this.#reached === undefined) this.#reach(await this.#log.head());
    return this.#reached ?? 0;
  }

  #reach(position: Position): void {
    this.#reached = Math.max(this.#reached ?? 0, position);
  }

  /**
   * Whether an append wrote the events, or found them written: where the ids stand already, the log answers as the first time, whatever else
   * was written under them. Nothing stands under ids that were made here.
   * @throws Rejection when another command was written under them.
   */
  async #wrote(issued: IssuedCommand, events: readonly EventToAppend[], appended: Appended, reached: Position): Promise<boolean> {
    if (!issued.idGiven) return true;
    // Up to there it was written before: then it is read with what it left.
    if (appended.position <= reached) return false;
    const first = await this.#readBack.read(issued.stream, appended.revision - events.length + 1, appended.position);
    if (!first) return true;
    if (first.metadata.commandHash !== issued.metadata.commandHash) throw commandIdReused();
    return isOwn(issued, first.metadata);
  }

  async #done(
    { spec, stream, commandId, issuedAt }: IssuedCommand,
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
    this.#records.take(spec.aggregate, stream, before, recorded);
    const reacted = await this.#reaction?.(recorded);
    return { commandId, stream, revision, position: Math.max(position, reacted ?? 0), appended: events.length, repeated: false };
  }

  /** The first result of a command that has run, after making sure that what follows from it has run too. */
  async #repeat({ commandId, stream, metadata }: IssuedCommand, trace: Trace): Promise<Outcome> {
    if (trace.hash !== metadata.commandHash) throw commandIdReused();
    let { position } = trace;
    if (this.#reaction) {
      const events = (await this.#log.readStream(stream)).filter((event) => event.metadata.commandId === commandId);
      position = Math.max(position, (await this.#reaction(events)) ?? 0);
    }
    return { commandId, stream, revision: trace.revision, position, appended: 0, repeated: true };
  }
}

function commandIdReused(): Rejection {
  return new Rejection('COMMAND_ID_REUSED', 'This commandId was used for another command or other input. Take a new one.', 'commandId');
}
